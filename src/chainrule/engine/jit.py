"""How every kernel is compiled and kept on disk, in one place.

The folder of compiled kernels is named by a hash of the engine's sources, the versions of Numba and llvmlite and the
processor, so that no change goes unnoticed; Numba itself sees only changes of the file that a function stands in.
Files are written whole or not at all, so that processes may compile at once.
"""

import hashlib
import os
import stat
import sys
import warnings
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import llvmlite
import numba
from llvmlite import binding
from numba import extending
from numba.core import config
from numba.core.caching import CompileResultCacheImpl, FunctionCache, _CacheLocator
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import Compiler
from numba.core.dispatcher import _FunctionCompiler  # type: ignore[attr-defined]
from numba.core.registry import CPUDispatcher

from chainrule.data.cache import cache_folder

OPTIONS = {"nopython": True, "nogil": True, "error_model": "numpy", "boundscheck": False}
# No fastmath: LLVM's `fast` makes NaN undefined, and NaN must propagate.

_alive: list[Any] = []  # what compiled code refers to by address

intrinsic: Any = extending.intrinsic  # a function whose first parameter, `typingctx`, its callers do not give


def kernel(function: Callable[..., Any]) -> Any:
    """Compile a function for the host, without the interpreter's lock, and keep the result on disk."""
    return Kernel(function, targetoptions=OPTIONS)


def inlined(function: Callable[..., Any]) -> Any:
    """Compile a function into its callers, so that LLVM makes vectors of the loops that call it."""
    return Kernel(function, targetoptions={**OPTIONS, "forceinline": True})


def native(function: Callable[..., Any], arguments: tuple[Any, ...], place: Callable[..., Any]) -> int:
    """The address of a function compiled for these types, to be called by compiled code; kept on disk beside `place`,
    the kernel that it is about."""
    wrapped = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
    dispatcher: Any = CPUDispatcher(function, targetoptions={**OPTIONS, **wrapped})
    function.__qualname__ = function.__name__ = f"{place.__name__}-entry"
    if kernel_folder() is not None:
        dispatcher._cache = KernelCache(function)
    dispatcher.compile(arguments)
    (compiled,) = dispatcher.overloads.values()
    _alive.append(dispatcher)
    return compiled.library.get_pointer_to_function(compiled.fndesc.llvm_func_name)


class Kernel(CPUDispatcher):
    """What Numba's `njit` makes, except that other kernels take it in as a `Part`."""

    def __init__(self, function: Callable[..., Any], targetoptions: dict[str, Any]) -> None:
        super().__init__(function, targetoptions=targetoptions)
        self.part = Part(function, targetoptions)
        if kernel_folder() is not None:
            self._cache = KernelCache(function)

    def get_call_template(self, args: Any, kws: Any) -> Any:
        return self.part.get_call_template(args, kws)

    def get_overload(self, sig: Any) -> Any:
        return self.part.get_overload(sig)


class Part(CPUDispatcher):
    """A function as other kernels call it: without what only Python needs, which are a wrapper that takes its arguments
    out of objects, machine code of its own and a file on disk. That halves the time to compile."""

    def __init__(self, function: Callable[..., Any], targetoptions: dict[str, Any]) -> None:
        super().__init__(function, targetoptions=targetoptions)
        self._compiler = _PartCompiler(function, self.targetdescr, targetoptions, {}, _PartPipeline)

    def add_overload(self, cres: Any) -> None:
        key = object()
        self.targetctx.insert_user_function(key, cres.fndesc, [cres.library])
        self.overloads[tuple(cres.signature.args)] = cres._replace(entry_point=key)


class _PartCompiler(_FunctionCompiler):
    def _customize_flags(self, flags: Any) -> Any:
        flags.no_compile = flags.no_cpython_wrapper = flags.no_cfunc_wrapper = True
        return flags


class _PartPipeline(Compiler):
    def __init__(self, typingctx: Any, targetctx: Any, library: Any, *rest: Any) -> None:
        super().__init__(typingctx, targetctx, library, *rest)
        self.state.library = _PartLibrary(self.state.targetctx.codegen(), "part")


class _PartLibrary(JITCodeLibrary):
    """Code in LLVM's intermediate form; what it is linked into is optimised as a whole."""

    def _optimize_final_module(self) -> None:
        pass

    def _finalize_final_module(self) -> None:
        self._finalize_dynamic_globals()
        self._finalized = True


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
    for path in sorted(Path(__file__).parent.rglob("*.py")):
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
        print(f"chainrule: compiling kernels for this machine, once; they are kept in {folder}", file=sys.stderr)


class _Locator(_CacheLocator):
    """Everything in the one folder."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._place = f"{Path(function.__code__.co_filename).stem}-{function.__code__.co_firstlineno}"

    @classmethod
    def from_function(cls, py_func: Any, py_file: str) -> "_Locator":
        return cls(py_func)

    def get_cache_path(self) -> Any:
        return str(kernel_folder())

    def get_source_stamp(self) -> Any:
        return ""  # the folder's name is the stamp

    def get_disambiguator(self) -> Any:
        return self._place


class _Storage(CompileResultCacheImpl):
    _locator_classes = [_Locator]  # noqa: RUF012 (Numba's own attribute)


class KernelCache(FunctionCache):
    """Numba's cache, in our folder, with a key that is the same in every process."""

    _impl_class = _Storage

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        try:
            found = super().load_overload(sig, target_context)
        except Exception:  # whatever a damaged file makes Numba raise: compile again
            found = None
            Path(self._cache_file._index_path).unlink(missing_ok=True)
        if found is None:
            _say_once()
        return found

    def save_overload(self, sig: Any, data: Any) -> None:
        with suppress(OSError):  # a full disk: it is compiled again next time
            super().save_overload(sig, data)

    def _index_key(self, sig: Any, codegen: Any) -> tuple[Any, ...]:
        cells = self._py_func.__closure__ or ()
        return sig, codegen.magic_tuple(), tuple(_stable(cell.cell_contents) for cell in cells)


def _stable(value: Any) -> str:
    """What a captured variable is, the same in every process: a kernel by its name and what it captured itself."""
    function = getattr(value, "py_func", None) or getattr(value, "_defn", None)
    if function is None:
        return repr(value)
    inner = (_stable(cell.cell_contents) for cell in function.__closure__ or ())
    return f"{function.__qualname__}({', '.join(inner)})"
