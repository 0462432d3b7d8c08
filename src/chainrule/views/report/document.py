"""The page around a report's sections: valid HTML5, all in one file, without scripts."""

from collections.abc import Sequence
from importlib.resources import files
from typing import NamedTuple

from chainrule.base.version import __version__
from chainrule.views.markup import Markup, element

POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"  # nothing is fetched, no script runs
MISSING = "–"
HEAD = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="chainrule {version}">
<meta http-equiv="Content-Security-Policy" content="{policy}">
"""


class Section(NamedTuple):
    """A part of the page."""

    name: str  # its id
    heading: str
    content: Markup


def document(title: str, sections: Sequence[Section]) -> str:
    """The page."""
    style = (files("chainrule.views.report") / "report.css").read_text(encoding="utf-8")
    first, *others = sections
    links = [element("a", section.name, href=f"#{section.name}") for section in others]
    body = [
        element("header", element("h1", title), first.content, element("nav", *links, aria_label="Sections")),
        element("main", *[_section(section) for section in others]),
        element("footer", f"Written by chainrule {__version__}."),
    ]
    head = HEAD.format(version=__version__, policy=POLICY) + element("title", title)
    return f"{head}\n{element('style', Markup(style))}\n</head>\n{element('body', *body)}\n</html>\n"


def _section(section: Section) -> Markup:
    return element("section", element("h2", section.heading), section.content, id=section.name)


def note(text: str) -> Markup:
    """A sentence that tells how to read what stands below it."""
    return element("p", text, class_="note")


def table(
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
    caption: str,
    *,
    numbers_from: int = 1,
    foot: Sequence[Sequence[str]] = (),
) -> Markup:
    """A table; its columns are numbers from that one on. The caption is for those who cannot see it."""

    def row(name: str, cells: Sequence[str], **scope: str) -> Markup:
        kinds = [{"class_": "number"} if k >= numbers_from else {} for k in range(len(cells))]
        return element("tr", *[element(name, cell, **kind, **scope) for cell, kind in zip(cells, kinds, strict=True)])

    parts = [element("thead", row("th", heads, scope="col")), element("tbody", *[row("td", cells) for cells in rows])]
    if foot:
        parts.append(element("tfoot", *[row("td", cells) for cells in foot]))
    return scrolled(element("table", element("caption", caption), *parts), caption)


def scrolled(content: Markup, name: str) -> Markup:
    """What may be wider than the page, and is scrolled in itself then; by the keyboard, too."""
    return element("div", content, class_="scroll", tabindex=0, role="group", aria_label=name)


def folded(summary: str, content: Markup) -> Markup:
    """What is shown when somebody asks for it."""
    return element("details", element("summary", summary), content)


def figure(picture: Markup, caption: str) -> Markup:
    """With what it shows below it."""
    return element("figure", picture, element("figcaption", caption))


def charts(*drawn: Markup, caption: str = "") -> Markup:
    """Beside each other where there is room."""
    words = [element("figcaption", caption)] if caption else []
    return element("figure", element("div", *drawn, class_="charts"), *words)


def percent(part: float) -> str:
    """NaN, which is 0 of 0, is a dash."""
    return MISSING if part != part else f"{100 * part:.2f} %"


def width(part: float) -> str:
    """The style of a bar that long; of NaN there is none."""
    return f"width:{0 if part != part else part:.1%}"
