"""NumPy's arrays in files (.npy): a header that announces type and shape, and as many numbers as that says.

They are read, so that their file may change as it likes; only those that would take more than half of the memory that
there is are mapped (`mapped`).
"""

import math
import os

import numpy as np

from chainrule.base.errors import DataError, reason
from chainrule.base.memory import available, check_room
from chainrule.base.reading import opened, size_of
from chainrule.data.mapped import map_numbers
from chainrule.data.npy_header import Header, check_size, read_header
from chainrule.data.packed import Stream, fill

SHARE = 0.5
"""The part of the memory that there is which an array that is read may take."""


def read_npy(path: str | os.PathLike[str]) -> np.ndarray:
    """The array in a file; DataError if there is none, or it is damaged, or of Python objects."""
    with opened(path) as file:
        size = size_of(file)
        try:
            header = read_header(file)
            check_size(header, size - file.tell())
            return map_numbers(file, str(path), header, file.tell()) if is_large(header) else numbers(file, header)
        except Exception as error:
            raise unreadable(str(path), "an array", error) from None


def is_large(header: Header) -> bool:
    """Whether its numbers would take more of the memory than they should."""
    return header.dtype.kind in "biuf" and header.size > SHARE * available()


def numbers(stream: Stream, header: Header) -> np.ndarray:
    """The array of which the header was read."""
    check_room(header.size, "its numbers")
    flat = np.empty(math.prod(header.shape), header.dtype)
    check_size(header, fill(flat, stream) + len(stream.read(1)))
    if header.dtype.kind == "b" and flat.view(np.uint8).max(initial=0) > 1:
        raise ValueError("its truth values are not all 0 or 1")
    if header.dtype.kind == "U" and not _is_text(flat):
        raise ValueError("its text has characters that are none")
    return flat.reshape(header.shape, order="F" if header.in_columns else "C")


def unreadable(name: str, kind: str, error: Exception) -> DataError:
    """The error for a damaged file, which zipfile and NumPy meet with errors of every kind, some of many lines."""
    return DataError(f"{name}: cannot be read as {kind}: {reason(error)}")


def _is_text(text: np.ndarray) -> bool:
    """Whether text (n,) is of Unicode's characters."""
    codes = text.view(np.dtype(np.uint32).newbyteorder(text.dtype.byteorder))
    return bool(((codes < 0xD800) | ((codes > 0xDFFF) & (codes <= 0x10FFFF))).all())
