"""Between arrays and registers: tiles, single elements, and the cache lines they come from.

Arrays are flat, places in them are offsets in elements. Rows of a tile are `stride` elements apart, the vectors of a
row follow one another.
"""

from llvmlite import ir
from numba import types

from chainrule.engine.runtime.jit import intrinsic
from chainrule.engine.simd.isa import LANES
from chainrule.engine.simd.tile import I32, I64, Emitter, TileType, element_of, literal


@intrinsic(prefer_literal=True)
def load(typingctx, rows, columns, array, offset, stride):
    """A tile read from the array, its rows `stride` apart."""
    tile = TileType(literal(rows), literal(columns), array.dtype)

    def emit(context, builder, signature, arguments):
        e = Emitter(context, builder)
        return e.pack(
            [e.load(p) for p in e.vectors_at(array, arguments[2], tile, offset=arguments[3], stride=arguments[4])]
        )

    return tile(rows, columns, array, types.intp, types.intp), emit


@intrinsic
def store(typingctx, tile, array, offset, stride):
    """Write a tile into the array, its rows `stride` apart."""

    def emit(context, builder, signature, arguments):
        e = Emitter(context, builder)
        pointers = e.vectors_at(array, arguments[1], tile, offset=arguments[2], stride=arguments[3])
        for vector, pointer in zip(e.unpack(arguments[0], tile), pointers, strict=True):
            e.store(vector, pointer)
        return context.get_dummy_value()

    return types.void(tile, array, types.intp, types.intp), emit


@intrinsic
def store_blocks(typingctx, tile, array, offset, stride, column_stride):
    """Write a tile into the array, its rows `stride` and its columns `column_stride` apart."""

    def emit(context, builder, signature, arguments):
        e = Emitter(context, builder)
        vectors = e.unpack(arguments[0], tile)
        for c in range(tile.columns):
            column = TileType(tile.rows, 1, tile.element)
            at = builder.add(arguments[2], builder.mul(arguments[4], I64(c)))
            for vector, pointer in zip(
                vectors[c :: tile.columns],
                e.vectors_at(array, arguments[1], column, offset=at, stride=arguments[3]),
                strict=True,
            ):
                e.store(vector, pointer)
        return context.get_dummy_value()

    return types.void(tile, array, types.intp, types.intp, types.intp), emit


@intrinsic(prefer_literal=True)
def repeat(typingctx, rows, columns, array, offset):
    """A tile whose rows are all the `columns` vectors at the offset."""
    tile = TileType(literal(rows), literal(columns), array.dtype)

    def emit(context, builder, signature, arguments):
        e = Emitter(context, builder)
        base = e.address(array, arguments[2], arguments[3], I64(tile.columns * LANES))
        return e.pack([e.load(builder.gep(base, [I64(c * LANES)])) for c in range(tile.columns)] * tile.rows)

    return tile(rows, columns, array, types.intp), emit


@intrinsic
def scatter(typingctx, tile, count, array, offset, stride):
    """array[offset + k * stride] = element k of a tile of one vector, for the first `count` elements."""

    def emit(context, builder, signature, arguments):
        e = Emitter(context, builder)
        vectors, n, values, offset, stride = arguments
        (vector,) = e.unpack(vectors, tile)
        for lane in range(LANES):
            with builder.if_then(builder.icmp_signed("<", I64(lane), n), likely=True):
                at = builder.add(offset, builder.mul(stride, I64(lane)))
                builder.store(builder.extract_element(vector, I32(lane)), e.address(array, values, at, I64(1)))
        return context.get_dummy_value()

    return types.void(tile, types.intp, array, types.intp, types.intp), emit


@intrinsic
def get(typingctx, array, offset):
    """array[offset], without Numba's look at negative offsets."""

    def emit(context, builder, signature, arguments):
        values, at = arguments
        return builder.load(Emitter(context, builder).address(array, values, at, I64(1)))

    return array.dtype(array, types.intp), emit


@intrinsic
def put(typingctx, array, offset, value):
    """array[offset] = value, without Numba's look at negative offsets."""

    def emit(context, builder, signature, arguments):
        values, at, element = arguments
        builder.store(element, Emitter(context, builder).address(array, values, at, I64(1)))
        return context.get_dummy_value()

    return types.void(array, types.intp, array.dtype), emit


@intrinsic
def load_bytes(typingctx, array, offset, like):
    """A tile of one vector: LANES uint8 as numbers such as another array's."""
    tile = TileType(1, 1, element_of(like))

    def emit(context, builder, signature, arguments):
        e = Emitter(context, builder)
        pointer = e.address(array, arguments[0], arguments[1], I64(LANES))
        kind = ir.VectorType(ir.IntType(8), LANES)
        found = builder.load(builder.bitcast(pointer, kind.as_pointer()), align=1)
        return e.pack([builder.uitofp(found, tile.vector)])

    return tile(array, types.intp, like), emit


@intrinsic(prefer_literal=True)
def prefetch(typingctx, n, array, offset):
    """Ask for the cache lines of n (a constant) elements of the array, soon to be read; it may reach outside."""
    lines = range(0, literal(n) * array.dtype.bitwidth // 8, 64)

    def emit(context, builder, signature, arguments):
        e = Emitter(context, builder)
        data = context.make_array(array)(context, builder, value=arguments[1]).data
        base = builder.bitcast(builder.gep(data, [arguments[2]]), ir.IntType(8).as_pointer())
        for line in lines:
            e.call("llvm.prefetch.p0i8", ir.VoidType(), builder.gep(base, [I64(line)]), I32(0), I32(3), I32(1))
        return context.get_dummy_value()

    return types.void(n, array, types.intp), emit
