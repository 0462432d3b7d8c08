"""The folder of compiled kernels: named by all that they depend on, and used only where no stranger can write.

What lies there is executed: its files are pickles, which may run any code when they are read, and machine code. So
folder and files must belong to this user or to root, be writable by nobody else, and be plain files that stand there
themselves. A checksum only finds what was damaged by accident. It is enough that the folder can be read: where it
cannot be written, kernels that are missing are compiled in memory.
"""

import hashlib
import os
import stat
import warnings
from functools import cache
from pathlib import Path

import llvmlite
import numba
from llvmlite import binding
from numba.core import config

from chainrule.base import elementary, random
from chainrule.base.errors import reason
from chainrule.base.files import cache_folder

ENGINE = Path(__file__).parents[1]
OTHER_SOURCES = (Path(elementary.__file__), Path(random.__file__))  # of what is compiled into kernels
LARGEST = 1 << 24  # bytes of a file; ours have a hundredth of that
PLAIN = os.O_RDONLY | sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY"))


@cache
def kernel_folder() -> Path | None:
    """Where compiled kernels are kept; None, after one warning, where that is not safe or not possible."""
    folder = Path("kernels")
    try:
        folder = cache_folder().absolute() / "kernels"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _check_ours(folder.stat())
        folder = folder / fingerprint()
        folder.mkdir(mode=0o700, exist_ok=True)
        _check_ours(folder.stat())
    except OSError as error:
        say_they_are_lost(folder, reason(error))
        return None
    return folder


@cache
def say_they_are_lost(folder: Path, why: str) -> None:
    """Warn, once, that kernels are not kept."""
    line = f"{folder}: {why}; kernels are compiled in memory, at every start"
    warnings.warn(line, RuntimeWarning, stacklevel=3)


def read_ours(path: Path) -> bytes:
    """A file's bytes; OSError if it is not there, no plain file (a link, a pipe), a stranger's, or none of ours by its
    size."""
    with open(os.open(path, PLAIN), "rb") as file:
        status = os.fstat(file.fileno())
        _check_ours(status)
        if not stat.S_ISREG(status.st_mode) or status.st_size > LARGEST:
            raise OSError("no plain file, or too large")
        return file.read()


def _check_ours(status: os.stat_result) -> None:
    """On POSIX, OSError unless it is this user's or root's, and nobody else can write to it."""
    if not hasattr(os, "geteuid"):
        return
    if status.st_uid not in (os.geteuid(), 0):
        raise OSError("belongs to another user")
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise OSError("others can write to it")


@cache
def fingerprint() -> str:
    """A hash of all that compiled code depends on; OSError where the sources are no files, as in an archive."""
    digest, sources = hashlib.sha256(), sorted(ENGINE.rglob("*.py"))
    if not sources:
        raise OSError("the engine's sources are no files, by which to tell its versions apart")
    for path in (*sources, *OTHER_SOURCES):
        digest.update(path.read_bytes())
    processor = getattr(config, "CPU_NAME", None) or binding.get_host_cpu_name()
    features = getattr(config, "CPU_FEATURES", None) or binding.get_host_cpu_features().flatten()
    checked = os.environ.get("CHAINRULE_BOUNDSCHECK", "")
    for text in (numba.__version__, llvmlite.__version__, processor, features, checked):
        digest.update(f"{text}\n".encode())
    return digest.hexdigest()[:16]
