"""Compiled kernels on disk, in a folder of the user's own (`kernel_folder`).

Its name says by which sources and versions and for which processor they were compiled, so that no change goes
unnoticed; Numba itself sees only changes of the file that a function stands in. A kernel that stands elsewhere, as in a
module or a notebook of a user's own, is known by its source and by what it refers to. A file holds one function for one
list of types and says which; it is written whole or not at all, so that any number of processes may compile at once,
and begins with a checksum, so that nothing damaged is executed: that is compiled again, and replaced. (Numba's own
cache numbers its files, and two processes may give two functions the same number.)
"""

import hashlib
import logging
import os
import pickle
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from types import CodeType
from typing import Any

import numpy as np
from numba.core.caching import _Cache
from numba.core.compiler import CompileResult
from numba.core.serialize import dumps

from chainrule.base.errors import reason
from chainrule.base.waiting import COMPILING, WAITING
from chainrule.base.writing import put_in_place
from chainrule.engine.runtime.kernel_folder import ENGINE, fingerprint, kernel_folder, read_ours, say_they_are_lost

CONSTANTS = int, float, complex, str, tuple, np.generic
CHECKSUM = hashlib.sha256
MODE = 0o644  # of files, whatever the umask: what others can write is not used
LOG = logging.getLogger("chainrule")  # on stderr, unless the program that uses us says otherwise


@cache
def say_once() -> None:
    """Tell whoever waits why, at the first compilation on this machine."""
    folder = kernel_folder()
    with suppress(OSError):
        if folder is not None and os.access(folder, os.W_OK) and not any(folder.iterdir()):
            LOG.warning("chainrule: compiling kernels for this machine, once; they are kept in %s", folder)


class KernelCache(_Cache):
    """One function's results, each in a file of its own; to Numba, a cache like its own."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function

    @property
    def cache_path(self) -> Any:
        return str(kernel_folder())

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """The compiled function for these types; None if there is none, or if its file is not what we wrote."""
        target_context.refresh()
        key, path = self._place(sig, target_context.codegen())
        with suppress(Exception):  # whatever the system, pickle and Numba raise: it is compiled again
            return CompileResult._rebuild(target_context, *pickle.loads(_content(read_ours(path), key)))
        say_once()
        WAITING.reason = COMPILING
        return None

    def has(self, sig: Any, target_context: Any) -> bool:
        """Whether there is a file for these types, whatever is in it."""
        return self._place(sig, target_context.codegen())[1].exists()

    def save_overload(self, sig: Any, data: Any) -> None:
        key, path = self._place(sig, data.target_context.codegen())
        content = CHECKSUM(key).digest() + dumps(data._reduce())
        try:
            put_in_place(path, CHECKSUM(content).digest() + content, MODE)
        except OSError as error:  # as of a full disk
            say_they_are_lost(path.parent, reason(error))

    def enable(self) -> None:
        """It always is."""

    def disable(self) -> None:
        """It never is: where there is no folder, there is no cache."""

    def flush(self) -> None:
        """Nothing is kept in memory."""

    def _place(self, sig: Any, codegen: Any) -> tuple[bytes, Path]:
        """What tells the compiled function from all others, the same in every process, and its file."""
        key = repr((fingerprint(), _stable(self._function), str(sig), codegen.magic_tuple())).encode()
        return key, Path(self.cache_path) / f"{self._function.__name__}-{CHECKSUM(key).hexdigest()[:24]}.nbc"


def _content(file: bytes, key: bytes) -> bytes:
    """A file's pickle, behind a checksum of all that follows and the key's. ValueError if it is not what was written
    for that key: a flipped bit may still be a valid pickle, but of code that crashes or computes something else."""
    size = CHECKSUM().digest_size
    checksum, content = file[:size], file[size:]
    if CHECKSUM(content).digest() != checksum or content[:size] != CHECKSUM(key).digest():
        raise ValueError("damaged, or another function's")
    return content[size:]


def tell_apart(function: Callable[..., Any]) -> None:
    """Name a function by what it captured, too, and by its source if that is none of the engine's.

    Numba tells functions of one name and types apart by a number, which starts anew in every process: in a third
    process that loads what two have compiled, one would be taken for the other, as the symbols of all loaded code are
    one space.
    """
    if function.__closure__ or not _in_engine(function):
        source = "" if _in_engine(function) else _source(function.__code__)
        digest = hashlib.sha256((_stable(function) + source).encode()).hexdigest()[:16]
        function.__qualname__ = f"{function.__qualname__}.{digest}"


def _stable(value: Any, inside: tuple[Any, ...] = ()) -> str:
    """A function, or what it captured, by name: a kernel and an intrinsic by the function that they are made of.

    Of a function outside the engine, also what it refers to in its module, whose values are compiled in.
    """
    function = getattr(value, "py_func", None) or getattr(value, "_defn", None) or value
    if not hasattr(function, "__code__"):
        return repr(value)
    name = f"{function.__module__}:{function.__qualname__}:{function.__code__.co_firstlineno}"
    if function in inside:
        return name
    parts = [_stable(cell.cell_contents, (*inside, function)) for cell in function.__closure__ or ()]
    if not _in_engine(function):
        found = {at: function.__globals__[at] for at in function.__code__.co_names if at in function.__globals__}
        parts += [f"{at}={_stable(of, (*inside, function))}" for at, of in found.items() if _compiled_in(of)]
    return f"{name}({', '.join(parts)})"


def _in_engine(function: Callable[..., Any]) -> bool:
    """Whether the folder's name tells its source."""
    return Path(function.__code__.co_filename).is_relative_to(ENGINE)


def _compiled_in(value: Any) -> bool:
    """Whether it is a number or a text, several of these, or what Numba compiled."""
    return hasattr(value, "py_func") or hasattr(value, "_defn") or isinstance(value, CONSTANTS)


def _source(code: CodeType) -> str:
    """A hash of the file that the code stands in; of the code itself, where there is none, as in a notebook."""
    try:
        return hashlib.sha256(Path(code.co_filename).read_bytes()).hexdigest()
    except OSError:
        return hashlib.sha256(_spelled(code).encode()).hexdigest()


def _spelled(code: CodeType) -> str:
    """A code object in text: its instructions, constants and names."""
    constants = [_spelled(value) if isinstance(value, CodeType) else repr(value) for value in code.co_consts]
    return repr((code.co_code, constants, code.co_names, code.co_varnames, code.co_freevars))
