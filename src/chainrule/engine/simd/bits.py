"""A bit for each element of a tile, in a uint64: comparisons make them, `select` reads them, and how to walk them.

Element k of the tile, vector by vector, is bit k; at most 64 elements.
"""

from typing import Any

from llvmlite import ir
from numba import types

from chainrule.engine.runtime.jit import intrinsic
from chainrule.engine.simd.isa import LANES
from chainrule.engine.simd.tile import I1, I64, Emitter, literal, zero


def _bits(e: Emitter, flags: list[Any]) -> Any:
    """Vectors of lane flags as one uint64, the first vector's lowest."""
    word = I64(0)
    for k, flag in enumerate(flags):
        lanes = e.builder.zext(e.builder.bitcast(flag, ir.IntType(LANES)), I64)
        word = e.builder.or_(word, e.builder.shl(lanes, I64(k * LANES)))
    return word


@intrinsic
def above(typingctx, a, b):
    """Bit k of a uint64: element k of tile a is greater than b's, or one of the two is NaN. At most 64 elements."""

    def emit(context, builder, signature, arguments):
        e = Emitter(context, builder)
        pairs = zip(e.unpack(arguments[0], a), e.unpack(arguments[1], b), strict=True)
        return _bits(e, [builder.fcmp_unordered(">", x, y) for x, y in pairs])

    return types.uint64(a, b), emit


@intrinsic
def matches(typingctx, a, b):
    """Bit k of a uint64: element k of tile a equals b's, or is itself NaN. At most 64 elements."""

    def emit(context, builder, signature, arguments):
        e = Emitter(context, builder)
        pairs = zip(e.unpack(arguments[0], a), e.unpack(arguments[1], b), strict=True)
        flags = [builder.or_(builder.fcmp_ordered("==", x, y), builder.fcmp_unordered("uno", x, x)) for x, y in pairs]
        return _bits(e, flags)

    return types.uint64(a, b), emit


@intrinsic(prefer_literal=True)
def nonzero_bits(typingctx, vectors, array, offset):
    """Bit k: array[offset + k] is not 0 (or is NaN), for `vectors` (a constant, at most 64 / LANES) vectors."""
    count = literal(vectors)

    def emit(context, builder, signature, arguments):
        e = Emitter(context, builder)
        base = e.address(array, arguments[1], arguments[2], I64(count * LANES))
        bits = I64(0)
        for k in range(count):
            vector = e.load(builder.gep(base, [I64(k * LANES)]))
            live = builder.fcmp_unordered("!=", vector, ir.Constant(vector.type, [0.0] * LANES))
            word = builder.zext(builder.bitcast(live, ir.IntType(LANES)), I64)
            bits = builder.or_(bits, builder.shl(word, I64(k * LANES)))
        return bits

    return types.uint64(vectors, array, types.intp), emit


@intrinsic
def select(typingctx, bits, tile):
    """The elements of a tile where the bits of a uint64 (as `above` makes them) are set; 0 elsewhere."""

    def emit(context, builder, signature, arguments):
        e = Emitter(context, builder)
        nothing, vectors = zero(tile), e.unpack(arguments[1], tile)
        for k, vector in enumerate(vectors):
            lanes = builder.trunc(builder.lshr(arguments[0], I64(k * LANES)), ir.IntType(LANES))
            vectors[k] = builder.select(builder.bitcast(lanes, ir.VectorType(I1, LANES)), vector, nothing)
        return e.pack(vectors)

    return tile(types.uint64, tile), emit


@intrinsic
def trailing_zeros(typingctx, word):
    """How many zero bits are below the lowest set bit of a uint64 (not 0)."""

    def emit(context, builder, signature, arguments):
        return Emitter(context, builder).call("llvm.cttz.i64", I64, arguments[0], I1(1))

    return types.intp(types.uint64), emit


@intrinsic
def count_ones(typingctx, word):
    """How many bits of a uint64 are set."""

    def emit(context, builder, signature, arguments):
        return Emitter(context, builder).call("llvm.ctpop.i64", I64, arguments[0])

    return types.intp(types.uint64), emit
