"""IDX files, the format of MNIST: a few bytes that tell type and shape, then the numbers, big-endian.

    0 0 type axes | length of each axis, 4 bytes | the numbers in row-major order

The file may be compressed by gzip; its content decides, not its name.
"""

import gzip
import math
import os
import struct

import numpy as np

from chainrule.base.arguments import as_path
from chainrule.base.arrays import as_array
from chainrule.base.errors import DataError
from chainrule.base.files import read_bytes
from chainrule.base.writing import write_bytes
from chainrule.data.file_kinds import HEAD, kind_of
from chainrule.data.text import unpacked

TYPES = {
    0x08: np.dtype(">u1"),
    0x09: np.dtype(">i1"),
    0x0B: np.dtype(">i2"),
    0x0C: np.dtype(">i4"),
    0x0D: np.dtype(">f4"),
    0x0E: np.dtype(">f8"),
}
"""The types by their byte in the header."""


def read_idx(path: str | os.PathLike[str]) -> np.ndarray:
    """The array in an IDX file, raw or gzip, in native byte order; it may be read-only.

    DataError if the file is missing, a folder, not IDX, truncated, corrupt or too long.
    """
    return parse_idx(unpacked(read_bytes(path), str(path)), str(path))


def parse_idx(data: bytes, name: str) -> np.ndarray:
    """The array in the bytes of a raw IDX file. Error messages call it `name`."""
    dtype, shape = _parse_header(data, name)
    start = 4 + 4 * len(shape)
    expected = math.prod(shape) * dtype.itemsize
    if len(data) - start != expected:
        problem = "truncated" if len(data) - start < expected else "too long"
        raise DataError(f"{name}: {problem}: {len(data) - start} bytes follow the header; expected {expected}")
    try:
        array = np.frombuffer(data, dtype, offset=start).reshape(shape)
    except ValueError:  # an axis of length 0 beside lengths that are too large for any array
        raise DataError(f"{name}: the shape is {shape}; expected one that NumPy can hold") from None
    return array.astype(dtype.newbyteorder("="), copy=False)


def write_idx(path: str | os.PathLike[str], array: np.ndarray) -> None:
    """Write an array as an IDX file, by gzip if the name ends in .gz.

    DataError for an array that such a file cannot hold; of the file, errors as of `base.writing.write_bytes`.
    """
    path, array = as_path(path), as_array(array, "the array")
    codes = {dtype.newbyteorder("="): code for code, dtype in TYPES.items()}
    code = codes.get(array.dtype.newbyteorder("="))
    if code is None or array.ndim == 0:
        expected = "one axis or more of " + ", ".join(map(str, codes))
        raise DataError(f"{path}: IDX cannot hold {array.dtype} of shape {array.shape}; expected {expected}")
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, code, array.ndim, *array.shape)
    data = header + array.astype(TYPES[code]).tobytes()
    # mtime=0: the same array gives the same file
    write_bytes(path, gzip.compress(data, mtime=0) if str(path).endswith(".gz") else data)


def _parse_header(data: bytes, name: str) -> tuple[np.dtype, tuple[int, ...]]:
    """The type and the shape that the first bytes announce."""
    if len(data) < 4:
        raise DataError(f"{name}: truncated: {len(data)} bytes; expected an IDX header of 8 or more")
    code, axes = data[2], data[3]
    if data[:2] != b"\0\0" or code not in TYPES or not 1 <= axes <= 64:  # NumPy has 64 axes at most
        kind = kind_of(data[:HEAD])
        if kind:
            raise DataError(f"{name}: is {kind}")
        expected = "00 00, a type (" + " ".join(f"{code:02x}" for code in TYPES) + ") and the number of axes"
        raise DataError(f"{name}: not an IDX file: it begins with {data[:4].hex(' ')}; expected {expected}")
    if len(data) < 4 + 4 * axes:
        raise DataError(f"{name}: truncated: {len(data)} bytes; expected a header of {4 + 4 * axes}")
    return TYPES[code], struct.unpack_from(f">{axes}I", data, 4)
