"""IDX files, the format of MNIST: a few bytes that tell type and shape, then the numbers, big-endian.

    0 0 type axes | length of each axis, 4 bytes | the numbers in row-major order

The file may be compressed by gzip; its content decides, not its name.
"""

import gzip
import io
import math
import os
import struct
from typing import NamedTuple

import numpy as np

from chainrule.base.arguments import as_path, of_kind
from chainrule.base.arrays import as_array, is_plain
from chainrule.base.errors import DataError
from chainrule.base.memory import check_room
from chainrule.base.reading import opened, size_of
from chainrule.base.writing import write_bytes
from chainrule.data.file_kinds import HEAD, kind_of
from chainrule.data.packed import Stream, Unpacking, check_growth, fill, unpacked, wrong_length

TYPES = {
    0x08: np.dtype(">u1"),
    0x09: np.dtype(">i1"),
    0x0B: np.dtype(">i2"),
    0x0C: np.dtype(">i4"),
    0x0D: np.dtype(">f4"),
    0x0E: np.dtype(">f8"),
}
"""The types by their byte in the header."""


class Header(NamedTuple):
    """What the first bytes announce."""

    dtype: np.dtype
    shape: tuple[int, ...]

    @property
    def length(self) -> int:
        """Bytes of the header itself."""
        return 4 + 4 * len(self.shape)

    @property
    def size(self) -> int:
        """Bytes of the numbers that follow."""
        return math.prod(self.shape) * self.dtype.itemsize


def read_idx(path: str | os.PathLike[str]) -> np.ndarray:
    """The array in an IDX file, raw or gzip, in native byte order. No more is unpacked than the header announces.

    DataError if the file is missing, a folder, not IDX, truncated, corrupt or too long.
    """
    with opened(path) as file:
        size = size_of(file)
        return _read(unpacked(file, str(path)), size, str(path))


def parse_idx(data: bytes, name: str) -> np.ndarray:
    """The array in the bytes of a raw IDX file. Error messages call it `name`."""
    data, name = of_kind("the data", data, bytes, "bytes"), of_kind("the name", name, str, "text")
    return _read(io.BytesIO(data), len(data), name)


def _read(stream: Stream, size: int, name: str) -> np.ndarray:
    """The array in a file of so many bytes, which may be packed."""
    header = _header(stream, name)
    if isinstance(stream, Unpacking):
        check_growth(size, header.size, name)
    else:
        _check_length(size - header.length, header, name)
    check_room(header.size, name)
    try:
        array = np.empty(header.shape, header.dtype)
    except ValueError:  # an axis of length 0 beside lengths that are too large for any array
        raise DataError(f"{name}: the shape is {header.shape}; expected one that NumPy can hold") from None
    _check_length(fill(array.reshape(-1), stream) + len(stream.read(1)), header, name)
    native = header.dtype.newbyteorder("=")
    return array if native == header.dtype else array.byteswap(inplace=True).view(native)


def _check_length(found: int, header: Header, name: str) -> None:
    if problem := wrong_length(found, header.size):
        raise DataError(f"{name}: {problem}")


def write_idx(path: str | os.PathLike[str], array: np.ndarray) -> None:
    """Write an array as an IDX file, by gzip if the name ends in .gz.

    DataError for an array that such a file cannot hold; of the file, errors as of `base.writing.write_bytes`.
    """
    path, array = as_path(path), array if is_plain(array) else as_array(array, "the array")
    codes = {dtype.newbyteorder("="): code for code, dtype in TYPES.items()}
    code = codes.get(array.dtype.newbyteorder("="))
    if code is None or array.ndim == 0:
        expected = "one axis or more of " + ", ".join(map(str, codes))
        raise DataError(f"{path}: IDX cannot hold {array.dtype} of shape {array.shape}; expected {expected}")
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, code, array.ndim, *array.shape)
    data = header + array.astype(TYPES[code]).tobytes()
    # mtime=0: the same array gives the same file
    write_bytes(path, gzip.compress(data, mtime=0) if str(path).endswith(".gz") else data)


def _header(stream: Stream, name: str) -> Header:
    """What the first bytes announce; DataError, which says what it is, for those of another kind of file."""
    begins = stream.read(4)
    if len(begins) < 4:
        raise DataError(f"{name}: truncated: {len(begins)} bytes; expected an IDX header of 8 or more")
    code, axes = begins[2], begins[3]
    if begins[:2] != b"\0\0" or code not in TYPES or not 1 <= axes <= 64:  # NumPy has 64 axes at most
        kind = kind_of(begins + stream.read(HEAD))
        if kind:
            raise DataError(f"{name}: is {kind}")
        expected = "00 00, a type (" + " ".join(f"{code:02x}" for code in TYPES) + ") and the number of axes"
        raise DataError(f"{name}: not an IDX file: it begins with {begins.hex(' ')}; expected {expected}")
    lengths = stream.read(4 * axes)
    if len(lengths) < 4 * axes:
        raise DataError(f"{name}: truncated: {4 + len(lengths)} bytes; expected a header of {4 + 4 * axes}")
    return Header(TYPES[code], struct.unpack(f">{axes}I", lengths))
