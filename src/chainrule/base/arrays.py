"""Arrays: the one door through which anything that is like one comes in; how errors describe one; read-only views."""

from typing import Any, TypeGuard

import numpy as np

from chainrule.base.errors import DataError

NUMBERS = "biuf"
"""The kinds of types that hold real numbers, as `dtype.kind` has them."""


LARGEST = 8
"""Bytes of a number."""


def as_array(values: Any, name: str, *, text: bool = False) -> np.ndarray:
    """The values as an array, which is not copied if it is one: NumPy's own, lists, pandas, what has `__array__`.

    DataError, which calls them `name`, for what has no first axis, and for masked values, sparse matrices and objects
    that are no numbers, `text` or dates.
    """
    if type(values) is np.ndarray and values.ndim and values.dtype.kind != "O":
        return values
    if is_masked(values):
        raise DataError(f"{name} has masked values; expected none missing")
    if hasattr(values, "toarray"):
        raise DataError(f"{name} is a sparse {type(values).__name__}; expected an array, as {name}.toarray() gives")
    try:
        to_numpy = getattr(values, "to_numpy", None)  # what pandas' tables and columns have
        array = np.asarray(values if to_numpy is None else to_numpy())
    except Exception as error:  # whatever another library's array raises
        raise DataError(f"{name} is no array: {' '.join(str(error).split())[:200]}") from None
    if array.ndim == 0:
        given = described(values) if isinstance(values, np.ndarray) else type(values).__name__
        raise DataError(f"{name} is {given}; expected an array of samples")
    return unpacked(array, name, text) if array.dtype.kind == "O" else array


def as_numbers(values: Any, name: str) -> np.ndarray:
    """The values as an array of real numbers, as `as_array` has it; DataError for any other."""
    array = as_array(values, name)
    if array.dtype.kind not in NUMBERS:
        raise DataError(f"{name} holds {array.dtype}; expected numbers")
    return array


def as_targets(values: Any, name: str) -> np.ndarray:
    """The values as an array of numbers or of text; DataError for any other."""
    array = as_array(values, name, text=True)
    if array.dtype.kind not in f"{NUMBERS}US":
        raise DataError(f"{name} holds {array.dtype}; expected numbers or text")
    return array


def is_plain(a: object) -> TypeGuard[np.ndarray]:
    """Whether it is an array that shows all of its numbers: a masked one looks like one, but its memory says more."""
    return isinstance(a, np.ndarray) and not isinstance(a, np.ma.MaskedArray)


def is_masked(values: Any) -> bool:
    """Whether one of them is masked, of an array or of one in a list."""
    if isinstance(values, list | tuple):
        kinds = {type(each) for each in values}
        inside = tuple(kind for kind in kinds if issubclass(kind, list | tuple | np.ma.MaskedArray))
        return bool(inside) and any(is_masked(each) for each in values if isinstance(each, inside))
    return isinstance(values, np.ma.MaskedArray) and bool(np.ma.is_masked(values))


def unpacked(array: np.ndarray, name: str, text: bool) -> np.ndarray:
    """An array of Python objects, as pandas gives for columns of different types, as one of numbers or of text."""
    kinds = {type(value) for value in array.flat}
    strings = [kind for kind in kinds if issubclass(kind, str)]
    found = np.array(array.tolist()) if len(strings) in (0, len(kinds)) else array
    if found.dtype.kind == "O" or found.shape != array.shape:
        listed = ", ".join(sorted(kind.__name__ for kind in kinds))
        raise DataError(f"{name} holds objects ({listed}); expected numbers{' or text' if text else ''}")
    return found


def in_one_piece(a: np.ndarray) -> np.ndarray:
    """The array as most are, itself if it is: in the order of its axes, aligned, in this machine's byte order.

    Where sums are added up in the order of memory, a result would else depend on it. Long doubles become float64.
    """
    if a.flags.c_contiguous and a.flags.aligned and a.dtype.isnative and a.dtype.itemsize <= LARGEST:
        return a
    dtype = np.dtype(np.float64) if a.dtype.itemsize > LARGEST else a.dtype.newbyteorder("=")
    return np.require(a, dtype, ("C", "A"))


def described(a: Any) -> str:
    """An array's type and shape, or what it is instead."""
    if isinstance(a, np.ndarray):
        return f"{a.dtype} of shape {a.shape}" + ("" if is_plain(a) else ", masked")
    return "nothing" if a is None else f"a {type(a).__name__}"


def read_only(a: np.ndarray) -> np.ndarray:
    """A view that cannot be written to."""
    view = a.view()
    view.flags.writeable = False
    return view
