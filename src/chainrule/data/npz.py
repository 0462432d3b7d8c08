"""The arrays in an .npz file, a zip of .npy files. Each member's checksum is checked, also of one that is mapped."""

import os
import struct
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import numpy as np

from chainrule.base.errors import DataError
from chainrule.base.reading import opened
from chainrule.data.file_kinds import kind_of_file
from chainrule.data.mapped import map_numbers
from chainrule.data.npy import is_large, numbers, unreadable
from chainrule.data.npy_header import check_size, read_header
from chainrule.data.packed import PIECE, check_growth

PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""How members may be packed, as NumPy does; what Python unpacks otherwise cannot be stopped when it grows too large."""
END, LAST, MANY = b"PK\5\6", 1 << 17, 0xFFFF
"""How the end of a zip begins, within its last bytes; and the count that stands for this and more."""

Arrays = dict[str, Callable[[], np.ndarray]]
"""Arrays by name, each read or mapped when it is called."""


def read_npz(path: Path) -> Arrays:
    """The arrays of an .npz file, by name. DataError if it is missing, damaged, or of another kind."""
    with opened(path) as file:
        try:
            members = [info for info in _listed(file) if _is_array(info.filename)]
        except Exception as error:
            _refuse_other_kinds(path)
            raise unreadable(str(path), "an .npz file", error) from None
    if not members:
        _refuse_other_kinds(path)
    for name, times in Counter(info.filename for info in members).items():
        if times > 1:
            raise DataError(f"{path}: holds {name!r} {times} times; expected different names")
    return {info.filename.removesuffix(".npy"): lambda info=info: _member(path, info) for info in members}


def _listed(file: BinaryIO) -> list[zipfile.ZipInfo]:
    """All members; errors of every kind if the list, which has no checksum, lacks some or names them otherwise."""
    with zipfile.ZipFile(file) as archive:
        found = archive.infolist()
        for info in found:
            archive.open(info).close()  # the name is compared with that at the member itself
    file.seek(max(0, file.seek(0, os.SEEK_END) - LAST))
    end = file.read()
    count = int.from_bytes(end[end.rfind(END) + 10 :][:2], "little")
    if count not in (len(found), MANY):
        raise ValueError(f"its list has {len(found)} members; expected {count}")
    return found


def _is_array(name: str) -> bool:
    """Whether a member is one of the user's arrays, and not what a system put beside them."""
    return name.endswith(".npy") and not name.startswith(("__MACOSX/", "."))


def _member(path: Path, info: zipfile.ZipInfo) -> np.ndarray:
    """An array of an .npz file."""
    name = f"{path}: {info.filename}"
    with opened(path) as file:
        try:
            return _read(file, info, name)
        except Exception as error:
            raise unreadable(name, "an array", error) from None


def _read(file: BinaryIO, info: zipfile.ZipInfo, name: str) -> np.ndarray:
    if info.compress_type not in PACKED:
        raise ValueError(f"it is packed by zip's method {info.compress_type}; expected 0 or 8 (deflate)")
    check_growth(info.compress_size, info.file_size, "its numbers")
    with zipfile.ZipFile(file) as archive, archive.open(info) as member:
        header = read_header(member)
        check_size(header, info.file_size - member.tell())
        if info.compress_type == zipfile.ZIP_DEFLATED or not is_large(header):
            return numbers(member, header)
        start = _start(file, info) + member.tell()
        while member.read(PIECE):  # to its end, where its checksum is checked
            pass
    return map_numbers(file, name, header, start)


def _start(file: BinaryIO, info: zipfile.ZipInfo) -> int:
    """The byte at which a member begins that is not packed."""
    file.seek(info.header_offset + 26)
    name, extra = struct.unpack("<HH", file.read(4))  # their lengths
    return info.header_offset + 30 + name + extra


def _refuse_other_kinds(path: Path) -> None:
    """DataError that says what a file is, if it is known to be no .npz."""
    kind = kind_of_file(path, ".npz")
    if kind:
        raise DataError(f"{path}: is {kind}")
