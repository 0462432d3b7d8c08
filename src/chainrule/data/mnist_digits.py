"""MNIST, embedded: 70,000 handwritten digits without a download (the data and its licence are in `embedded/`).

The package holds the four IDX files in one compressed container. The first use decodes it, which takes about
a second, and leaves the arrays as `.npy` files in the cache folder; later uses read those.
"""

import hashlib
import math
import zlib
from contextlib import suppress
from importlib import resources
from io import BytesIO
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

from chainrule.base.arguments import name_among
from chainrule.base.arrays import read_only
from chainrule.base.errors import DataError, WriteError, reason
from chainrule.base.files import cache_folder
from chainrule.base.writing import write_atomically
from chainrule.data.dataset import Dataset
from chainrule.data.idx import parse_idx
from chainrule.data.npy import read_npy

CONTAINER = "embedded/mnist.xz"
SHA256 = "e554e6414af81d99fb4514d83678ad380156bf7c1db112c4f354786ee81043a3"


class Part(NamedTuple):
    """One IDX file in the container: its name, the shape of its uint8 array, and the array's checksum."""

    name: str
    shape: tuple[int, ...]
    crc32: int

    @property
    def raw_bytes(self) -> int:
        """The length of the IDX file, header included."""
        return 4 + 4 * len(self.shape) + math.prod(self.shape)

    @property
    def cache_path(self) -> Path:
        """The array's file in the cache. Another container gets another name, so an old cache is never read."""
        return cache_folder() / f"{self.name}-{SHA256[:12]}.npy"


PARTS = {
    "train": (
        Part("train-images-idx3-ubyte", (60000, 28, 28), 0xF3639B56),
        Part("train-labels-idx1-ubyte", (60000,), 0xBA07E8EF),
    ),
    "test": (
        Part("t10k-images-idx3-ubyte", (10000, 28, 28), 0xE4CA5F57),
        Part("t10k-labels-idx1-ubyte", (10000,), 0xEE8604D9),
    ),
}
"""The container's files, in its order."""


def mnist(split: Literal["train", "test"]) -> Dataset:
    """The digits: x (60000, 1, 28, 28) for "train" or (10000, 1, 28, 28) for "test", uint8; t (n,) int64.

    0 is background and 255 is ink. x is read-only.
    DataError if the embedded container is damaged. A cache folder that cannot be written only costs time.
    """
    name_among(PARTS, "split", split)
    images, labels = (_cached(part) for part in PARTS[split])
    if images is None or labels is None:
        arrays = decode(_read_container())
        _store(arrays)
        images, labels = (arrays[part] for part in PARTS[split])
    return Dataset(read_only(images)[:, np.newaxis], labels.astype(np.int64))


def decode(container: bytes) -> dict[Part, np.ndarray]:
    """The four arrays in the bytes of the container."""
    found = hashlib.sha256(container).hexdigest()
    if found != SHA256:
        raise DataError(f"{CONTAINER}: damaged: SHA-256 is {found[:12]}...; expected {SHA256[:12]}...")
    raw = _decompress(container)
    arrays = {}
    start = 0
    for part in (*PARTS["train"], *PARTS["test"]):
        arrays[part] = parse_idx(raw[start : start + part.raw_bytes], part.name)
        start += part.raw_bytes
    return arrays


def _decompress(container: bytes) -> bytes:
    try:
        import lzma  # missing from a Python that was built without liblzma
    except ImportError:
        raise DataError(f"{CONTAINER}: this Python cannot read it; expected one with the module lzma") from None
    return lzma.decompress(container)


def _read_container() -> bytes:
    try:
        return (resources.files("chainrule.data") / CONTAINER).read_bytes()
    except OSError as error:
        raise DataError(f"{CONTAINER}: cannot be read from the package: {reason(error)}") from None


def _cached(part: Part) -> np.ndarray | None:
    """The array in the cache, or None if its file is missing or damaged."""
    try:
        array = read_npy(part.cache_path)
    except DataError:
        return None
    if array.shape != part.shape or array.dtype != np.uint8 or zlib.crc32(array.data) != part.crc32:
        return None
    return array


def _store(arrays: dict[Part, np.ndarray]) -> None:
    """Leave the arrays in the cache. If that fails they are decoded again next time, so nobody needs to know."""
    with suppress(WriteError):
        for part, array in arrays.items():
            content = BytesIO()
            np.save(content, array)
            write_atomically(part.cache_path, content.getvalue())
