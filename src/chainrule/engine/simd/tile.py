"""Tiles as a type of Numba's, and of LLVM's.

A *vector* is `LANES` float32, or float64. A *tile* is `rows` x `columns` vectors, an ordinary value inside a jitted
function, whose type says of which elements it is; an operation on tiles is an intrinsic, whose instructions an
`Emitter` writes. To LLVM each is a vector of `LANES` elements, which it keeps in one register or in two.

With CHAINRULE_BOUNDSCHECK=1 every load and store checks its offsets against the array and raises IndexError.
"""

import os
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import models, register_model

from chainrule.engine.simd.isa import HAS_FMA, LANES

BOUNDSCHECK = os.environ.get("CHAINRULE_BOUNDSCHECK") == "1"
F32, F64, I1, I32, I64 = ir.FloatType(), ir.DoubleType(), ir.IntType(1), ir.IntType(32), ir.IntType(64)
FLOATS = {types.float32: F32, types.float64: F64}  # what vectors are made of


class TileType(types.Type):
    """`rows` x `columns` vectors of that type of elements."""

    def __init__(self, rows: int, columns: int, element: Any) -> None:
        self.rows, self.columns, self.element = rows, columns, element
        super().__init__(name=f"Tile({rows}x{columns}x{LANES}x{element})")

    @property
    def size(self) -> int:
        return self.rows * self.columns

    @property
    def vector(self) -> ir.VectorType:
        """One of its vectors, to LLVM."""
        return ir.VectorType(FLOATS[self.element], LANES)


@register_model(TileType)
class TileModel(models.PrimitiveModel):
    """A tile is an LLVM array of vectors, which LLVM takes apart into registers."""

    def __init__(self, manager: Any, tile: TileType) -> None:
        super().__init__(manager, tile, ir.ArrayType(tile.vector, tile.size))


class Emitter:
    """Writes the LLVM instructions of one operation."""

    def __init__(self, context: Any, builder: Any) -> None:
        self.context, self.builder = context, builder

    def unpack(self, tile: Any, kind: TileType) -> list[Any]:
        return [self.builder.extract_value(tile, k) for k in range(kind.size)]

    def pack(self, vectors: list[Any]) -> Any:
        tile = ir.Constant(ir.ArrayType(vectors[0].type, len(vectors)), ir.Undefined)
        for k, vector in enumerate(vectors):
            tile = self.builder.insert_value(tile, vector, k)
        return tile

    def call(self, name: str, result: Any, *arguments: Any) -> Any:
        kind = ir.FunctionType(result, [argument.type for argument in arguments])
        return self.builder.call(cgutils.get_or_insert_function(self.builder.module, kind, name), list(arguments))

    def address(self, kind: types.Array, array: Any, offset: Any, extent: Any) -> Any:
        """The address of array[offset], from which `extent` elements are read or written."""
        struct = self.context.make_array(kind)(self.context, self.builder, value=array)
        if BOUNDSCHECK:
            b = self.builder
            inside = b.icmp_signed("<=", b.add(offset, extent), struct.nitems)
            with b.if_then(b.not_(b.and_(b.icmp_signed(">=", offset, I64(0)), inside)), likely=False):
                self.context.call_conv.return_user_exc(b, IndexError, ("a kernel left its array",))
        return self.builder.gep(struct.data, [offset])

    def vectors_at(self, kind: types.Array, array: Any, tile: TileType, *, offset: Any, stride: Any) -> list[Any]:
        """The addresses of a tile's vectors: row r, column c at offset + r * stride + c * LANES."""
        b = self.builder
        extent = b.add(b.mul(stride, I64(tile.rows - 1)), I64(tile.columns * LANES))
        base = self.address(kind, array, offset, extent)
        starts = [b.gep(base, [b.mul(stride, I64(r))]) for r in range(tile.rows)]
        return [b.gep(start, [I64(c * LANES)]) for start in starts for c in range(tile.columns)]

    def load(self, pointer: Any) -> Any:
        """The vector at the address of its first element."""
        element = pointer.type.pointee
        place = self.builder.bitcast(pointer, ir.VectorType(element, LANES).as_pointer())
        return self.builder.load(place, align=size_of(element))

    def store(self, vector: Any, pointer: Any) -> None:
        place = self.builder.bitcast(pointer, vector.type.as_pointer())
        self.builder.store(vector, place, align=size_of(vector.type.element))

    def broadcast(self, scalar: Any) -> Any:
        one = self.builder.insert_element(ir.Constant(ir.VectorType(scalar.type, LANES), ir.Undefined), scalar, I32(0))
        return self.builder.shuffle_vector(one, one, ir.Constant(ir.VectorType(I32, LANES), [0] * LANES))

    def fma(self, a: Any, b: Any, c: Any) -> Any:
        """a b + c."""
        if HAS_FMA:
            return self.call(f"llvm.fma.v{LANES}f{8 * size_of(a.type.element)}", a.type, a, b, c)
        return self.builder.fadd(self.builder.fmul(a, b), c)


def zero(tile: TileType) -> Any:
    """A vector of zeros, such as the tile's are."""
    return ir.Constant(tile.vector, [0.0] * LANES)


def size_of(element: Any) -> int:
    """Bytes of a float, which LLVM's vectors are made of."""
    return 4 if element == F32 else 8


def element_of(like: Any) -> Any:
    """The type of the elements of an array or a tile; a float's own."""
    return like.dtype if isinstance(like, types.Array) else getattr(like, "element", like)


def literal(value: Any) -> int:
    """The number that a constant argument of an intrinsic is."""
    return value.literal_value
