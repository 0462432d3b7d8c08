"""Tiles as a type of Numba's, and of LLVM's.

A *vector* is what one register holds: `LANES` float32. A *tile* is `rows` x `columns` vectors, an ordinary value inside
a jitted function; an operation on tiles is an intrinsic, whose instructions an `Emitter` writes.

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
F32, I1, I32, I64 = ir.FloatType(), ir.IntType(1), ir.IntType(32), ir.IntType(64)
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


def literal(value: Any) -> int:
    """The number that a constant argument of an intrinsic is."""
    return value.literal_value
