"""A report, read strictly: HTML whose elements are balanced, whole in itself, without scripts."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "img"}
Attributes = list[tuple[str, str | None]]


@dataclass
class Element:
    tag: str
    attributes: dict[str, str]
    text: str = ""  # all of it that is inside


@dataclass
class Page(HTMLParser):
    """All elements, in their order."""

    html: str
    elements: list[Element] = field(default_factory=list)
    open: list[Element] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.html)
        self.close()
        assert self.html.startswith("<!DOCTYPE html>")
        assert self.open == []
        self.check_ids()

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        element = self.add(tag, attrs)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: Attributes) -> None:
        assert tag == "img" or any(element.tag == "svg" for element in self.open)
        self.add(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop().tag == tag

    def handle_data(self, data: str) -> None:
        for element in self.open:
            element.text += data

    def add(self, tag: str, attrs: Attributes) -> Element:
        assert tag not in ("script", "iframe", "link", "object", "embed", "base")
        names = [name for name, _ in attrs]
        assert len(set(names)) == len(names)
        attributes = {name: value or "" for name, value in attrs}
        for name, value in attributes.items():
            assert not name.startswith("on")
            assert name != "src" or value.startswith("data:image/png;base64,")
            assert name not in ("href", "xlink:href") or value.startswith("#")
        self.elements.append(Element(tag, attributes))
        return self.elements[-1]

    def check_ids(self) -> None:
        """Each is there once, and what refers to one finds it; nothing lies outside the page."""
        ids = [element.attributes["id"] for element in self.elements if "id" in element.attributes]
        assert len(set(ids)) == len(ids)
        referred = re.findall(r'(?:href="|url\()#([^")]+)', self.html)
        referred += [e.attributes["aria-labelledby"] for e in self.elements if "aria-labelledby" in e.attributes]
        assert set(referred) <= set(ids)
        assert "@import" not in self.html
        assert "://" not in self.html
        assert re.findall(r"url\((?!#)", self.html) == []

    def all(self, tag: str, class_: str | None = None) -> list[Element]:
        """The elements of that name, and class."""
        found = [element for element in self.elements if element.tag == tag]
        return [e for e in found if class_ is None or class_ in e.attributes.get("class", "").split()]

    def section(self, name: str) -> str:
        """All text of a section."""
        (found,) = [e for e in self.all("section") if e.attributes["id"] == name]
        return found.text

    @property
    def sections(self) -> list[str]:
        return [element.attributes["id"] for element in self.all("section")]
