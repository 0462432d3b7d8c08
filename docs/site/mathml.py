"""Formulas as MathML, which browsers show by themselves: no script, no font, no request."""

from docutils import nodes
from math_core import LatexToMathML
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator

TO_MATHML = LatexToMathML()


def visit_math(self: HTML5Translator, node: nodes.math) -> None:
    self.body.append(TO_MATHML.convert_with_local_state(node.astext(), displaystyle=False))
    raise nodes.SkipNode


def visit_math_block(self: HTML5Translator, node: nodes.math_block) -> None:
    formula = TO_MATHML.convert_with_local_state(node.astext().strip(), displaystyle=True)
    # one that is wider than a phone is scrolled, also by the keyboard
    self.body.append(f'<div class="formula" tabindex="0" role="group" aria-label="formula">{formula}</div>\n')
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_html_math_renderer("mathml", (visit_math, None), (visit_math_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
