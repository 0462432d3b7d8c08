"""What a notebook is given, read strictly."""

from html.parser import HTMLParser
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

VOID = {"img", "line", "path", "polyline"}  # may be written <name/>: void in HTML, or of SVG


class Strict(HTMLParser):
    """Fails where HTML's own reader would have to guess."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag not in VOID
        self.check(tag, attrs)
        self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in VOID
        self.check(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def check(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert tag != "script"
        assert len(set(names)) == len(names)
        assert not any(name.startswith("on") for name in names)


def read(html: str) -> Element:
    """The tree of a display: balanced, both as HTML and as XML, without scripts, and complete in itself."""
    parser = Strict()
    parser.feed(html)
    parser.close()
    assert parser.open == []
    assert "<script" not in html
    assert "http" not in html
    assert "url(" not in html
    return ElementTree.fromstring(html)


def text_of(element: Element) -> str:
    """All text in it, but no style sheet."""
    if element.tag == "style":
        return ""
    inside = (text_of(child) + (child.tail or "") for child in element)
    return (element.text or "") + "".join(inside)
