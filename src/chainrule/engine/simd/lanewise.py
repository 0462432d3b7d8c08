"""The step of a sum that each lane makes of its own: a depthwise convolution's, where a lane is a channel."""

from numba import types

from chainrule.engine.runtime.jit import intrinsic
from chainrule.engine.simd.isa import LANES
from chainrule.engine.simd.tile import I64, Emitter


@intrinsic
def add_weighted(typingctx, acc, w, w_offset, x, x_offset, row_stride, column_stride):
    """acc[r, c] += the vector at w_offset of w * the vector at x_offset + r * row_stride + c * column_stride of x."""

    def emit(context, builder, signature, arguments):
        e = Emitter(context, builder)
        tile, w_array, w_at, x_array, x_at, down, across = arguments
        weight = e.load(e.address(w, w_array, w_at, I64(LANES)))
        last = builder.add(builder.mul(down, I64(acc.rows - 1)), builder.mul(across, I64(acc.columns - 1)))
        base = e.address(x, x_array, x_at, builder.add(last, I64(LANES)))
        vectors = e.unpack(tile, acc)
        for k, vector in enumerate(vectors):
            r, c = divmod(k, acc.columns)
            there = builder.gep(base, [builder.add(builder.mul(down, I64(r)), builder.mul(across, I64(c)))])
            vectors[k] = e.fma(weight, e.load(there), vector)
        return e.pack(vectors)

    return acc(acc, w, types.intp, x, types.intp, types.intp, types.intp), emit
