"""Numbers that threads share: counters that all of them raise, and tables that one writes and the others read."""

import platform

from llvmlite import ir
from numba import types
from numba.core import cgutils

from chainrule.engine.runtime.calls import flat_array
from chainrule.engine.runtime.jit import intrinsic, kernel
from chainrule.engine.runtime.memory import CACHE_LINE

COUNTER = CACHE_LINE // 8  # int64 from one counter to the next: each stands in a cache line of its own


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
def table(typingctx, place, at):
    """The int64 numbers whose address is place[at], and their count place[at + 1]."""
    kind = types.Array(types.int64, 1, "C")

    def emit(context, builder, signature, arguments):
        data = context.make_array(place)(context, builder, value=arguments[0]).data
        address, length = (
            builder.load(builder.gep(data, [builder.add(arguments[1], ir.Constant(arguments[1].type, k))]))
            for k in (0, 1)
        )
        return flat_array(context, builder, kind, address=address, length=length)

    return kind(place, types.intp), emit


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
