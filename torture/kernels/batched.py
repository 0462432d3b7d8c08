"""The cases of convolutions for a whole batch at once: by Winograd's algorithm, and pixel by pixel."""

import numpy as np

from chainrule.engine.kernels.convolution.batched import pixels, products, tiles
from chainrule.engine.kernels.convolution.winograd import POINTS
from chainrule.engine.kernels.convolution.winograd_gradient import (
    TileRoom,
    add_slots,
    columns_of,
    weight_gradient_kernel,
)
from chainrule.engine.runtime.calls import PerSlot, PerWorker
from chainrule.engine.simd import LANES
from chainrule.engine.stages.batched import Triples, pixel_products, table_of
from chainrule.engine.stages.squares import Square
from chainrule.engine.stages.transformed_gradient import WHOLE, tiles_over
from chainrule.layers.convolution import convolution, convolution_input_gradient, convolution_weight_gradient
from torture.kernels.convolutions import WINOGRAD_ERROR
from torture.kernels.rig import Rig, case, exactly, image_of

PRODUCTS = (
    "convolution.batched.products:multiply_places",
    "convolution.batched.products:multiply_by_weights",
    "convolution.batched.products:multiply_by_input",
    "convolution.batched.products:add_up_rows",
)
BEFORE = 5  # numbers of w before the filters


class Batched:
    """A convolution, with room for its matrices, and what it is by its definition."""

    def __init__(self, rig: Rig, height: int, width: int, block: int = LANES) -> None:
        """`block`: channels are so many, or twice or three times as many."""
        s, ic, oc = int(rig.random.integers(1, 20)), *(block * int(n) for n in rig.random.integers(1, 4, 2))
        self.rig, self.samples, self.filters = rig, s, Square(3, 1, rig.any_of(1, 2))
        self.x, self.w, self.b = rig.normal(s, ic, height, width), rig.normal(oc, ic, 3, 3), rig.normal(oc)
        x, w, b = exactly(self.x, self.w, self.b)
        padding = self.filters.padding
        self.y = convolution(x, w, b, padding=padding)
        self.gy = rig.normal(*self.y.shape)
        (g,) = exactly(self.gy)
        self.gx = convolution_input_gradient(g, self.x.shape, w, padding=padding)
        self.gw = convolution_weight_gradient(g, x, 3, padding=padding)

    def room(self, triples: Triples, places: tuple[int, int, int], rows: int) -> None:
        """Room for that many places, and rows of a sample."""
        rig, (of_m, of_v, of_u) = self.rig, places
        self.triples, self.places, (oc, ic) = triples, places, self.w.shape[:2]
        self.sizes = sizes = products.matrices_of(ic, oc, self.samples * rows)
        self.m, self.v = rig.zeros(of_m * sizes.m_place), rig.zeros(of_v * sizes.v_place)
        self.u, self.gu = (rig.room(of_u * sizes.u_place) for _ in range(2))
        floats = max(
            products.transposed_floats(sizes), tiles.scratch_floats(tiles_over(self.filters, self.x.shape[1:]))
        )
        self.scratch = PerWorker(rig.room(rig.threads * floats).reshape(rig.threads, floats))
        self.given = rig.given(np.concatenate([rig.normal(BEFORE), self.w.ravel()]))
        self.found_w, self.found_b = rig.zeros(BEFORE + self.w.size), rig.room(oc)
        self.picture = rig.picture(self.x, self.filters.padding + rig.any_of(0, 1))
        self.picture_of_gy, self.bias = rig.picture(self.gy), rig.given(self.b)
        self.to_y = rig.blank(self.samples, image_of(self.y.shape, rig.any_of(0, 1)))
        self.to_gx = rig.blank(self.samples, image_of(self.x.shape))

    def _table(self, of: int) -> products.Table:
        return table_of(self.triples, of, self.places[of])

    def multiply(self) -> None:
        arrays = self.v, self.u, self.m
        self.rig.run(products.multiply_places, *arrays, self.sizes, self._table(0), count=self.places[0])

    def multiply_back(self, summed: list[int]) -> None:
        rig, sizes = self.rig, self.sizes
        rig.run(products.add_up_rows, self.m, self.found_b, 0, sizes, np.array(summed))
        rig.run(products.multiply_by_weights, self.v, self.m, self.gu, sizes, self._table(2), count=self.places[2])
        back = self.u, self.m, self.v, sizes, self._table(1), self.scratch
        rig.run(products.multiply_by_input, *back, count=self.places[1])

    def check(self) -> None:
        self.compare("y", self.rig.numbers(self.to_y, "y"), self.y)
        self.compare("gx", self.rig.numbers(self.to_gx, "gx"), self.gx)
        self.compare("dL/dw", self.found_w[BEFORE:].reshape(self.w.shape), self.gw)
        self.compare("dL/db", self.found_b, exactly(self.gy)[0].sum((0, 2, 3)))

    def compare(self, what: str, found: np.ndarray, expected: np.ndarray) -> None:
        size = max(self.gy.size, *self.w.shape)
        most = 3 * np.sqrt(size) * WINOGRAD_ERROR * self.rig.epsilon / np.finfo(np.float32).eps
        near = np.abs(found - expected).max() <= most * max(np.abs(expected).max(), 1)
        self.rig.check(near, f"{what} is not as defined")


@case(
    "convolution.batched.tiles:pack_filters",
    "convolution.batched.tiles:transform_input",
    "convolution.batched.tiles:transform_output",
    "convolution.batched.tiles:transform_output_gradient",
    "convolution.batched.tiles:transform_input_gradient",
    "convolution.batched.tiles:unpack_filters",
)
def by_tiles(rig: Rig) -> None:
    of = Batched(rig, *(int(n) for n in rig.random.integers(1, 10, 2)))
    s, ic, at = of.samples, of.w.shape[1], tiles_over(of.filters, of.x.shape[1:])
    of.room([(k, k, k) for k in range(POINTS)], (POINTS, POINTS, POINTS), at.down * at.across)
    how = of.sizes, at, of.scratch
    rig.run(tiles.pack_filters, of.given, BEFORE, of.u, of.sizes, of.scratch, count=ic // LANES)
    rig.run(tiles.transform_input, of.picture, of.v, *how, count=s)
    of.multiply()
    rig.run(tiles.transform_output, of.m, of.bias, of.to_y, *how, count=s)
    rig.run(tiles.transform_output_gradient, of.picture_of_gy, of.m, *how, count=s)
    of.multiply_back([tiles.SUM])
    rig.run(tiles.transform_input_gradient, of.v, of.to_gx, *how, count=s)
    rig.run(tiles.unpack_filters, of.gu, of.found_w, BEFORE, of.sizes, of.scratch, count=ic // LANES)
    of.check()


@case("convolution.winograd_gradient:add_weight_gradient", "convolution.winograd_gradient:add_slots")
def weights_by_tiles(rig: Rig) -> None:
    of = Batched(rig, *(int(n) for n in rig.random.integers(1, 20, 2)), block=WHOLE)
    s, (oc, ic), at = len(of.x), of.w.shape[:2], tiles_over(of.filters, of.x.shape[1:])
    sizes = products.matrices_of(ic, oc, int(rig.random.integers(1, at.down * at.across + 1)))
    floats, slots = POINTS * sizes.u_place, 2
    gu, found = rig.zeros(slots * floats), rig.zeros(BEFORE + of.w.size)
    needed = POINTS * sizes.v_place, POINTS * sizes.m_place, tiles.scratch_floats(at)
    room = TileRoom(*(PerWorker(rig.room(rig.threads * n).reshape(rig.threads, n)) for n in needed))
    views = rig.picture(of.gy, rig.any_of(0, 1)), rig.picture(of.x, of.filters.padding + rig.any_of(0, 1))
    kernel, slot = weight_gradient_kernel(columns_of(oc)), PerSlot(gu.reshape(slots, floats))
    rig.run(kernel, *views, slot, sizes, at, room, count=s, block=s)
    rig.run(add_slots, gu, slots, floats, sizes, count=ic // LANES)
    rig.run(tiles.unpack_filters, gu, found, BEFORE, sizes, room.patches, count=ic // LANES)
    of.compare("dL/dw", found[BEFORE:].reshape(of.w.shape), of.gw)


@case(
    *PRODUCTS,
    "convolution.batched.pixels:pack_taps",
    "convolution.batched.pixels:take_pixels",
    "convolution.batched.pixels:put_pixels",
    "convolution.batched.pixels:unpack_taps",
)
def by_pixels(rig: Rig) -> None:
    of = Batched(rig, *(int(n) for n in rig.random.integers(1, 4, 2)))
    s, ic = of.samples, of.w.shape[1]
    rows_and_columns = of.y.shape[2:], of.x.shape[2:]
    of_m, of_v = (int(np.prod(each)) for each in rows_and_columns)
    of.room(pixel_products(of.filters, of.x.shape[1:]), (of_m, of_v, products.TAPS), 1)
    sizes = of.sizes
    rig.run(pixels.pack_taps, of.given, BEFORE, of.u, sizes, of.scratch, count=ic // LANES)
    rig.run(pixels.take_pixels, of.picture, of.v, sizes.v_row, sizes.v_place, count=s)
    of.multiply()
    rig.run(pixels.put_pixels, of.m, sizes.m_row, sizes.m_place, of.bias, of.to_y, count=s)
    rig.run(pixels.take_pixels, of.picture_of_gy, of.m, sizes.m_row, sizes.m_place, count=s)
    of.multiply_back([*range(of_m)])
    none = rig.given(np.zeros(ic, rig.number))
    rig.run(pixels.put_pixels, of.v, sizes.v_row, sizes.v_place, none, of.to_gx, count=s)
    rig.run(pixels.unpack_taps, of.gu, of.found_w, BEFORE, sizes, of.scratch, count=ic // LANES)
    of.check()
