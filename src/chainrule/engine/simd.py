"""Vectors and register tiles as Numba values: what lets a kernel written in Python run at the speed of the machine.

A *vector* is what one register holds: `LANES` float32. A *tile* is `rows` x `columns` vectors that stay in registers,
an ordinary value inside a jitted function:

    acc = zeros(6, 4)                                           # 6 pixels x 4 vectors of output channels
    for k in range(n):
        acc = multiply_add(acc, x, at + k, x_stride, w, k * w_stride)
    store(acc, y, y_at, y_stride)

Arrays are flat, places in them are offsets in elements. With CHAINRULE_BOUNDSCHECK=1 every load and store checks its
offsets against the array and raises IndexError.
"""

import os
from collections.abc import Callable
from typing import Any

from llvmlite import binding, ir
from numba import types
from numba.core import cgutils, config
from numba.extending import models, register_model

from chainrule.engine.jit import intrinsic

BOUNDSCHECK = os.environ.get("CHAINRULE_BOUNDSCHECK") == "1"
F32, I1, I32, I64 = ir.FloatType(), ir.IntType(1), ir.IntType(32), ir.IntType(64)


def cpu_features() -> set[str]:
    """The instruction sets that Numba compiles for: the host's, or those of NUMBA_CPU_FEATURES."""
    features = getattr(config, "CPU_FEATURES", None)  # set by Numba when it is imported
    if features:
        return {name[1:] for name in features.split(",") if name.startswith("+")}
    return {name for name, here in binding.get_host_cpu_features().items() if here}


FEATURES = cpu_features()
LANES = 16 if "avx512f" in FEATURES else 8 if "avx2" in FEATURES else 4
REGISTERS = 32 if LANES in (16, 4) else 16
ISA = {16: "AVX-512", 8: "AVX2", 4: "128-bit vectors"}[LANES]
HAS_FMA = bool(FEATURES & {"fma", "avx512f", "neon"})
VECTOR = ir.VectorType(F32, LANES)


class TileType(types.Type):
    """`rows` x `columns` vectors."""

    def __init__(self, rows: int, columns: int) -> None:
        self.rows, self.columns = rows, columns
        super().__init__(name=f"Tile({rows}x{columns}x{LANES})")

    @property
    def size(self) -> int:
        return self.rows * self.columns


@register_model(TileType)
class TileModel(models.PrimitiveModel):
    """A tile is an LLVM array of vectors, which LLVM takes apart into registers."""

    def __init__(self, manager: Any, tile: TileType) -> None:
        super().__init__(manager, tile, ir.ArrayType(VECTOR, tile.size))


class Emitter:
    """Writes the LLVM instructions of one operation."""

    def __init__(self, context: Any, builder: Any) -> None:
        self.context, self.builder = context, builder

    def unpack(self, tile: Any, kind: TileType) -> list[Any]:
        return [self.builder.extract_value(tile, k) for k in range(kind.size)]

    def pack(self, vectors: list[Any]) -> Any:
        tile = ir.Constant(ir.ArrayType(VECTOR, len(vectors)), ir.Undefined)
        for k, vector in enumerate(vectors):
            tile = self.builder.insert_value(tile, vector, k)
        return tile

    def call(self, name: str, result: Any, *arguments: Any) -> Any:
        kind = ir.FunctionType(result, [argument.type for argument in arguments])
        return self.builder.call(cgutils.get_or_insert_function(self.builder.module, kind, name), list(arguments))

    def place(self, kind: types.Array, array: Any, offset: Any, extent: Any) -> Any:
        """The address of array[offset], from which `extent` elements are read or written."""
        struct = self.context.make_array(kind)(self.context, self.builder, value=array)
        if BOUNDSCHECK:
            b = self.builder
            inside = b.icmp_signed("<=", b.add(offset, extent), struct.nitems)
            with b.if_then(b.not_(b.and_(b.icmp_signed(">=", offset, I64(0)), inside)), likely=False):
                self.context.call_conv.return_user_exc(b, IndexError, ("a kernel left its array",))
        return self.builder.gep(struct.data, [offset])

    def rows(self, kind: types.Array, array: Any, offset: Any, stride: Any, tile: TileType) -> list[Any]:
        """The addresses of a tile's vectors: row r, column c at offset + r * stride + c * LANES."""
        b = self.builder
        extent = b.add(b.mul(stride, I64(tile.rows - 1)), I64(tile.columns * LANES))
        base = self.place(kind, array, offset, extent)
        starts = [b.gep(base, [b.mul(stride, I64(r))]) for r in range(tile.rows)]
        return [b.gep(start, [I64(c * LANES)]) for start in starts for c in range(tile.columns)]

    def load(self, pointer: Any) -> Any:
        return self.builder.load(self.builder.bitcast(pointer, VECTOR.as_pointer()), align=4)

    def store(self, vector: Any, pointer: Any) -> None:
        self.builder.store(vector, self.builder.bitcast(pointer, VECTOR.as_pointer()), align=4)

    def broadcast(self, scalar: Any) -> Any:
        one = self.builder.insert_element(ir.Constant(VECTOR, ir.Undefined), scalar, I32(0))
        return self.builder.shuffle_vector(one, one, ir.Constant(ir.VectorType(I32, LANES), [0] * LANES))

    def fma(self, a: Any, b: Any, c: Any) -> Any:
        """a b + c."""
        if HAS_FMA:
            return self.call(f"llvm.fma.v{LANES}f32", VECTOR, a, b, c)
        return self.builder.fadd(self.builder.fmul(a, b), c)


def _literal(value: Any) -> int:
    return value.literal_value


@intrinsic(prefer_literal=True)
def zeros(typingctx, rows, columns):
    """A tile of zeros; rows and columns are constants."""
    tile = TileType(_literal(rows), _literal(columns))

    def emit(context, builder, signature, arguments):
        return Emitter(context, builder).pack([ir.Constant(VECTOR, [0.0] * LANES)] * tile.size)

    return tile(rows, columns), emit


@intrinsic(prefer_literal=True)
def load(typingctx, rows, columns, array, offset, stride):
    """A tile read from the array, its rows `stride` apart."""
    tile = TileType(_literal(rows), _literal(columns))

    def emit(context, builder, signature, arguments):
        e = Emitter(context, builder)
        return e.pack([e.load(p) for p in e.rows(array, arguments[2], arguments[3], arguments[4], tile)])

    return tile(rows, columns, array, types.intp, types.intp), emit


@intrinsic
def store(typingctx, tile, array, offset, stride):
    """Write a tile into the array, its rows `stride` apart."""

    def emit(context, builder, signature, arguments):
        e = Emitter(context, builder)
        pointers = e.rows(array, arguments[1], arguments[2], arguments[3], tile)
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
            column = TileType(tile.rows, 1)
            at = builder.add(arguments[2], builder.mul(arguments[4], I64(c)))
            for vector, pointer in zip(
                vectors[c :: tile.columns], e.rows(array, arguments[1], at, arguments[3], column), strict=True
            ):
                e.store(vector, pointer)
        return context.get_dummy_value()

    return types.void(tile, array, types.intp, types.intp, types.intp), emit


@intrinsic(prefer_literal=True)
def repeat(typingctx, rows, columns, array, offset):
    """A tile whose rows are all the `columns` vectors at the offset."""
    tile = TileType(_literal(rows), _literal(columns))

    def emit(context, builder, signature, arguments):
        e = Emitter(context, builder)
        base = e.place(array, arguments[2], arguments[3], I64(tile.columns * LANES))
        return e.pack([e.load(builder.gep(base, [I64(c * LANES)])) for c in range(tile.columns)] * tile.rows)

    return tile(rows, columns, array, types.intp), emit


@intrinsic
def rectify(typingctx, tile):
    """max(tile, 0); NaN stays."""

    def emit(context, builder, signature, arguments):
        e = Emitter(context, builder)
        zero = ir.Constant(VECTOR, [0.0] * LANES)
        vectors = e.unpack(arguments[0], tile)
        return e.pack([builder.select(builder.fcmp_unordered(">", v, zero), v, zero) for v in vectors])

    return tile(tile), emit


@intrinsic
def multiply_add(typingctx, acc, x, x_offset, x_stride, w, w_offset):
    """acc[r, c] += x[x_offset + r * x_stride] * w_vector[c]: one step of a matrix product or a convolution."""

    def emit(context, builder, signature, arguments):
        e = Emitter(context, builder)
        tile, x_array, at, stride, w_array, w_at = arguments
        vectors = e.unpack(tile, acc)
        row = e.place(w, w_array, w_at, I64(acc.columns * LANES))
        weights = [e.load(builder.gep(row, [I64(c * LANES)])) for c in range(acc.columns)]
        base = e.place(x, x_array, at, builder.add(builder.mul(stride, I64(acc.rows - 1)), I64(1)))
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
        pointers = e.rows(array, arguments[2], arguments[3], arguments[4], acc)
        vectors = e.unpack(arguments[0], acc)
        return e.pack([e.fma(factor, e.load(p), v) for p, v in zip(pointers, vectors, strict=True)])

    return acc(acc, types.float32, array, types.intp, types.intp), emit


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

    return a(types.float32, a), emit


@intrinsic
def add_multiple(typingctx, a, factor, b):
    """a + factor b, tiles of one shape."""

    def emit(context, builder, signature, arguments):
        e = Emitter(context, builder)
        value = e.broadcast(arguments[1])
        pairs = zip(e.unpack(arguments[0], a), e.unpack(arguments[2], b), strict=True)
        return e.pack([e.fma(value, y, x) for x, y in pairs])

    return a(a, types.float32, b), emit


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

    return types.float32(tile), emit


@intrinsic
def trailing_zeros(typingctx, word):
    """How many zero bits are below the lowest set bit of a uint64 (not 0)."""

    def emit(context, builder, signature, arguments):
        return Emitter(context, builder).call("llvm.cttz.i64", I64, arguments[0], I1(1))

    return types.intp(types.uint64), emit


@intrinsic(prefer_literal=True)
def nonzero_bits(typingctx, vectors, array, offset):
    """Bit k: array[offset + k] is not 0 (or is NaN), for `vectors` (a constant, at most 64 / LANES) vectors."""
    count = _literal(vectors)

    def emit(context, builder, signature, arguments):
        e = Emitter(context, builder)
        base = e.place(array, arguments[1], arguments[2], I64(count * LANES))
        bits = I64(0)
        for k in range(count):
            vector = e.load(builder.gep(base, [I64(k * LANES)]))
            live = builder.fcmp_unordered("!=", vector, ir.Constant(VECTOR, [0.0] * LANES))
            word = builder.zext(builder.bitcast(live, ir.IntType(LANES)), I64)
            bits = builder.or_(bits, builder.shl(word, I64(k * LANES)))
        return bits

    return types.uint64(vectors, array, types.intp), emit


@intrinsic
def products(typingctx, tile, array, offset, stride):
    """The tile times the array's elements in its place, as the sums over its even and over its odd vectors (1 x 2)."""
    sums = TileType(1, min(tile.size, 2))

    def emit(context, builder, signature, arguments):
        e = Emitter(context, builder)
        pointers = e.rows(array, arguments[1], arguments[2], arguments[3], tile)
        pairs = list(zip(e.unpack(arguments[0], tile), pointers, strict=True))
        found = [builder.fmul(vector, e.load(p)) for vector, p in pairs[:2]]
        for k, (vector, p) in enumerate(pairs[2:]):
            found[k % 2] = e.fma(vector, e.load(p), found[k % 2])
        return e.pack(found)

    return sums(tile, array, types.intp, types.intp), emit


@intrinsic(prefer_literal=True)
def prefetch(typingctx, n, array, offset):
    """Ask for the cache lines of n (a constant) elements of the array, soon to be read; it may reach outside."""
    lines = range(0, _literal(n), 16)

    def emit(context, builder, signature, arguments):
        e = Emitter(context, builder)
        data = context.make_array(array)(context, builder, value=arguments[1]).data
        base = builder.bitcast(builder.gep(data, [arguments[2]]), ir.IntType(8).as_pointer())
        for line in lines:
            e.call("llvm.prefetch.p0i8", ir.VoidType(), builder.gep(base, [I64(4 * line)]), I32(0), I32(3), I32(1))
        return context.get_dummy_value()

    return types.void(n, array, types.intp), emit


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


@intrinsic
def count_ones(typingctx, word):
    """How many bits of a uint64 are set."""

    def emit(context, builder, signature, arguments):
        return Emitter(context, builder).call("llvm.ctpop.i64", I64, arguments[0])

    return types.intp(types.uint64), emit


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


@intrinsic
def maximum(typingctx, a, b):
    """max(a, b), tiles of one shape; NaN where one of the two is."""

    def larger(e, x, y):
        b = e.builder
        return b.select(b.fcmp_unordered("uno", x, x), x, b.select(b.fcmp_ordered(">", x, y), x, y))

    return a(a, b), _elementwise(larger)


@intrinsic(prefer_literal=True)
def fill(typingctx, rows, columns, value):
    """A tile of which every element is the value."""
    tile = TileType(_literal(rows), _literal(columns))

    def emit(context, builder, signature, arguments):
        e = Emitter(context, builder)
        return e.pack([e.broadcast(arguments[2])] * tile.size)

    return tile(rows, columns, types.float32), emit


@intrinsic
def load_bytes(typingctx, array, offset):
    """A tile of one vector: LANES uint8 as float32."""
    tile = TileType(1, 1)

    def emit(context, builder, signature, arguments):
        e = Emitter(context, builder)
        pointer = e.place(array, arguments[0], arguments[1], I64(LANES))
        kind = ir.VectorType(ir.IntType(8), LANES)
        return e.pack([builder.uitofp(builder.load(builder.bitcast(pointer, kind.as_pointer()), align=1), VECTOR)])

    return tile(array, types.intp), emit


@intrinsic(prefer_literal=True)
def part(typingctx, tile, row, column, rows, columns):
    """The `rows` x `columns` vectors of a tile that start at (row, column); all four are constants."""
    r0, c0, smaller = _literal(row), _literal(column), TileType(_literal(rows), _literal(columns))

    def emit(context, builder, signature, arguments):
        e = Emitter(context, builder)
        vectors = e.unpack(arguments[0], tile)
        places = [divmod(k, smaller.columns) for k in range(smaller.size)]
        return e.pack([vectors[(r0 + r) * tile.columns + c0 + c] for r, c in places])

    return smaller(tile, row, column, rows, columns), emit


@intrinsic(prefer_literal=True)
def shift_left(typingctx, tile, columns):
    """The tile with every row moved left by `columns` (a constant) vectors; zeros follow."""
    n = _literal(columns)

    def emit(context, builder, signature, arguments):
        e = Emitter(context, builder)
        vectors, zero = e.unpack(arguments[0], tile), ir.Constant(VECTOR, [0.0] * LANES)
        rows = [vectors[r * tile.columns : (r + 1) * tile.columns] for r in range(tile.rows)]
        return e.pack([vector for row in rows for vector in row[n:] + [zero] * n])

    return tile(tile, columns), emit


@intrinsic(prefer_literal=True)
def replace(typingctx, tile, row, column, smaller):
    """The tile with the part that starts at (row, column), which are constants, replaced by a smaller tile."""
    r0, c0 = _literal(row), _literal(column)

    def emit(context, builder, signature, arguments):
        e = Emitter(context, builder)
        vectors = e.unpack(arguments[0], tile)
        for k, vector in enumerate(e.unpack(arguments[3], smaller)):
            r, c = divmod(k, smaller.columns)
            vectors[(r0 + r) * tile.columns + c0 + c] = vector
        return e.pack(vectors)

    return tile(tile, row, column, smaller), emit


@intrinsic
def select(typingctx, bits, tile):
    """The elements of a tile where the bits of a uint64 (as `above` makes them) are set; 0 elsewhere."""

    def emit(context, builder, signature, arguments):
        e = Emitter(context, builder)
        zero, vectors = ir.Constant(VECTOR, [0.0] * LANES), e.unpack(arguments[1], tile)
        for k, vector in enumerate(vectors):
            lanes = builder.trunc(builder.lshr(arguments[0], I64(k * LANES)), ir.IntType(LANES))
            vectors[k] = builder.select(builder.bitcast(lanes, ir.VectorType(I1, LANES)), vector, zero)
        return e.pack(vectors)

    return tile(types.uint64, tile), emit


@intrinsic
def add_patch(typingctx, acc, x, offset, stride, factor):
    """acc[r, c] += x[offset + r * stride + c] * factor, a tile of one vector."""

    def emit(context, builder, signature, arguments):
        e = Emitter(context, builder)
        tile, array, at, stride, one = arguments
        base = e.place(x, array, at, builder.add(builder.mul(stride, I64(acc.rows - 1)), I64(acc.columns)))
        (weight,), vectors = e.unpack(one, factor), e.unpack(tile, acc)
        for k in range(acc.size):
            r, c = divmod(k, acc.columns)
            value = builder.load(builder.gep(base, [builder.add(builder.mul(stride, I64(r)), I64(c))]))
            vectors[k] = e.fma(e.broadcast(value), weight, vectors[k])
        return e.pack(vectors)

    return acc(acc, x, types.intp, types.intp, factor), emit


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
                builder.store(builder.extract_element(vector, I32(lane)), e.place(array, values, at, I64(1)))
        return context.get_dummy_value()

    return types.void(tile, types.intp, array, types.intp, types.intp), emit


@intrinsic
def get(typingctx, array, offset):
    """array[offset], without Numba's look at negative offsets."""

    def emit(context, builder, signature, arguments):
        values, at = arguments
        return builder.load(Emitter(context, builder).place(array, values, at, I64(1)))

    return array.dtype(array, types.intp), emit


@intrinsic
def put(typingctx, array, offset, value):
    """array[offset] = value, without Numba's look at negative offsets."""

    def emit(context, builder, signature, arguments):
        values, at, element = arguments
        builder.store(element, Emitter(context, builder).place(array, values, at, I64(1)))
        return context.get_dummy_value()

    return types.void(array, types.intp, array.dtype), emit


@intrinsic
def split(typingctx, tile):
    """The tile's vectors, row by row, as a tuple of 1 x 1 tiles."""

    def emit(context, builder, signature, arguments):
        e = Emitter(context, builder)
        parts = [e.pack([vector]) for vector in e.unpack(arguments[0], tile)]
        return context.make_tuple(builder, signature.return_type, parts)

    return types.UniTuple(TileType(1, 1), tile.size)(tile), emit


@intrinsic
def join(typingctx, vectors):
    """A column of vectors, from a tuple of 1 x 1 tiles."""

    def emit(context, builder, signature, arguments):
        tiles = [builder.extract_value(arguments[0], k) for k in range(vectors.count)]
        return Emitter(context, builder).pack([builder.extract_value(tile, 0) for tile in tiles])

    return TileType(vectors.count, 1)(vectors), emit


def padded(n: int) -> int:
    """n rounded up to whole vectors."""
    return -(-n // LANES) * LANES
