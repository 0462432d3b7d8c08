"""Tiles from constants and from other tiles: their vectors chosen, replaced, moved, and taken apart.

None of these computes anything: but for `transpose`, they only say which register is which vector of the tile.
"""

from llvmlite import ir
from numba import types

from chainrule.engine.runtime.jit import intrinsic
from chainrule.engine.simd.isa import LANES
from chainrule.engine.simd.tile import I32, Emitter, TileType, element_of, literal, zero


@intrinsic(prefer_literal=True)
def zeros(typingctx, rows, columns, like):
    """A tile of zeros, of the elements of `like`: an array, a tile, or a float. rows and columns are constants."""
    tile = TileType(literal(rows), literal(columns), element_of(like))

    def emit(context, builder, signature, arguments):
        return Emitter(context, builder).pack([zero(tile)] * tile.size)

    return tile(rows, columns, like), emit


@intrinsic(prefer_literal=True)
def fill(typingctx, rows, columns, value, like):
    """A tile of which every element is the value, in the type of the elements of `like`."""
    tile = TileType(literal(rows), literal(columns), element_of(like))

    def emit(context, builder, signature, arguments):
        e = Emitter(context, builder)
        return e.pack([e.broadcast(arguments[2])] * tile.size)

    return tile(rows, columns, tile.element, like), emit


@intrinsic(prefer_literal=True)
def part(typingctx, tile, row, column, rows, columns):
    """The `rows` x `columns` vectors of a tile that start at (row, column); all four are constants."""
    r0 = literal(row)
    c0 = literal(column)
    smaller = TileType(literal(rows), literal(columns), tile.element)

    def emit(context, builder, signature, arguments):
        e = Emitter(context, builder)
        vectors = e.unpack(arguments[0], tile)
        places = [divmod(k, smaller.columns) for k in range(smaller.size)]
        return e.pack([vectors[(r0 + r) * tile.columns + c0 + c] for r, c in places])

    return smaller(tile, row, column, rows, columns), emit


@intrinsic(prefer_literal=True)
def shift_left(typingctx, tile, columns):
    """The tile with every row moved left by `columns` (a constant) vectors; zeros follow."""
    n = literal(columns)

    def emit(context, builder, signature, arguments):
        e = Emitter(context, builder)
        vectors = e.unpack(arguments[0], tile)
        rows = [vectors[r * tile.columns : (r + 1) * tile.columns] for r in range(tile.rows)]
        return e.pack([vector for row in rows for vector in row[n:] + [zero(tile)] * n])

    return tile(tile, columns), emit


@intrinsic(prefer_literal=True)
def replace(typingctx, tile, row, column, smaller):
    """The tile with the part that starts at (row, column), which are constants, replaced by a smaller tile."""
    r0, c0 = literal(row), literal(column)

    def emit(context, builder, signature, arguments):
        e = Emitter(context, builder)
        vectors = e.unpack(arguments[0], tile)
        for k, vector in enumerate(e.unpack(arguments[3], smaller)):
            r, c = divmod(k, smaller.columns)
            vectors[(r0 + r) * tile.columns + c0 + c] = vector
        return e.pack(vectors)

    return tile(tile, row, column, smaller), emit


@intrinsic
def split(typingctx, tile):
    """The tile's vectors, row by row, as a tuple of 1 x 1 tiles."""

    def emit(context, builder, signature, arguments):
        e = Emitter(context, builder)
        parts = [e.pack([vector]) for vector in e.unpack(arguments[0], tile)]
        return context.make_tuple(builder, signature.return_type, parts)

    return types.UniTuple(TileType(1, 1, tile.element), tile.size)(tile), emit


@intrinsic
def join(typingctx, vectors):
    """A column of vectors, from a tuple of 1 x 1 tiles."""

    def emit(context, builder, signature, arguments):
        tiles = [builder.extract_value(arguments[0], k) for k in range(vectors.count)]
        return Emitter(context, builder).pack([builder.extract_value(tile, 0) for tile in tiles])

    return TileType(vectors.count, 1, vectors.dtype.element)(vectors), emit


@intrinsic
def transpose(typingctx, tile):
    """The transposed tile, of LANES rows of one vector: element (r, c) becomes (c, r)."""

    def emit(context, builder, signature, arguments):
        rows = Emitter(context, builder).unpack(arguments[0], tile)
        half = LANES // 2
        low = [lane + side * LANES for lane in range(half) for side in range(2)]
        orders = [ir.Constant(ir.VectorType(I32, LANES), [lane + at for lane in low]) for at in (0, half)]
        for _ in range(LANES.bit_length() - 1):  # each round merges row r with row r + half, lane by lane
            rows = [builder.shuffle_vector(rows[r], rows[r + half], order) for r in range(half) for order in orders]
        return Emitter(context, builder).pack(rows)

    return tile(tile), emit
