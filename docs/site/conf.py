"""How Sphinx builds the site: pages in Markdown, formulas as MathML, the API from docstrings; no request leaves it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from chainrule import __version__

project, author, release = "chainrule", "The chainrule developers", __version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.viewcode", "docs.site.mathml", "docs.site.docstrings"]
extensions += ["docs.site.accessible"]
myst_enable_extensions = ["dollarmath"]
myst_fence_as_directive = ["math"]
myst_heading_anchors = 3
html_math_renderer = "mathml"
autodoc_default_options = {"members": True, "member-order": "bysource", "show-inheritance": True}
autodoc_typehints = "none"  # of a reference for readers; the source, a click away, has them
autodoc_mock_imports = ["mpi4py"]  # which asks for an MPI
add_module_names = False
html_theme = "furo"
html_title = f"chainrule {release}"
html_static_path = ["style.css"]
html_css_files = ["style.css"]
html_copy_source = html_show_sourcelink = html_show_sphinx = html_show_copyright = False
html_theme_options = {"top_of_page_buttons": []}
pygments_style, pygments_dark_style = "a11y-high-contrast-light", "a11y-high-contrast-dark"
