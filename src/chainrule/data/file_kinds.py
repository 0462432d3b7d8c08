"""What a file is, told by its first bytes, for whoever was given one of a kind that it cannot read."""

import os
import re
import zlib
from typing import NamedTuple

from chainrule.base.errors import DataError
from chainrule.base.reading import opened

HEAD = 4096
"""Bytes that tell a file's kind."""


class Kind(NamedTuple):
    """A kind of file: how it begins, at which byte, what it is called, and what to do with it."""

    mark: bytes
    name: str
    advice: str
    at: int = 0

    def __str__(self) -> str:
        return f"{self.name}; {self.advice}"


UNPACK = "unpack it and give what is in it"
CONVERT = "save what is in it as .csv or .npz"
TO_SAFETENSORS = "write its state_dict by safetensors.torch.save_file, and use chainrule import"
BINARY = "get the binary version, as cifar-10-binary.tar.gz"
NO_NETWORK = "expected a model.safetensors of chainrule, as the network cannot be read from it"

TEXTS = (
    Kind(b"version https://git-lfs.github.com", "a Git LFS pointer, not the file", "get the file by: git lfs pull"),
    Kind(b"/annex/objects/", "a git-annex pointer, not the file", "get the file by: git annex get"),
    Kind(b"<!doctype html", "a web page, not the file", "download the file itself (on GitHub by Raw)"),
    Kind(b"<html", "a web page, not the file", "download the file itself (on GitHub by Raw)"),
    Kind(b"<svg", "a drawing (SVG)", "save it as .png"),
    Kind(b"<?xml", "an XML file", CONVERT),
    Kind(b'{\n "cells":', "a Jupyter notebook", "give the file that it reads or writes"),
    Kind(b"%pdf-", "a PDF", "give the data or pictures in it as files of their own"),
    Kind(b"%!ps", "a PostScript file", "save it as .png"),
    Kind(b"@relation", "an ARFF file, as Weka's", CONVERT),
    Kind(b"{", "a JSON file", CONVERT),
    Kind(b"[{", "a JSON file", CONVERT),
)
"""Kinds that begin with text, in small letters; blanks may come before."""
IN_ZIPS = (
    Kind(b"word/", "a Word document", CONVERT),
    Kind(b"xl/", "an Excel file", "save the sheet as .csv"),
    Kind(b"opendocument.spreadsheet", "an OpenDocument sheet", "save it as .csv"),
    Kind(b"/data.pkl", "a PyTorch file (torch.save)", TO_SAFETENSORS),
    Kind(b"/byteorder", "a PyTorch file (torch.save)", TO_SAFETENSORS),
    Kind(b"model.weights.h5", "a Keras model", NO_NETWORK),
    Kind(b".npy", "a file of NumPy's arrays (.npz)", "give it a name that ends in .npz, as data"),
    Kind(b"[Content_Types].xml", "an Office document, as Excel's", "save the sheet as .csv"),
    Kind(b"", "a zip archive", UNPACK),
)
"""Zip files, by a name that occurs in them near the beginning; the last is any."""
BYTES = (
    Kind(b"ustar", "a tar archive", UNPACK, 257),
    Kind(b"BZh", "a file compressed by bzip2", UNPACK),
    Kind(b"\xfd7zXZ\0", "a file compressed by xz", UNPACK),
    Kind(b"\x28\xb5\x2f\xfd", "a file compressed by zstd", UNPACK),
    Kind(b"7z\xbc\xaf\x27\x1c", "a 7z archive", UNPACK),
    Kind(b"Rar!\x1a\x07", "a RAR archive", UNPACK),
    Kind(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office document, as Excel's .xls", "save the sheet as .csv"),
    Kind(b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.", "a PyTorch file (torch.save)", TO_SAFETENSORS),
    *(
        Kind(b"\x80\x02}q\x01(U" + first, "CIFAR's version for Python, a pickle of Python objects", BINARY)
        for first in (b"\x0bbatch_label", b"\tfilenames")
    ),
    *(Kind(bytes([0x80, version]), "a pickle of Python objects", CONVERT) for version in range(2, 6)),
    Kind(b"\x89HDF\r\n\x1a\n", "an HDF5 file, as Keras' .h5", CONVERT),
    Kind(b"MATLAB 5.0 MAT-file", "a MATLAB file", CONVERT),
    *(Kind(mark, "a file of R's", CONVERT) for mark in (b"RDX2\n", b"RDX3\n", b"X\n\0\0\0")),
    Kind(b"PAR1", "a Parquet file", CONVERT),
    Kind(b"ARROW1", "a Feather file", CONVERT),
    Kind(b"FEA1", "a Feather file", CONVERT),
    Kind(b"SQLite format 3\0", "an SQLite database", CONVERT),
    Kind(b"TFL3", "a TensorFlow Lite model", NO_NETWORK, 4),
    Kind(b"GGUF", "a GGUF model", NO_NETWORK),
    Kind(b"\x7fELF", "a program", "give a file of data, or a model"),
    Kind(b"MZ\x90\0", "a program", "give a file of data, or a model"),
    *(Kind(bytes([0x78, level]), "a file compressed by zlib, as joblib's", CONVERT) for level in (0x5E, 0x9C, 0xDA)),
    Kind(b"\x93NUMPY", "an array of NumPy (.npy)", "give a folder with x.npy and t.npy, or an .npz, as data"),
    Kind(b"\x89PNG\r\n\x1a\n", "a picture (PNG)", "give a folder of pictures, one folder a class, as data"),
    Kind(b"\xff\xd8\xff", "a picture (JPEG)", "give a folder of pictures, one folder a class, as data"),
    Kind(b"GIF8", "a picture (GIF)", "give a folder of pictures, one folder a class, as data"),
    *(
        Kind(b"ftyp" + brand, "a HEIC picture", "save it as .png or .jpg, or let pillow-heif do it", 4)
        for brand in (b"heic", b"heix", b"hevc", b"mif1", b"msf1")
    ),
    Kind(b"ftypavif", "an AVIF picture", "save it as .png or .jpg", 4),
    *(
        Kind(bytes([0, 0, code, axes]), "an IDX file, as MNIST's", "give the folder that it lies in, as data")
        for code in (0x08, 0x09, 0x0B, 0x0C, 0x0D, 0x0E)
        for axes in range(1, 5)
    ),
)
"""Other kinds, which are told by bytes."""
ONNX = Kind(b"\x08", "an ONNX model", NO_NETWORK)
GZIP = Kind(b"\x1f\x8b", "a file compressed by gzip", UNPACK)
TEXT = Kind(b"", "a text file", NO_NETWORK)
CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
"""Bytes that are in no text."""
WAYS = {TO_SAFETENSORS, UNPACK, NO_NETWORK, *(kind.advice for kind in TEXTS if kind.advice != CONVERT)}
"""Advice that leads to a model."""
SAFETENSORS = Kind(b'{"', "a safetensors file", "give it as a model, or use chainrule import", 8)


def kind_of(head: bytes) -> str | None:
    """What a file with these first bytes (`HEAD` or more of them) is, and what to do; None if that is not known.

    To be read after "is": a web page, not the file; download the file itself (on GitHub by Raw).
    """
    kind = _kind_of(head)
    return None if kind is None else str(kind)


def kind_of_file(path: str | os.PathLike[str], own: str = "nothing") -> str | None:
    """`kind_of` a file's first bytes; None, too, if it cannot be read, or is of the `own` kind of whoever asks."""
    kind = _kind_of(_head_of(path))
    return None if kind is None or own in kind.name else str(kind)


def no_model(path: str | os.PathLike[str]) -> str | None:
    """What a file is that was given as a model, by its first bytes, and how to come by a model; None if it may be one,
    or that is not known."""
    head = _head_of(path)
    kind = _kind_of(head)
    if kind is None and len(head) >= SAFETENSORS.at and not CONTROLS.search(head):
        kind = TEXT
    if kind is None or kind is SAFETENSORS:
        return None
    if "pickle" in kind.name:
        return f"{kind.name}, which is never loaded; of a module of PyTorch {TO_SAFETENSORS}"
    return str(kind if kind.advice in WAYS else kind._replace(advice=NO_NETWORK))


def _head_of(path: str | os.PathLike[str]) -> bytes:
    """A file's first bytes; none if it cannot be read."""
    try:
        with opened(path) as file:
            return file.read(HEAD)
    except (OSError, DataError):
        return b""


def _kind_of(head: bytes) -> Kind | None:
    if head.startswith(b"PK\x03\x04"):
        return next(kind for kind in IN_ZIPS if kind.mark in head)
    if head.startswith(GZIP.mark):
        return _compressed(head)
    if head.startswith(SAFETENSORS.mark, SAFETENSORS.at) and head[5:8] == b"\0\0\0":
        return SAFETENSORS
    if _is_onnx(head):
        return ONNX
    text = re.sub(rb"^(\xef\xbb\xbf)?\s*(<!--.*?-->\s*)*", b"", head, flags=re.DOTALL).lower()
    found = [kind for kind in BYTES if head.startswith(kind.mark, kind.at)]
    found += [kind for kind in TEXTS if text.startswith(kind.mark)]
    return found[0] if found else None


def _compressed(head: bytes) -> Kind:
    """What gzip has packed, if that is known: a tar archive, most often."""
    try:
        inside = zlib.decompressobj(31).decompress(head, HEAD)
    except zlib.error:
        return GZIP
    kind = _kind_of(inside)
    return GZIP if kind is None else kind._replace(name=f"{kind.name}, compressed by gzip")


def _is_onnx(head: bytes) -> bool:
    """Whether a protocol buffer begins as ONNX's: the version of its format, then the producer's name or the graph."""
    return len(head) > 4 and head.startswith(ONNX.mark) and 3 <= head[1] < 32 and head[2] in (0x12, 0x3A)
