"""Arithmetic on tiles, element by element, and the sum of a tile."""

from collections.abc import Callable
from typing import Any

from llvmlite import ir

from chainrule.engine.runtime.jit import intrinsic
from chainrule.engine.simd.isa import LANES
from chainrule.engine.simd.tile import I32, Emitter, zero


def _elementwise(combine: Callable[[Emitter, Any, Any], Any]) -> Callable[..., Any]:
    """The codegen of an operation on two tiles of one shape."""

    def emit(context, builder, signature, arguments):
        e = Emitter(context, builder)
        a, b = (e.unpack(value, kind) for value, kind in zip(arguments, signature.args, strict=True))
        return e.pack([combine(e, x, y) for x, y in zip(a, b, strict=True)])

    return emit


@intrinsic
def add(typingctx, a, b):
    """a + b, tiles of one shape."""
    return a(a, b), _elementwise(lambda e, x, y: e.builder.fadd(x, y))


@intrinsic
def subtract(typingctx, a, b):
    """a - b, tiles of one shape."""
    return a(a, b), _elementwise(lambda e, x, y: e.builder.fsub(x, y))


@intrinsic
def multiply(typingctx, a, b):
    """a b, tiles of one shape."""
    return a(a, b), _elementwise(lambda e, x, y: e.builder.fmul(x, y))


@intrinsic
def scale(typingctx, factor, a):
    """factor a."""

    def emit(context, builder, signature, arguments):
        e = Emitter(context, builder)
        value = e.broadcast(arguments[0])
        return e.pack([builder.fmul(value, v) for v in e.unpack(arguments[1], a)])

    return a(a.element, a), emit


@intrinsic
def add_multiple(typingctx, a, factor, b):
    """a + factor b, tiles of one shape."""

    def emit(context, builder, signature, arguments):
        e = Emitter(context, builder)
        value = e.broadcast(arguments[1])
        pairs = zip(e.unpack(arguments[0], a), e.unpack(arguments[2], b), strict=True)
        return e.pack([e.fma(value, y, x) for x, y in pairs])

    return a(a, a.element, b), emit


@intrinsic
def rectify(typingctx, tile):
    """max(tile, 0); NaN stays."""

    def emit(context, builder, signature, arguments):
        e = Emitter(context, builder)
        nothing, vectors = zero(tile), e.unpack(arguments[0], tile)
        return e.pack([builder.select(builder.fcmp_unordered(">", v, nothing), v, nothing) for v in vectors])

    return tile(tile), emit


@intrinsic
def maximum(typingctx, a, b):
    """max(a, b), tiles of one shape; NaN where one of the two is."""

    def larger(e, x, y):
        b = e.builder
        return b.select(b.fcmp_unordered("uno", x, x), x, b.select(b.fcmp_ordered(">", x, y), x, y))

    return a(a, b), _elementwise(larger)


@intrinsic
def total(typingctx, tile):
    """The sum of all the tile's elements, vector by vector, then across lanes: always in the same order."""

    def emit(context, builder, signature, arguments):
        e = Emitter(context, builder)
        vectors = e.unpack(arguments[0], tile)
        while len(vectors) > 1:
            half = (len(vectors) + 1) // 2
            vectors = [
                builder.fadd(vectors[k], vectors[k + half]) if k + half < len(vectors) else vectors[k]
                for k in range(half)
            ]
        lanes = vectors[0]
        width = LANES
        while width > 1:
            width //= 2
            order = [*range(width, 2 * width), *range(width, LANES), *range(width)][:LANES]
            moved = builder.shuffle_vector(lanes, lanes, ir.Constant(ir.VectorType(I32, LANES), order))
            lanes = builder.fadd(lanes, moved)
        return builder.extract_element(lanes, I32(0))

    return tile.element(tile), emit
