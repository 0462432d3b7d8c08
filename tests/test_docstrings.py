"""Docstrings as the site's reference shows them: text to the letter, formulas as they stand, arguments as a list."""

import pytest

from docs.site.docstrings import restructured


@pytest.mark.parametrize(
    ("plain", "shown"),
    [
        ("Of |dL/dw| and v *w*.", r"Of \|dL/dw\| and v \*w\*."),
        ("As of `SGD` in `a*b`.", "As of ``SGD`` in ``a*b``."),
        ("Source: S. Ioffe, *Batch Normalization* (2015).", "Source: S. Ioffe, *Batch Normalization* (2015)."),
        ("(a) Every entry of w_", r"\(a) Every entry of w\_"),
        ("Alias for field number 0", None),
    ],
)
def test_a_line_of_text(plain, shown):
    assert restructured([plain]) == ([shown, ""] if shown else [])


def test_an_indented_block_is_a_formula():
    assert restructured(["y = f(x):", "", "    y[s] = x[s] *", "           w"]) == [
        *("y = f(x):", ""),
        *("::", "", "        y[s] = x[s] *", "               w", ""),
    ]


def test_a_table_in_columns_stays_one():
    assert restructured(["t        loss", "reals    SquaredError"])[0] == "::"


def test_arguments_are_a_list():
    lines = ["lr : the learning rate,", "    above 0", "beta1, beta2 : what *stays*"]
    listed = ["* ``lr``: the learning rate,", "  above 0", "", r"* ``beta1, beta2``: what \*stays\*", ""]
    assert restructured(lines) == ["", *listed]
