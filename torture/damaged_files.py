"""Small files of each kind, cut after every byte, and with every bit flipped."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from chainrule.data.array_files import read_arrays
from chainrule.data.idx import read_idx
from chainrule.data.npy import read_npy
from chainrule.data.pixels import common_form, read_images
from chainrule.data.table_files import read_table
from torture.campaign import Tally, campaign
from torture.fuzz_readers import written
from torture.fuzzing import Target
from torture.small_files import ARRAYS_NPY, ARRAYS_NPZ, IDX, IDX_GZ, PICTURES, PNG, TABLES

PLAIN_PPM = b"P1", b"P2", b"P3"


class Kind(NamedTuple):
    """A kind of files, and how they are read."""

    name: str
    files: Sequence[bytes]
    read: Callable[[bytes], Sequence[np.ndarray]]


def pixels(data: bytes) -> Sequence[np.ndarray]:
    path = written(data)
    return [read_images([path], common_form([path], None, None), resize=False)]


def arrays(data: bytes) -> Sequence[np.ndarray]:
    found = read_arrays(written(data), "train" if b"x_train" in data else "all")
    return found.x, found.t


def table(data: bytes) -> Sequence[np.ndarray]:
    found = read_table(written(data), "all")
    return found.x, found.t


CHECKED = [
    Kind("gzip", IDX_GZ, lambda data: [read_idx(written(data))]),
    Kind("npz", ARRAYS_NPZ, arrays),
    Kind("png", PNG, pixels),
]
PLAIN = [
    Kind("idx", IDX, lambda data: [read_idx(written(data))]),
    Kind("npy", ARRAYS_NPY, lambda data: [read_npy(written(data))]),
    Kind("picture", PICTURES[len(PNG) :], pixels),
    Kind("table", TABLES, table),
]


def count(kinds: Sequence[Kind]) -> int:
    """As many damaged files as there are: each is cut after every byte, and each of its bits flipped."""
    return sum(9 * len(file) for kind in kinds for file in kind.files)


def damaged(kinds: Sequence[Kind], k: int) -> tuple[Kind, bytes, bytes]:
    """The kind, the whole file, and the damaged one, of that number."""
    for kind in kinds:
        for file in kind.files:
            if k < len(file):
                return kind, file, file[:k]
            k -= len(file)
            if k < 8 * len(file):
                return kind, file, file[: k // 8] + bytes([file[k // 8] ^ 1 << k % 8]) + file[k // 8 + 1 :]
            k -= 8 * len(file)
    raise IndexError(k)


@campaign(
    "A gzip, npz or PNG file cut anywhere, or with any bit flipped, is read as it was or refused in one line",
    tries=count(CHECKED),
    few=300,
)
def damaged_with_checksums(tally: Tally) -> None:
    _damage(tally, CHECKED, exact=True)


@campaign(
    "An IDX, npy, other picture or table cut anywhere, or with any bit flipped, is read or refused in one line",
    tries=count(PLAIN),
    few=300,
)
def damaged_without_checksums(tally: Tally) -> None:
    _damage(tally, PLAIN, exact=False)


def _damage(tally: Tally, kinds: Sequence[Kind], *, exact: bool) -> None:
    total, refused, right = count(kinds), 0, {}
    for k in tally:
        kind, file, data = damaged(kinds, k * total // tally.tries)
        found: list[np.ndarray] = []
        wrong = Target(kind.name, lambda data, kind=kind, found=found: found.extend(kind.read(data)), [file]).fault(
            data
        )
        what = f"{kind.name} {kind.files.index(file)} as {data[:60]!r}..."
        tally.check(not wrong, f"{what}: {wrong}")
        refused += not found
        is_text = kind.name == "table" or file.startswith(PLAIN_PPM)  # which may end anywhere
        must_be_right = exact or (len(data) < len(file) and not is_text)
        if found and must_be_right:
            right.setdefault(file, [*kind.read(file)])
            tally.check(all(map(same, found, right[file])), f"{what}: {found} instead of {right[file]}")
    tally.notes["refused"] = f"{refused:,}"


def same(a: np.ndarray, b: np.ndarray) -> bool:
    return a.dtype == b.dtype and np.array_equal(a, b)
