"""The header of an array in NumPy's format (.npy): what type and shape it announces."""

import math
import warnings
from typing import NamedTuple

import numpy as np

from chainrule.base.filters import own_filters
from chainrule.data.packed import Stream, wrong_length

LONGEST = 2048
"""Characters of a header at most; NumPy's have about 120."""
READERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
"""By the format's version; version 3 is only for arrays of records."""


class Header(NamedTuple):
    """What a file announces."""

    shape: tuple[int, ...]
    in_columns: bool
    dtype: np.dtype

    @property
    def size(self) -> int:
        """Bytes of the numbers."""
        return math.prod(self.shape) * self.dtype.itemsize


def read_header(stream: Stream) -> Header:
    """What the array that begins here announces; errors of every kind if that is none, or none of numbers or text."""
    with own_filters():  # of headers as Python 2 wrote them
        warnings.simplefilter("ignore")
        version = np.lib.format.read_magic(stream)
        if version not in READERS:
            raise ValueError(f"its format has version {version[0]}.{version[1]}; expected 1.0 or 2.0")
        try:
            header = Header(*READERS[version](stream, max_header_size=LONGEST))
        except Exception:  # as many kinds as there are ways not to be a dictionary of Python's
            raise ValueError("its header is damaged, or too long; expected a type and a shape") from None
    if header.dtype.hasobject:
        raise ValueError("it holds Python objects; expected numbers or text")
    if header.dtype.itemsize == 0 or header.dtype.subdtype or any(length < 0 for length in header.shape):
        raise ValueError(f"it announces {header.dtype} of shape {header.shape}; expected numbers or text")
    return header


def check_size(header: Header, found: int) -> None:
    """ValueError unless so many bytes follow the header as it announces."""
    if problem := wrong_length(found, header.size):
        raise ValueError(problem)
