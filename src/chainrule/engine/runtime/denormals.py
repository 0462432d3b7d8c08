"""Subnormal numbers taken for zero, in the calling thread, while kernels run.

Numbers below 1.2e-38 cost a processor a hundred times what others do, and the optimizer's state of a weight that no
longer changes decays into them. From a jitted function or from Python,

    old = flush_denormals()
    ...
    restore(old)

or, from Python, `with denormals_flushed(): ...`. Each thread has its own state; whoever sets it puts back what it
found. LLVM knows nothing of it and may move arithmetic across it: put it around loops over arrays, not between scalars.
On x86 the bits are FTZ and DAZ of MXCSR, on AArch64 FZ of FPCR; elsewhere nothing happens, and `FLUSHES` is False.

The two differ in one thing. x86 looks at a result when it is rounded, ARM before that: of a product or quotient that is
less than the least normal number, by at most 2^-25 of it, x86 makes that number and ARM 0. (Sums that small are exact.)
One in 30 million of the results of about that size is such a one, and to be seen in w it must be moved by nothing
larger; so we leave it at that.
"""

import platform
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils

from chainrule.engine.runtime.jit import intrinsic, kernel

MACHINE = platform.machine().lower()
X86, ARM = MACHINE in ("x86_64", "amd64", "i386", "i686"), MACHINE in ("aarch64", "arm64")
FLUSHES = X86 or ARM
BITS = 0x8040 if X86 else 1 << 24  # FTZ and DAZ; FZ
UNCHANGED = -1  # what stands for a control word where none was read, because an exception came before
I32, I64, POINTER = ir.IntType(32), ir.IntType(64), ir.IntType(8).as_pointer()


def read_x86(builder: Any) -> Any:
    """MXCSR, which goes through memory, as 64 bits."""
    slot = cgutils.alloca_once(builder, I32)
    _call(builder, "llvm.x86.sse.stmxcsr", ir.VoidType(), builder.bitcast(slot, POINTER))
    return builder.zext(builder.load(slot), I64)


def write_x86(builder: Any, word: Any) -> None:
    """Set MXCSR."""
    slot = cgutils.alloca_once(builder, I32)
    builder.store(builder.trunc(word, I32), slot)
    _call(builder, "llvm.x86.sse.ldmxcsr", ir.VoidType(), builder.bitcast(slot, POINTER))


def read_arm(builder: Any) -> Any:
    """FPCR."""
    return _call(builder, "llvm.aarch64.get.fpcr", I64)


def write_arm(builder: Any, word: Any) -> None:
    """Set FPCR."""
    _call(builder, "llvm.aarch64.set.fpcr", ir.VoidType(), word)


def _call(builder: Any, name: str, result: Any, *arguments: Any) -> Any:
    kind = ir.FunctionType(result, [argument.type for argument in arguments])
    return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), arguments)


READ, WRITE = (read_x86, write_x86) if X86 else (read_arm, write_arm)


@intrinsic
def _control_word(typingctx):
    """The thread's floating-point control word."""

    def emit(context, builder, signature, arguments):
        return READ(builder) if FLUSHES else I64(0)

    return types.int64(), emit


@intrinsic
def _set_control_word(typingctx, word):
    """Set it."""

    def emit(context, builder, signature, arguments):
        if FLUSHES:
            WRITE(builder, arguments[0])
        return context.get_dummy_value()

    return types.void(types.int64), emit


@kernel
def flush_denormals():
    """Take subnormal operands and results for zero from now on; what `restore` needs."""
    old = _control_word()
    _set_control_word(old | BITS)
    return old


@kernel
def restore(old):
    """Subnormals as they were before `flush_denormals` gave `old`."""
    if old != UNCHANGED:
        _set_control_word(_control_word() & ~BITS | old & BITS)


@contextmanager
def denormals_flushed() -> Iterator[None]:
    """Subnormals are zero in this thread inside the `with`."""
    old = flush_denormals()
    try:
        yield
    finally:
        restore(old)
