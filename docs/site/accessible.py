"""What assistive technology and keyboards need, and the theme leaves out."""

from typing import Any

from sphinx.application import Sphinx

CAPTION = '<p class="caption" role="heading"'
MISSING = {
    "furo_navigation_tree": {CAPTION: f'{CAPTION} aria-level="2"'},
    "body": {  # code and tables that are wider than the page are scrolled by the arrow keys, too
        "<pre>": '<pre tabindex="0">',
        '<div class="table-wrapper': '<div tabindex="0" class="table-wrapper',
    },
}


def complete(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: object) -> None:
    for name, changes in MISSING.items():
        for found, wanted in changes.items():
            context[name] = context.get(name, "").replace(found, wanted)


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("html-page-context", complete, priority=900)  # after the theme's own
    return {"parallel_read_safe": True, "parallel_write_safe": True}
