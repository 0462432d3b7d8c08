"""How an object shows itself at a prompt: in a line or a few, however much it holds."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

import numpy as np

from chainrule.base.arrays import described

FEW = 4  # elements that are shown
LONGEST, MOST = 80, 900  # characters of one value, and of all
BITS = 4096  # of a whole number that is shown: Python refuses to write down much larger ones


def brief(self: Any) -> str:
    """The `__repr__` of a dataclass or NamedTuple that may hold much: in short those fields that are not None."""
    names = getattr(self, "_fields", None) or [each.name for each in fields(self) if each.repr]
    values = {name: getattr(self, name) for name in names}
    shown = ", ".join(f"{name}={short(value)}" for name, value in values.items() if value is not None)
    return one_line(f"{type(self).__name__}({shown})", MOST)


def short(value: Any) -> str:
    """An array by its type and shape, the first few of many things, and the ends of what is long."""
    if isinstance(value, np.ndarray):
        return described(value) if value.size > FEW else one_line(str(value.tolist()), LONGEST)
    if isinstance(value, Mapping):
        return _few([f"{key!r}: {short(each)}" for key, each in [*value.items()][:FEW]], len(value), "{}")
    if isinstance(value, list | tuple) and type(value).__repr__ is not brief:
        return _few([short(each) for each in value[:FEW]], len(value), "()" if isinstance(value, tuple) else "[]")
    if isinstance(value, int) and value.bit_length() > BITS:
        return f"{'a number below -' if value < 0 else 'a number above '}2**{BITS}"
    return one_line(repr(value), LONGEST)


def _few(shown: Sequence[str], count: int, ends: str) -> str:
    more = [f"... {count:,} in all"] if count > len(shown) else [""] if count == 1 and ends == "()" else []
    return one_line(f"{ends[0]}{', '.join([*shown, *more]).rstrip(' ')}{ends[1]}", 2 * LONGEST)


def one_line(text: str, longest: int = 500) -> str:
    """The text in one line, its middle left out if it is longer."""
    text = " ".join(text.split())
    return text if len(text) <= longest else f"{text[: longest // 2]} ... {text[-longest // 2 :]}"
