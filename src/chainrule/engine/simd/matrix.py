"""The steps of matrix products and convolutions: a tile meets operands that come straight from arrays.

Each product is added in one instruction where the machine has it (FMA), rounded once.
"""

from numba import types

from chainrule.engine.runtime.jit import intrinsic
from chainrule.engine.simd.isa import LANES
from chainrule.engine.simd.tile import I64, Emitter, TileType


@intrinsic
def multiply_add(typingctx, acc, x, x_offset, x_stride, w, w_offset):
    """acc[r, c] += x[x_offset + r * x_stride] * w_vector[c]: one step of a matrix product or a convolution."""

    def emit(context, builder, signature, arguments):
        e = Emitter(context, builder)
        tile, x_array, at, stride, w_array, w_at = arguments
        vectors = e.unpack(tile, acc)
        row = e.address(w, w_array, w_at, I64(acc.columns * LANES))
        weights = [e.load(builder.gep(row, [I64(c * LANES)])) for c in range(acc.columns)]
        base = e.address(x, x_array, at, builder.add(builder.mul(stride, I64(acc.rows - 1)), I64(1)))
        for r in range(acc.rows):
            value = e.broadcast(builder.load(builder.gep(base, [builder.mul(stride, I64(r))])))
            for c in range(acc.columns):
                vectors[r * acc.columns + c] = e.fma(value, weights[c], vectors[r * acc.columns + c])
        return e.pack(vectors)

    return acc(acc, x, types.intp, types.intp, w, types.intp), emit


@intrinsic
def add_scaled(typingctx, acc, scale, array, offset, stride):
    """acc[r, c] += scale * the vector at offset + r * stride + c * LANES."""

    def emit(context, builder, signature, arguments):
        e = Emitter(context, builder)
        factor = e.broadcast(arguments[1])
        pointers = e.vectors_at(array, arguments[2], acc, offset=arguments[3], stride=arguments[4])
        vectors = e.unpack(arguments[0], acc)
        return e.pack([e.fma(factor, e.load(p), v) for p, v in zip(pointers, vectors, strict=True)])

    return acc(acc, acc.element, array, types.intp, types.intp), emit


@intrinsic
def add_patch(typingctx, acc, x, offset, stride, factor):
    """acc[r, c] += x[offset + r * stride + c] * factor, a tile of one vector."""

    def emit(context, builder, signature, arguments):
        e = Emitter(context, builder)
        tile, array, at, stride, one = arguments
        base = e.address(x, array, at, builder.add(builder.mul(stride, I64(acc.rows - 1)), I64(acc.columns)))
        (weight,), vectors = e.unpack(one, factor), e.unpack(tile, acc)
        for k in range(acc.size):
            r, c = divmod(k, acc.columns)
            value = builder.load(builder.gep(base, [builder.add(builder.mul(stride, I64(r)), I64(c))]))
            vectors[k] = e.fma(e.broadcast(value), weight, vectors[k])
        return e.pack(vectors)

    return acc(acc, x, types.intp, types.intp, factor), emit


@intrinsic
def products(typingctx, tile, array, offset, stride):
    """The tile times the array's elements in its place, as the sums over its even and over its odd vectors (1 x 2)."""
    sums = TileType(1, min(tile.size, 2), tile.element)

    def emit(context, builder, signature, arguments):
        e = Emitter(context, builder)
        pointers = e.vectors_at(array, arguments[1], tile, offset=arguments[2], stride=arguments[3])
        pairs = list(zip(e.unpack(arguments[0], tile), pointers, strict=True))
        found = [builder.fmul(vector, e.load(p)) for vector, p in pairs[:2]]
        for k, (vector, p) in enumerate(pairs[2:]):
            found[k % 2] = e.fma(vector, e.load(p), found[k % 2])
        return e.pack(found)

    return sums(tile, array, types.intp, types.intp), emit
