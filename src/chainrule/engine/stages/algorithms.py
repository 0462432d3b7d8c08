"""How a convolution's products are computed: directly, or by Winograd's algorithm where that pays."""

from dataclasses import dataclass

import numpy as np

from chainrule.engine.kernels import elementwise
from chainrule.engine.kernels.convolution import direct, winograd
from chainrule.engine.kernels.convolution.operands import ConvolutionSizes, Filters
from chainrule.engine.kernels.convolution.pooled import winograd_convolution_kernel
from chainrule.engine.layout import Image, View
from chainrule.engine.runtime.calls import Call, PerWorker, bind
from chainrule.engine.simd import LANES, padded
from chainrule.engine.stages.value import Room

WINOGRAD_CHANNELS = 16  # of input and output at least: below, transforms cost more than products


def take_bias(w: np.ndarray, at: dict[str, int], b: np.ndarray, channels: int) -> list[Call]:
    """Take b, if there is one, of which it is said where in w it begins."""
    return [bind(elementwise.copy, w[at["b"] : at["b"] + channels], b)] if "b" in at else []


@dataclass
class Algorithm:
    """One convolution of x into y: its weights packed, room to work in for each worker."""

    sizes: ConvolutionSizes
    tiling: winograd.Tiling | None  # for Winograd's algorithm
    filters: Filters
    scratch: PerWorker  # empty for the direct one

    @classmethod
    def choose(cls, sizes: ConvolutionSizes, x: Image, room: Room) -> "Algorithm":
        """Winograd for 3x3 of stride 1 in a halo of just the padding, with enough channels, in float32, as who takes
        float64 wants it exact; else direct."""
        fits = (
            sizes.kernel_size == 3 and sizes.stride == 1 and x.lanes == LANES and x.halo == x.halo_rows == sizes.padding
        )
        fits = fits and room.dtype == np.float32
        b = room.zeros(padded(sizes.out_channels))
        if not fits or min(sizes.in_channels, sizes.out_channels) < WINOGRAD_CHANNELS:
            floats = direct.packed_floats(sizes.out_channels, sizes.in_channels, sizes.kernel_size)
            return cls(sizes, None, Filters(room.zeros(floats), b), room.scratch(0))
        tiling = winograd.tiling(sizes.in_channels, sizes.out_channels, sizes.columns)
        packed = room.zeros(winograd.packed_floats(tiling))
        return cls(sizes, tiling, Filters(packed, b), room.scratch(winograd.scratch_floats(tiling)))

    @property
    def name(self) -> str:
        return "Winograd F(4x4, 3x3)" if self.tiling else "direct"

    def pack(self, w: np.ndarray, at: int, *, transposed: bool = False) -> Call:
        """Take the weights at w[at:], in canonical order; `transposed` for an input gradient."""
        packed = self.filters.packed
        if self.tiling:
            return bind(winograd.pack_weights, w, at, packed, self.tiling, int(transposed), self.scratch)
        s = self.sizes
        sizes = s._replace(out_channels=s.in_channels, in_channels=s.out_channels) if transposed else s
        vectors = direct.tile_vectors(s.out_channels, packed.dtype)
        return bind(direct.pack_weights, w, at, packed, sizes, vectors, int(transposed))

    def take(self, w: np.ndarray, at: dict[str, int]) -> list[Call]:
        """Take the weights and, if there is one, b, which begin there in w."""
        return [self.pack(w, at["w"]), *take_bias(w, at, self.filters.b, self.sizes.out_channels)]

    def run(self, x: View, y: View, *, role: str, relu: bool = False) -> list[Call]:
        """y = convolution(x) + b, with ReLU if so asked; `role` of its calls."""
        if self.tiling is None:
            _, kernel = direct.kernels_for(self.sizes, self.filters.b.dtype)
            return [bind(kernel, self.filters, x, y, self.sizes, int(relu), role=role)]
        kernel = winograd_convolution_kernel(winograd.rows_kernel(self.tiling.columns))
        products = bind(kernel, self.filters, x, y, self.tiling, self.scratch, role=role)
        return [products, bind(elementwise.relu, y, y, role=role)] if relu else [products]

    @property
    def multiply_adds(self) -> int:
        """Of one sample, as executed. Winograd's algorithm takes 36 for each pair of channels and 4x4 outputs, which
        are 144 in the definition; its transforms are not counted, nor what lies beyond the image."""
        s = self.sizes
        if self.tiling is None:
            return s.out_channels * s.in_channels * s.kernel_size**2 * s.rows * s.columns
        tiles = -(-s.rows // winograd.TILE) * -(-s.columns // winograd.TILE)
        return s.out_channels * s.in_channels * winograd.POINTS * tiles
