"""Stages convolution [+ ReLU] of small images with many channels: by Winograd's algorithm, or pixel by pixel if that
takes fewer products, as in images of 2 x 2.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np

from chainrule.engine.kernels.convolution.batched import pixels, tiles
from chainrule.engine.kernels.convolution.batched.products import TAPS
from chainrule.engine.kernels.convolution.winograd import POINTS
from chainrule.engine.runtime.calls import BY_INPUT, FORWARD, Call, bind
from chainrule.engine.stages.batched import BatchedStage, Triples, pixel_products
from chainrule.engine.stages.stage import register_stage
from chainrule.engine.stages.step import Step
from chainrule.engine.stages.transformed_gradient import tiles_over


@register_stage
class TilesStage(BatchedStage):
    """By Winograd's algorithm."""

    kernel = "Winograd F(4x4, 3x3), batched"
    pixel_by_pixel = False
    _pack, _unpack = tiles.pack_filters, tiles.unpack_filters

    def _products(self) -> Triples:
        return [(k, k, k) for k in range(POINTS)]

    def _places(self) -> tuple[int, int, int]:
        return POINTS, POINTS, POINTS

    def _rows(self) -> int:
        of = tiles_over(self.filters, self.group.x_shape)
        return of.down * of.across

    def _sum_places(self) -> Iterable[int]:
        return [tiles.SUM]

    def _how(self, step: Step) -> tuple[Any, ...]:
        return self._sizes(step.samples), tiles_over(self.filters, self.group.x_shape), self.scratch

    def _take(self, step: Step) -> Call:
        return bind(tiles.transform_input, self.x.view, self.v.array, *self._how(step), role=FORWARD)

    def _put(self, step: Step, m: np.ndarray) -> Call:
        return bind(tiles.transform_output, m, self.b, self.y.view, *self._how(step), role=FORWARD)

    def _take_gradient(self, step: Step, m: np.ndarray) -> Call:
        return bind(tiles.transform_output_gradient, self.gz, m, *self._how(step), role=BY_INPUT)

    def _put_gradient(self, step: Step) -> Call:
        return bind(tiles.transform_input_gradient, self.v.array, self.x.gradient, *self._how(step), role=BY_INPUT)


@register_stage
class PixelsStage(BatchedStage):
    """Pixel by pixel."""

    kernel = "direct, batched"
    pixel_by_pixel = True
    _pack, _unpack = pixels.pack_taps, pixels.unpack_taps

    def _products(self) -> Triples:
        return pixel_products(self.filters, self.group.x_shape)

    def _places(self) -> tuple[int, int, int]:
        x, y = self.x.image, self.y.image
        return y.height * y.width, x.height * x.width, TAPS

    def _rows(self) -> int:
        return 1

    def _sum_places(self) -> Iterable[int]:
        return range(self.places[0])

    def _take(self, step: Step) -> Call:
        sizes = self._sizes(step.samples)
        return bind(pixels.take_pixels, self.x.view, self.v.array, sizes.v_row, sizes.v_place, role=FORWARD)

    def _put(self, step: Step, m: np.ndarray) -> Call:
        sizes = self._sizes(step.samples)
        return bind(pixels.put_pixels, m, sizes.m_row, sizes.m_place, self.b, self.y.view, role=FORWARD)

    def _take_gradient(self, step: Step, m: np.ndarray) -> Call:
        sizes = self._sizes(step.samples)
        return bind(pixels.take_pixels, self.gz, m, sizes.m_row, sizes.m_place, role=BY_INPUT)

    def _put_gradient(self, step: Step) -> Call:
        sizes = self._sizes(step.samples)
        return bind(
            pixels.put_pixels, self.v.array, sizes.v_row, sizes.v_place, self.none, self.x.gradient, role=BY_INPUT
        )
