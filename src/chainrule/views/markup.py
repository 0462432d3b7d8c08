"""Markup made of elements: what is not markup yet is escaped on its way in, so that nobody can forget to."""

from collections.abc import Iterable
from html import escape

from chainrule.base.printable import printable

EMPTY = ("img", "line", "path", "polyline")  # elements without children


class Markup(str):
    """HTML that is ready, and not escaped again."""

    __slots__ = ()


def element(name: str, *children: str, **attributes: str | float) -> Markup:
    """<name attributes>children</name>. In an attribute's name _ stands for -; at its end (class_) it is dropped."""
    written = "".join(f' {_attribute(key)}="{escape(printable(str(value)))}"' for key, value in attributes.items())
    if name in EMPTY:
        return Markup(f"<{name}{written}/>")
    inside = "".join(child if isinstance(child, Markup) else escape(printable(child)) for child in children)
    return Markup(f"<{name}{written}>{inside}</{name}>")


def joined(parts: Iterable[Markup]) -> Markup:
    """One after the other."""
    return Markup("".join(parts))


def indented(depth: int) -> dict[str, str]:
    """The attributes of a table's cell that belongs to one above it, so many times."""
    return {"style": f"padding-left:{1.25 * depth:g}em"} if depth else {}


def shape_text(shape: tuple[int, ...]) -> str:
    """As in "32 × 26 × 26"."""
    return " × ".join(map(str, shape))


def _attribute(key: str) -> str:
    return key.removesuffix("_").replace("_", "-")
