"""TOML and JSON from outside as plain data, of a stated size, depth and range before anybody uses them.

A parser takes what it is given: 100 MB of text, a number of 5,000 digits, 100,000 tables in one another. What is
refused here would take minutes, gigabytes, or the interpreter's stack, there or where the data are used.
"""

import json
import re
import tomllib
from math import isnan
from typing import Any

from chainrule.base.arguments import AnyPath
from chainrule.base.errors import ChainruleError
from chainrule.base.reading import sized
from chainrule.base.showing import one_line

TOML_BYTES, JSON_CHARACTERS = 4 << 20, 16 << 20
"""What a network of 60,000 columns needs; TOML is read at a few megabytes a second."""
DEEPEST = 64
"""Lists and tables in one another."""
MOST_VALUES = 400_000
MOST_KEYS = 60_000
"""Of TOML."""
LARGEST = 128
"""Bits of a whole number."""
TOO_DEEP = f"is nested too deep; expected at most {DEEPEST} levels"
HALF = re.compile("[\ud800-\udc7f\udd00-\udfff]")
"""Halves of characters; what is missing between stands for bytes in the names of files."""

STRING = re.compile(r'"(?:[^"\\]|\\.)*+"?', re.DOTALL)
TOML_TEXT = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*+"{0,5}' "|'''(?:[^']|'(?!''))*+'{0,5}"
    r'|"(?:[^"\\\n]|\\.)*+"?' r"|'[^'\n]*+'?|#[^\n]*+", re.DOTALL,
)  # fmt: skip
KEY = re.compile(r'(?<![\w-])(?>(?:[\w-]++|"")[ \t]*+\.[ \t]*+){3,}')
"""One of several parts, whose beginnings a parser goes through one by one, each from the first part on."""
MOST_PARTS = 10**6
"""The sum of the squares of their numbers."""


def toml_file(path: AnyPath, error: type[ChainruleError], errors: str = "strict") -> dict[str, Any]:
    """The table in a TOML file, UTF-8 but for `errors`; `error` if there is none."""
    with sized(path, error, TOML_BYTES, "a file in TOML") as (file, _):
        content = file.read(TOML_BYTES)
    try:
        text = content.decode("utf-8", errors)
    except UnicodeDecodeError as wrong:
        raise error(f"{path}: not a TOML file: {wrong}") from None
    return toml_of(text, str(path), error)


def toml_of(text: str, place: str, error: type[ChainruleError]) -> dict[str, Any]:
    """The table of a text of TOML; `error`, which calls it `place`, unless it is one."""
    bare = TOML_TEXT.sub('""', text)
    keys, values = bare.count("=") + bare.count("[["), sum(map(bare.count, "=,[{")) + text.count("\\")
    if keys > MOST_KEYS or values > MOST_VALUES:
        raise error(f"{place}: has more than {MOST_KEYS:,} keys or {MOST_VALUES:,} values; expected no more")
    if sum(found[0].count(".") ** 2 for found in KEY.finditer(bare)) > MOST_PARTS:
        raise error(f"{place} {TOO_DEEP}")
    try:
        found = tomllib.loads(text)
    except RecursionError:
        raise error(f"{place} {TOO_DEEP}") from None
    except ValueError as wrong:  # also of a number with thousands of digits
        raise error(f"{place}: not a TOML file: {one_line(str(wrong))}") from None
    return checked(found, place, error)


def json_of(text: str, place: str, error: type[ChainruleError], most: int = MOST_VALUES) -> Any:
    """What a text of JSON holds; `error`, which calls it `place`, unless it is JSON of at most so many values."""
    if len(text) > JSON_CHARACTERS:
        raise error(f"{place}: has {len(text):,} characters; expected at most {JSON_CHARACTERS:,}")
    bare = STRING.sub("", text) if sum(map(text.count, ",[{")) > most else ""
    if sum(map(bare.count, ",[{")) > most:
        raise error(f"{place}: has more than {most:,} values; expected no more")
    try:
        found = json.loads(text, object_pairs_hook=unique)
    except RecursionError:
        raise error(f"{place} {TOO_DEEP}") from None
    except ValueError as wrong:
        raise error(f"{place}: no JSON: {one_line(str(wrong))}") from None
    return checked(found, place, error)


def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A table; ValueError if a key comes twice, which readers take in different ways."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key comes twice")
    return found


def checked(value: Any, place: str, error: type[ChainruleError]) -> Any:
    """The value; `error` unless it is plain data: text, numbers, truth values, None, and lists and tables of these.

    Not too deep, no number too large, no NaN, no half of a character.
    """
    wrong = fault(value)
    if wrong:
        raise error(f"{place}{wrong}" if wrong.startswith(" ") else f"{place}: {wrong.removeprefix('.')}")
    return value


def fault(value: Any, depth: int = 0) -> str | None:
    """What is wrong with a value, after the steps to it, as in ".layers[3].size is nan"."""
    if isinstance(value, str):
        half = HALF.search(value)
        return f" holds {half[0]!r}; expected whole characters" if half else None
    if isinstance(value, int):
        return f" is a number of {value.bit_length():,} bits; expected {LARGEST}" if abs(value) >> LARGEST else None
    if isinstance(value, float):
        return " is nan; expected a number" if isnan(value) else None
    if value is None:
        return None
    if not isinstance(value, dict | list | tuple):
        return f" is a {type(value).__name__}; expected numbers, text, truth values, lists and tables"
    if depth > DEEPEST:
        return f" {TOO_DEEP}"
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, each in items:
        wrong = fault(each, depth + 1) or (fault(key) if isinstance(key, str) else None)
        if wrong and wrong != f" {TOO_DEEP}":  # whose place would be the longest of lines
            return f".{key}{wrong}" if isinstance(key, str) else f"[{key}]{wrong}"
        if wrong:
            return wrong
    return None
