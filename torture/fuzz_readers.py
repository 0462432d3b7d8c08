"""The readers of data, fuzzed: each is given a file, which lies in memory where the system has a place for that."""

import atexit
import os
import tempfile
from functools import cache
from pathlib import Path
from typing import IO

from chainrule.data.array_files import read_arrays
from chainrule.data.cifar import read_cifar
from chainrule.data.idx import parse_idx, read_idx
from chainrule.data.npy import read_npy
from chainrule.data.pixels import common_form, read_images
from chainrule.data.table_files import read_table
from torture.fuzzing import fuzzed
from torture.small_files import ARCHIVES, ARRAYS_NPY, ARRAYS_NPZ, IDX, IDX_GZ, PICTURES, TABLES

MEMORY = Path("/dev/shm")


@fuzzed("an IDX file", seeds=IDX, few=500)
def idx(data: bytes) -> None:
    parse_idx(data, "fuzzed")


@fuzzed("a packed IDX file", seeds=IDX_GZ)
def gzip(data: bytes) -> None:
    read_idx(written(data))


@fuzzed("an array of NumPy's", seeds=ARRAYS_NPY)
def npy(data: bytes) -> None:
    read_npy(written(data))


@fuzzed("several arrays of NumPy's", seeds=ARRAYS_NPZ)
def npz(data: bytes) -> None:
    read_arrays(written(data), "all")


@fuzzed("a picture", seeds=PICTURES)
def pictures(data: bytes) -> None:
    path = written(data)
    read_images([path], common_form([path], None, (8, 8)), resize=True)


@fuzzed("CIFAR's archive", seeds=ARCHIVES, tries=100_000, few=20)
def archives(data: bytes) -> None:
    read_cifar(written(data), "train")


@fuzzed("a table", seeds=TABLES)
def tables(data: bytes) -> None:
    read_table(written(data), "all")


def written(data: bytes) -> Path:
    """A file of these bytes: always the same one."""
    descriptor = nameless().fileno()
    os.truncate(descriptor, 0)
    os.pwrite(descriptor, data, 0)
    return Path(f"/dev/fd/{descriptor}")


@cache
def nameless() -> IO[bytes]:
    """A file without a name, so that nothing is left of it when libFuzzer ends the process."""
    file = tempfile.TemporaryFile(dir=MEMORY if MEMORY.is_dir() else None)  # noqa: SIM115 - it stays open
    atexit.register(file.close)
    return file
