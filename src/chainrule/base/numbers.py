"""Numbers: the one check of whatever counts something, and how one is written that may not be known."""

import re
from typing import TypeGuard

import numpy as np

from chainrule.base.errors import ChainruleError, UsageError
from chainrule.base.showing import BITS, short


def is_whole(value: object, minimum: int) -> TypeGuard[int]:
    """Whether it is a whole number, Python's or NumPy's, of at least `minimum`. A truth value is none."""
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value[()]
    return isinstance(value, int | np.integer) and not isinstance(value, bool) and bool(value >= minimum)


def whole_number(
    name: str,
    value: object,
    minimum: int,
    error: type[ChainruleError] = UsageError,
    *,
    maximum: int | None = None,
) -> int:
    """The value as an `int`; `error`, which calls it `name`, unless it is a whole number of at least `minimum`.

    maximum : of what nobody could wait for, if there were more; None: there is none, but one that Python would refuse
        to write down, of thousands of digits, is refused
    """
    if not is_whole(value, minimum) or (maximum is not None and value > maximum):
        expected = f"of at least {minimum}" if maximum is None else f"from {minimum} to {maximum:,}"
        raise error(f"{name} is {short(value)}; expected a whole number {expected}")
    found = int(value)
    if found.bit_length() > BITS:
        raise error(f"{name} is {short(value)}; expected a smaller one")
    return found


def whole_of(text: str) -> int | None:
    """The whole number that a text is: digits of ASCII, as many as 64 bits surely hold; None if it is none."""
    return int(text) if re.fullmatch("-?[0-9]{1,18}", text) else None


def written(value: float | None, form: str) -> str:
    """The number in that form; a dash where there is none: of None, and of NaN, which is 0 / 0."""
    return "-" if value is None or value != value else format(value, form)
