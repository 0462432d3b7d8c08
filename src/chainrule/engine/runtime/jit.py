"""How every kernel is compiled, in one place; `kernel_cache` keeps what is compiled on disk."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from numba import extending, types
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import Compiler
from numba.core.compiler_lock import global_compiler_lock
from numba.core.dispatcher import _FunctionCompiler  # type: ignore[attr-defined]
from numba.core.registry import CPUDispatcher

from chainrule.base.forking import held_at_forks
from chainrule.engine.runtime.kernel_cache import KernelCache, tell_apart
from chainrule.engine.runtime.kernel_folder import kernel_folder

OPTIONS = {"nopython": True, "nogil": True, "error_model": "numpy", "boundscheck": False, "_nrt": False}
# No fastmath: LLVM's `fast` makes NaN undefined, and NaN must propagate. No `nrt`, which counts references to arrays:
# whoever calls a kernel keeps its arrays alive, and to count takes time in inner loops. (Numba lets such a function
# return slices of its arrays in a tuple, but not a single one.)

held_at_forks(global_compiler_lock)

intrinsic: Any = extending.intrinsic  # a function whose first parameter, `typingctx`, its callers do not give


def kernel(function: Callable[..., Any]) -> Any:
    """Compile a function for the host, without the interpreter's lock, and keep the result on disk.

    It allocates nothing, so that np.empty is a TypingError: scratch is an argument.
    """
    tell_apart(function)
    return Kernel(function, targetoptions=OPTIONS)


def range_kernel(function: Callable[..., Any]) -> Any:
    """A kernel whose last two parameters are a range, first .. last-1, of samples or whatever its caller cuts up: which
    one it is told at each run (`calls`)."""
    made = kernel(function)
    made.ranged = True
    return made


def inlined(function: Callable[..., Any]) -> Any:
    """Compile a function into its callers, so that LLVM makes vectors of the loops that call it."""
    tell_apart(function)
    return Kernel(function, targetoptions={**OPTIONS, "forceinline": True})


class Chosen:
    """By the types of its arguments: the function takes these as Numba knows them, and returns the kernel that is
    compiled in its place. Only kernels call it."""

    is_compiling = False  # Numba asks where a function calls itself

    def __init__(self, function: Callable[..., Any]) -> None:
        self.py_func = function
        self._numba_type_: Any = types.Dispatcher(self)

    def __call__(self, *arguments: Any) -> Any:
        raise TypeError(f"{self.py_func.__name__} is called by the interpreter; expected a kernel to call it")

    def get_call_template(self, args: Any, kws: Any) -> Any:
        return self.py_func(*args, **kws).get_call_template(args, kws)

    def get_overload(self, sig: Any) -> Any:
        return self.py_func(*sig).get_overload(sig)


class Native:
    """A function that compiled code calls by its address, for arguments of these types; kept on disk under the name of
    `beside`, the kernel that it is about."""

    def __init__(self, function: Callable[..., Any], arguments: tuple[Any, ...], beside: Callable[..., Any]) -> None:
        function.__qualname__ = function.__name__ = f"{beside.__name__}_entry"
        tell_apart(function)
        unwrapped = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
        self.arguments = arguments
        self.dispatcher: Any = CPUDispatcher(function, targetoptions={**OPTIONS, **unwrapped})
        if kernel_folder() is not None:
            self.dispatcher._cache = KernelCache(function)

    @property
    def is_missing(self) -> bool:
        """Whether it is neither compiled nor on disk."""
        if self.dispatcher.overloads or kernel_folder() is None:
            return not self.dispatcher.overloads
        return not self.dispatcher._cache.has(self.arguments, self.dispatcher.targetctx)

    @cached_property
    def address(self) -> int:
        """Where it is, compiled or loaded. This object must be kept as long as that is called."""
        with global_compiler_lock, collector_paused():
            self.dispatcher.compile(self.arguments)
            (compiled,) = self.dispatcher.overloads.values()
            return compiled.library.get_pointer_to_function(compiled.fndesc.llvm_func_name)


@contextmanager
def collector_paused() -> Iterator[None]:
    """While kernels are compiled or loaded: Numba makes 100,000s of objects that stay, which the collector of garbage
    would walk through again and again, for a tenth of the time."""
    enabled = gc.isenabled()
    try:
        gc.disable()
        yield
    finally:
        if enabled:
            gc.enable()


class Kernel(CPUDispatcher):
    """A compiled function, as Numba's `njit` makes it, except that other kernels take it in as a `Part`."""

    ranged = False  # see `range_kernel`

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
