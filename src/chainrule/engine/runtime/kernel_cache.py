"""Compiled kernels on disk, in a folder of the user's own.

The folder is named by a hash of the engine's sources, the versions of Numba and llvmlite and the processor, so that no
change goes unnoticed; Numba itself sees only changes of the file that a function stands in. A file holds one function
for one list of types and says which; it is written whole or not at all, so that any number of processes may compile at
once, and begins with a checksum, so that nothing damaged is executed. (Numba's own cache numbers its files, and two
processes may give two functions the same number.)
"""

import hashlib
import logging
import os
import pickle
import stat
import warnings
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import llvmlite
import numba
from llvmlite import binding
from numba.core import config
from numba.core.caching import _Cache
from numba.core.compiler import CompileResult
from numba.core.serialize import dumps

from chainrule.base.files import cache_folder, write_atomically

CHECKSUM = hashlib.sha256
LOG = logging.getLogger("chainrule")  # on stderr, unless the program that uses us says otherwise


@cache
def kernel_folder() -> Path | None:
    """Where compiled kernels are kept; None, after one warning, where that is not safe or not possible."""
    folder = cache_folder() / "kernels" / _fingerprint()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _check_private(folder)
        _check_private(folder.parent)
    except OSError as error:
        warnings.warn(
            f"{folder}: {error.strerror or error}; kernels are compiled in memory, at every start",
            RuntimeWarning,
            stacklevel=2,
        )
        return None
    return folder


def _check_private(folder: Path) -> None:
    """OSError unless we can write the folder and, on POSIX, nobody else can: what lies there is executed."""
    if not os.access(folder, os.W_OK):
        raise OSError("cannot be written")
    status = folder.stat()
    if hasattr(os, "getuid") and (status.st_uid != os.getuid() or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)):
        raise OSError("others can write to it")


def _fingerprint() -> str:
    """A hash of all that compiled code depends on."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parents[1].rglob("*.py")):
        digest.update(path.read_bytes())
    processor = getattr(config, "CPU_NAME", None) or binding.get_host_cpu_name()
    features = getattr(config, "CPU_FEATURES", None) or binding.get_host_cpu_features().flatten()
    checked = os.environ.get("CHAINRULE_BOUNDSCHECK", "")
    for text in (numba.__version__, llvmlite.__version__, processor, features, checked):
        digest.update(f"{text}\n".encode())
    return digest.hexdigest()[:16]


@cache
def _say_once() -> None:
    """Tell whoever waits why, at the first compilation on this machine."""
    folder = kernel_folder()
    if folder is not None and not any(folder.iterdir()):
        LOG.warning("chainrule: compiling kernels for this machine, once; they are kept in %s", folder)


class KernelCache(_Cache):
    """One function's results, each in a file of its own; to Numba, a cache like its own."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function

    @property
    def cache_path(self) -> Any:
        return str(kernel_folder())

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """What was compiled for these types; None if nothing was, or if its file is damaged."""
        target_context.refresh()
        key, path = self._place(sig, target_context.codegen())
        try:
            stored, payload = pickle.loads(_checked(path.read_bytes()))
            if stored == key:
                return CompileResult._rebuild(target_context, *payload)
        except FileNotFoundError:
            pass
        except Exception:  # damaged, or whatever pickle and Numba raise: it is compiled again
            path.unlink(missing_ok=True)
        _say_once()
        return None

    def save_overload(self, sig: Any, data: Any) -> None:
        key, path = self._place(sig, data.target_context.codegen())
        content = dumps((key, data._reduce()))
        with suppress(OSError):  # a full disk: it is compiled again next time
            write_atomically(path, lambda file: file.write(CHECKSUM(content).digest() + content))

    def enable(self) -> None:
        """It always is."""

    def disable(self) -> None:
        """It never is: where there is no folder, there is no cache."""

    def flush(self) -> None:
        """Nothing is kept in memory."""

    def _place(self, sig: Any, codegen: Any) -> tuple[str, Path]:
        """The key, the same in every process, and the file."""
        key = repr((_stable(self._function), str(sig), codegen.magic_tuple()))
        digest = hashlib.sha256(key.encode()).hexdigest()[:24]
        return key, Path(self.cache_path) / f"{self._function.__name__}-{digest}.nbc"


def _checked(file: bytes) -> bytes:
    """What follows the checksum that a file begins with. ValueError if it is not what was written: a flipped bit may
    still be a valid pickle, but of code that crashes or computes something else."""
    size = CHECKSUM().digest_size
    checksum, content = file[:size], file[size:]
    if CHECKSUM(content).digest() != checksum:
        raise ValueError("damaged")
    return content


def tell_apart(function: Callable[..., Any]) -> None:
    """Name a function by what it captured, too. Numba tells functions of one name and types apart by a number, which
    starts anew in every process: in a third process that loads what two have compiled, one would be taken for the
    other, as the symbols of all loaded code are one space."""
    if function.__closure__:
        digest = hashlib.sha256(_stable(function).encode()).hexdigest()[:16]
        function.__qualname__ = f"{function.__qualname__}.{digest}"


def _stable(value: Any) -> str:
    """A function, or what it captured, by name: a kernel and an intrinsic by the function that they are made of."""
    function = getattr(value, "py_func", None) or getattr(value, "_defn", None) or value
    if not hasattr(function, "__code__"):
        return repr(value)
    inner = (_stable(cell.cell_contents) for cell in function.__closure__ or ())
    return f"{function.__module__}:{function.__qualname__}:{function.__code__.co_firstlineno}({', '.join(inner)})"
