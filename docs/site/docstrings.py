"""Docstrings, which are plain text to be read in the source, as the reStructuredText that Sphinx reads.

Indented blocks are formulas or examples and stay as they are; "name : text" is a list of arguments; `code` is code.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx

ARGUMENT = re.compile(r"^([\w*]+(?:, [\w*]+)*) : (.*)$")
COLUMNS = re.compile(r"\S {3,}\S")  # a table, in columns
NUMBERED = re.compile(r"^(?=\(?(?:\w|\d+|[ivx]+)[.)] )")  # as in "(a) ", which begins no list here


def marked(text: str) -> str:
    """A line of text: code between backticks, titles in italics, all else to the letter."""
    parts = re.split(r"(`[^`]+`|(?<![\w*])\*[A-Z][^*]*\*)", text)
    for k, part in enumerate(parts):
        if k % 2 == 0:
            parts[k] = re.sub(r"([\\*|_`])", r"\\\1", part)
        elif part.startswith("`"):
            parts[k] = f"`{part}`"
    return NUMBERED.sub(r"\\", "".join(parts))


def paragraphs(lines: list[str]) -> list[list[str]]:
    """The lines between empty ones."""
    found: list[list[str]] = [[]]
    for line in lines:
        if line.strip():
            found[-1].append(line.rstrip())
        elif found[-1]:
            found.append([])
    return [paragraph for paragraph in found if paragraph]


def converted(paragraph: list[str]) -> list[str]:
    """One paragraph."""
    if paragraph[0].startswith(" ") or any(COLUMNS.search(line) for line in paragraph):
        return ["::", "", *(f"    {line}" for line in paragraph), ""]
    made: list[str] = []
    for line in paragraph:
        if argument := ARGUMENT.match(line):
            made += ["", f"* ``{argument[1]}``: {marked(argument[2])}"]
        elif line.startswith(("* ", "- ")):
            made += ["", f"* {marked(line[2:])}"]
        elif line.startswith(" "):
            made.append(f"  {marked(line.strip())}")
        else:
            made.append(("  " if made and made[-1].startswith("* ") else "") + marked(line))
    return [*made, ""]


def restructured(lines: list[str]) -> list[str]:
    """A docstring's lines."""
    if lines and lines[0].startswith("Alias for field number"):  # what Python says of a named tuple's fields
        return []
    return [line for paragraph in paragraphs(lines) for line in converted(paragraph)]


def convert(app: Sphinx, what: str, name: str, obj: object, options: object, lines: list[str]) -> None:
    lines[:] = restructured(lines)


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("autodoc-process-docstring", convert)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
