"""Numbers that threads share: counters that all of them raise, and tables that one writes and the others read."""

import platform

from llvmlite import ir
from numba import types
from numba.core import cgutils

from chainrule.engine.runtime.calls import flat_array
from chainrule.engine.runtime.jit import intrinsic, kernel

LINE = 8  # int64 in a cache line: counters stand in lines of their own


@intrinsic
def counter_add(typingctx, counters, at, amount):
    """counters[at] += amount, atomically; what it was before."""

    def emit(context, builder, signature, arguments):
        data = context.make_array(counters)(context, builder, value=arguments[0]).data
        return builder.atomic_rmw("add", builder.gep(data, [arguments[1]]), arguments[2], "seq_cst")

    return types.int64(counters, types.intp, types.int64), emit


@intrinsic
def counter(typingctx, counters, at):
    """counters[at], as the other threads last left it."""

    def emit(context, builder, signature, arguments):
        data = context.make_array(counters)(context, builder, value=arguments[0]).data
        return builder.load_atomic(builder.gep(data, [arguments[1]]), "acquire", 8)

    return types.int64(counters, types.intp), emit


@intrinsic
def table(typingctx, address, length):
    """The int64 numbers at an address."""
    kind = types.Array(types.int64, 1, "C")

    def emit(context, builder, signature, arguments):
        return flat_array(context, builder, kind, *arguments)

    return kind(types.int64, types.int64), emit


@intrinsic
def _pause(typingctx):
    """Tell the processor that this is a waiting loop, where it has a word for that."""

    def emit(context, builder, signature, arguments):
        if platform.machine() in ("x86_64", "AMD64"):
            function = ir.FunctionType(ir.VoidType(), [])
            builder.call(cgutils.get_or_insert_function(builder.module, function, "llvm.x86.sse2.pause"), [])
        return context.get_dummy_value()

    return types.void(), emit


@kernel
def reached(counters, at, value, spins):
    """Whether the counter gets to `value` within so many looks."""
    for _ in range(spins):
        if counter(counters, at) >= value:
            return True
        _pause()
    return False
