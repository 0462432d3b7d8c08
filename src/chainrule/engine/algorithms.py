"""How a convolution's products are computed: directly, or by Winograd's algorithm where that pays."""

from dataclasses import dataclass

import numpy as np

from chainrule.engine.kernels import convolution, winograd
from chainrule.engine.kernels.convolution import Convolved
from chainrule.engine.kernels.convolution_pooled import winograd_convolution
from chainrule.engine.kernels.elementwise import relu as relu_kernel
from chainrule.engine.layout import Image
from chainrule.engine.simd import LANES, aligned_zeros, padded
from chainrule.engine.stage import SLOTS

WINOGRAD_CHANNELS = 16  # of input and output at least: below, transforms cost more than products


@dataclass
class Algorithm:
    """One convolution of x into y: its weights packed, room to work in for each slot."""

    shape: Convolved
    winograd: winograd.Tiling | None
    packed: np.ndarray
    b: np.ndarray
    scratch: list[np.ndarray]

    @classmethod
    def choose(cls, shape: Convolved, x: Image) -> "Algorithm":
        """Winograd for 3x3 of stride 1 in a frame of just the padding, with enough channels; else direct."""
        fits = shape.kernel_size == 3 and shape.stride == 1 and x.lanes == LANES and x.frame == shape.padding
        b = aligned_zeros(padded(shape.out_channels))
        if not fits or min(shape.in_channels, shape.out_channels) < WINOGRAD_CHANNELS:
            room = convolution.packed_floats(shape.out_channels, shape.in_channels, shape.kernel_size)
            return cls(shape, None, aligned_zeros(room), b, [])
        tiling = winograd.tiling(shape.in_channels, shape.out_channels, shape.columns)
        scratch = [aligned_zeros(winograd.scratch_floats(tiling)) for _ in range(SLOTS)]
        return cls(shape, tiling, aligned_zeros(winograd.packed_floats(tiling)), b, scratch)

    @property
    def name(self) -> str:
        return "direct" if self.winograd is None else "Winograd F(4x4, 3x3)"

    def pack(self, w: np.ndarray, at: int, transposed: bool = False) -> None:
        """Take the weights at w[at:], in canonical order; `transposed` for an input gradient."""
        if self.winograd is None:
            s = self.shape
            sizes = s._replace(out_channels=s.in_channels, in_channels=s.out_channels) if transposed else s
            convolution.pack_weights(w, at, sizes, transposed, self.packed)
        else:
            winograd.pack_weights(w, at, self.winograd, transposed, self.packed, self.scratch[0])

    def run(
        self, x: np.ndarray, xi: Image, y: np.ndarray, yi: Image, slot: int, first: int, last: int, relu: bool = False
    ) -> None:
        """y = convolution(x) + b of samples first .. last-1, with ReLU if so asked."""
        if self.winograd is None:
            convolution.convolution(self.packed, self.b, x, xi, y, yi, self.shape, first, last, relu)
            return
        weights, scratch = (self.packed, self.b), self.scratch[slot]
        winograd_convolution(weights, (x, xi), (y, yi), self.winograd, scratch, first, last)
        if relu:
            relu_kernel(y, y, yi, yi, first, last)
