"""Safetensors files, read: a header in JSON, which says where each tensor lies, and behind it the tensors' bytes.

    8 bytes      the header's length n, little-endian
    n bytes      {"__metadata__": {"name": "text", ...}, "conv1.w": {"dtype": "F32", "shape": [32, 1, 3, 3],
                  "data_offsets": [0, 1152]}, ...}
    the rest     the tensors, without gaps

The safetensors library writes them. Here they are read, since it takes whatever a header announces: a header of
100 MB, tensors of 10 GB. Here a header is of a stated size, each tensor's bytes are counted before any is read, and
one is read when it is asked for.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import prod
from pathlib import Path
from typing import IO, Annotated, NamedTuple

import numpy as np

from chainrule.base.errors import ModelError
from chainrule.base.plain_text import json_of
from chainrule.base.reading import sized
from chainrule.base.typed import COUNT, Typed, Within
from chainrule.data.file_kinds import no_model

WANTED = "a model file, as runs/.../model.safetensors"
LENGTH = 8  # bytes of the header's length
MOST_HEADER = 16 << 20
MOST_TENSORS = 10_000
PART = 1 << 20  # bytes that are hashed at once
NUMPY = {
    "BOOL": "bool", "I8": "int8", "U8": "uint8", "I16": "int16", "U16": "uint16", "I32": "int32", "U32": "uint32",
    "I64": "int64", "U64": "uint64", "F16": "float16", "F32": "float32", "F64": "float64", "C64": "complex64",
}  # fmt: skip
"""The types that NumPy has, by the format's names."""
BITS = {name: 8 * np.dtype(of_numpy).itemsize for name, of_numpy in NUMPY.items()} | {
    "BF16": 16, "F8_E4M3": 8, "F8_E5M2": 8, "F8_E8M0": 8, "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8,
    "F6_E2M3": 6, "F6_E3M2": 6, "F4": 4,
}  # fmt: skip
"""Of a number of each type that there is."""
Offset = Annotated[int, COUNT]


class Stored(NamedTuple):
    """A tensor's type, as the format calls it, its shape, and where its bytes begin and end behind the header."""

    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int

    @property
    def type(self) -> str:
        """As NumPy calls it, if it has it."""
        return NUMPY.get(self.dtype, self.dtype)

    def __str__(self) -> str:
        return f"{self.type} of shape {self.shape}"


@dataclass(frozen=True)
class Entry:
    """What a header says of a tensor."""

    dtype: Annotated[str, Within(1, 16)]
    shape: Annotated[tuple[Offset, ...], Within(0, 32)]
    data_offsets: tuple[Offset, Offset]

    def stored(self) -> Stored:
        return Stored(self.dtype, self.shape, *self.data_offsets)


@dataclass(frozen=True)
class TensorFile:
    """An open file, whose header is right."""

    path: Path
    file: IO[bytes]
    start: int  # of the tensors
    tensors: Mapping[str, Stored]
    metadata: Mapping[str, str] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Bytes of all tensors."""
        return max((stored.end for stored in self.tensors.values()), default=0)

    def parts(self, name: str) -> Iterator[bytes]:
        """A tensor's bytes, in parts."""
        stored = self.tensors[name]
        self.file.seek(self.start + stored.begin)
        for at in range(stored.begin, stored.end, PART):
            yield self.file.read(min(PART, stored.end - at))

    def read(self, name: str, dtype: str | None = None) -> np.ndarray:
        """A tensor as an array of a type of NumPy's: its own, or another of as many bits."""
        stored = self.tensors[name]
        content = bytearray().join(self.parts(name))
        if len(content) < stored.end - stored.begin:
            raise ModelError(f"{self.path}: became shorter while it was read")
        return np.frombuffer(content, np.dtype(dtype or stored.type).newbyteorder("<")).reshape(stored.shape)


@contextmanager
def tensor_file(path: str | Path, wanted: str = WANTED) -> Iterator[TensorFile]:
    """A safetensors file, open; ModelError, before much is read, unless it is one, and whole. `wanted` is what errors
    say was expected."""
    with sized(path, ModelError, wanted=wanted) as (file, size):
        try:
            found = read_header(Path(path), file, size)
        except ModelError as error:
            kind = no_model(path)
            no_file = f"not {wanted.partition(',')[0]}, or damaged: {error}; expected {wanted}"
            what = f"is {kind}" if kind else no_file
            raise ModelError(f"{path}: {what}") from None
        yield found


def read_header(path: Path, file: IO[bytes], size: int) -> TensorFile:
    """The file by its header; ModelError, which does not name it, if that is wrong."""
    length = int.from_bytes(file.read(LENGTH), "little")
    if size < LENGTH + length or length < len("{}"):
        raise ModelError(f"its header has {length:,} bytes, but it has {size:,} in all")
    if length > MOST_HEADER:
        raise ModelError(f"its header has {length:,} bytes; expected at most {MOST_HEADER:,}")
    entries = parsed(file.read(length))
    metadata = Typed("__metadata__", ModelError).read(dict[str, str], entries.pop("__metadata__", {}))
    if len(entries) > MOST_TENSORS:
        raise ModelError(f"it holds {len(entries):,} tensors; expected at most {MOST_TENSORS:,}")
    tensors = {name: Typed(repr(name), ModelError).read(Entry, entry).stored() for name, entry in entries.items()}
    check_places(tensors, size - LENGTH - length)
    return TensorFile(path, file, LENGTH + length, tensors, metadata)


def parsed(header: bytes) -> dict:
    """The table of a header; ModelError unless it is one, of a size that so many tensors need."""
    try:
        text = header.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ModelError(f"its header is no text: {error}") from None
    if not text.startswith("{"):
        raise ModelError("its header is no table in JSON")
    return json_of(text, "its header", ModelError, most=10 * MOST_TENSORS)


def check_places(tensors: Mapping[str, Stored], size: int) -> None:
    """ModelError unless the tensors lie one after the other, and each has as many bytes as its shape and type say."""
    at = 0
    for name, stored in sorted(tensors.items(), key=lambda item: item[1][2:]):
        if stored.dtype not in BITS:
            raise ModelError(f"{name!r} is of type {stored.dtype!r}; expected one of {', '.join(BITS)}")
        bits = BITS[stored.dtype] * prod(stored.shape)
        if stored.begin != at or stored.end < at or 8 * (stored.end - at) != bits:
            there = f"{name!r}, {stored}, lies at bytes {stored.begin:,} to {stored.end:,}"
            raise ModelError(f"{there}; expected {bits // 8:,} bytes from {at:,} on")
        at = stored.end
    if at != size:
        raise ModelError(f"its tensors have {at:,} bytes, but there are {size:,} behind its header")
