"""How a convolution's products are computed: directly, or by Winograd's algorithm where that pays."""

from dataclasses import dataclass

import numpy as np

from chainrule.engine.kernels.convolution import direct as convolution
from chainrule.engine.kernels.convolution import winograd
from chainrule.engine.kernels.convolution.direct import Convolved
from chainrule.engine.kernels.convolution.pooled import winograd_convolution_kernel
from chainrule.engine.kernels.elementwise import copy
from chainrule.engine.kernels.elementwise import relu as relu_kernel
from chainrule.engine.layout import LINE, Image
from chainrule.engine.runtime.calls import Call, PerWorker, Window, bind
from chainrule.engine.runtime.memory import aligned_zeros
from chainrule.engine.simd import LANES, padded

Place = np.ndarray | Window

WINOGRAD_CHANNELS = 16  # of input and output at least: below, transforms cost more than products


def scratch(workers: int, floats: int) -> PerWorker:
    """Room to work in, whole cache lines for each worker."""
    floats = -(-floats // LINE) * LINE
    return PerWorker(aligned_zeros(workers * floats).reshape(workers, floats))


@dataclass
class Algorithm:
    """One convolution of x into y: its weights packed, room to work in for each slot."""

    shape: Convolved
    winograd: winograd.Tiling | None
    packed: np.ndarray
    b: np.ndarray
    scratch: PerWorker  # empty for the direct one

    @classmethod
    def choose(cls, shape: Convolved, x: Image, workers: int) -> "Algorithm":
        """Winograd for 3x3 of stride 1 in a halo of just the padding, with enough channels; else direct."""
        fits = shape.kernel_size == 3 and shape.stride == 1 and x.lanes == LANES and x.halo == shape.padding
        b = aligned_zeros(padded(shape.out_channels))
        if not fits or min(shape.in_channels, shape.out_channels) < WINOGRAD_CHANNELS:
            room = convolution.packed_floats(shape.out_channels, shape.in_channels, shape.kernel_size)
            return cls(shape, None, aligned_zeros(room), b, scratch(workers, 0))
        tiling = winograd.tiling(shape.in_channels, shape.out_channels, shape.columns)
        room = scratch(workers, winograd.scratch_floats(tiling))
        return cls(shape, tiling, aligned_zeros(winograd.packed_floats(tiling)), b, room)

    @property
    def name(self) -> str:
        return "direct" if self.winograd is None else "Winograd F(4x4, 3x3)"

    def pack(self, w: np.ndarray, at: int, transposed: bool = False) -> Call:
        """Take the weights at w[at:], in canonical order; `transposed` for an input gradient."""
        if self.winograd is None:
            s = self.shape
            sizes = s._replace(out_channels=s.in_channels, in_channels=s.out_channels) if transposed else s
            vectors = convolution.tile_vectors(s.out_channels)
            return bind(convolution.pack_weights, w, at, sizes, vectors, int(transposed), self.packed)
        return bind(winograd.pack_weights, w, at, self.winograd, int(transposed), self.packed, self.scratch)

    def take_bias(self, w: np.ndarray, at: int) -> Call:
        """Take b from w[at:]."""
        return bind(copy, w[at : at + self.shape.out_channels], self.b)

    def run(self, x: Place, xi: Image, y: Place, yi: Image, role: str, relu: bool = False) -> list[Call]:
        """y = convolution(x) + b, with ReLU if so asked; `role` of its calls."""
        if self.winograd is None:
            _, kernel = convolution.kernels_for(self.shape)
            return [bind(kernel, self.packed, self.b, x, xi, y, yi, self.shape, int(relu), role=role)]
        kernel = winograd_convolution_kernel(winograd.rows_kernel(self.winograd.columns))
        products = bind(kernel, (self.packed, self.b), (x, xi), (y, yi), self.winograd, self.scratch, role=role)
        return [products, bind(relu_kernel, y, y, yi, yi, role=role)] if relu else [products]

    @property
    def multiply_adds(self) -> int:
        """Of one sample, as executed. Winograd's algorithm takes 36 for each pair of channels and 4x4 outputs, which
        are 144 in the definition; its transforms are not counted, nor what lies beyond the image."""
        s = self.shape
        if self.winograd is None:
            return s.out_channels * s.in_channels * s.kernel_size**2 * s.rows * s.columns
        return s.out_channels * s.in_channels * winograd.POINTS * -(-s.rows // winograd.TILE) * -(-s.columns // winograd.TILE)
