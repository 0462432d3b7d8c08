"""Vectors and register tiles as Numba values: what lets a kernel written in Python run at the speed of the machine.

A *vector* is 16 numbers (`LANES`), float32 or float64, in as many registers as the processor needs for them, so that a
kernel adds in the same order on all. A *tile* is `rows` x `columns` vectors that stay in registers, an ordinary value
inside a jitted function:

    acc = zeros(6, 4, y)                                        # 6 pixels x 4 vectors of output channels
    for k in range(n):
        acc = multiply_add(acc, x, at + k, x_stride, w, k * w_stride)
    store(acc, y, y_at, y_stride)

A tile has the element type of the array that it was read from (or is like: y), and what is computed of it, too: one
source is compiled for each type that a program calls it with, and for no other. Only where a tile's shape should follow
from the registers that it takes is the type looked at (`tile_widths`, `vectors_in_registers`).

Arrays are flat, places in them are offsets in elements. With CHAINRULE_BOUNDSCHECK=1 every load and store checks its
offsets against the array and raises IndexError.
"""

from chainrule.engine.simd.arithmetic import add as add
from chainrule.engine.simd.arithmetic import add_multiple as add_multiple
from chainrule.engine.simd.arithmetic import maximum as maximum
from chainrule.engine.simd.arithmetic import multiply as multiply
from chainrule.engine.simd.arithmetic import rectify as rectify
from chainrule.engine.simd.arithmetic import scale as scale
from chainrule.engine.simd.arithmetic import subtract as subtract
from chainrule.engine.simd.arithmetic import total as total
from chainrule.engine.simd.bits import above as above
from chainrule.engine.simd.bits import count_ones as count_ones
from chainrule.engine.simd.bits import matches as matches
from chainrule.engine.simd.bits import nonzero_bits as nonzero_bits
from chainrule.engine.simd.bits import select as select
from chainrule.engine.simd.bits import trailing_zeros as trailing_zeros
from chainrule.engine.simd.isa import FEATURES as FEATURES
from chainrule.engine.simd.isa import HAS_FMA as HAS_FMA
from chainrule.engine.simd.isa import ISA as ISA
from chainrule.engine.simd.isa import LANES as LANES
from chainrule.engine.simd.isa import REGISTERS as REGISTERS
from chainrule.engine.simd.isa import cpu_features as cpu_features
from chainrule.engine.simd.isa import padded as padded
from chainrule.engine.simd.isa import tile_widths as tile_widths
from chainrule.engine.simd.isa import vectors_in_registers as vectors_in_registers
from chainrule.engine.simd.matrix import add_patch as add_patch
from chainrule.engine.simd.matrix import add_scaled as add_scaled
from chainrule.engine.simd.matrix import multiply_add as multiply_add
from chainrule.engine.simd.matrix import products as products
from chainrule.engine.simd.memory import get as get
from chainrule.engine.simd.memory import load as load
from chainrule.engine.simd.memory import load_bytes as load_bytes
from chainrule.engine.simd.memory import prefetch as prefetch
from chainrule.engine.simd.memory import put as put
from chainrule.engine.simd.memory import repeat as repeat
from chainrule.engine.simd.memory import scatter as scatter
from chainrule.engine.simd.memory import store as store
from chainrule.engine.simd.memory import store_blocks as store_blocks
from chainrule.engine.simd.shape import fill as fill
from chainrule.engine.simd.shape import join as join
from chainrule.engine.simd.shape import part as part
from chainrule.engine.simd.shape import replace as replace
from chainrule.engine.simd.shape import shift_left as shift_left
from chainrule.engine.simd.shape import split as split
from chainrule.engine.simd.shape import transpose as transpose
from chainrule.engine.simd.shape import zeros as zeros
from chainrule.engine.simd.tile import BOUNDSCHECK as BOUNDSCHECK
from chainrule.engine.simd.tile import F32 as F32
from chainrule.engine.simd.tile import F64 as F64
from chainrule.engine.simd.tile import I1 as I1
from chainrule.engine.simd.tile import I32 as I32
from chainrule.engine.simd.tile import I64 as I64
from chainrule.engine.simd.tile import Emitter as Emitter
from chainrule.engine.simd.tile import TileModel as TileModel
from chainrule.engine.simd.tile import TileType as TileType
