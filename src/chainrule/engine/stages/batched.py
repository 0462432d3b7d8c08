"""The base of stages convolution [+ ReLU] for a batch at once: of small images with many channels, whose weights fill
the cache and so are read once a batch.

    forward     x transformed, sample by sample      |  products, place by place              |  y, sample by sample
    backward    dL/dy transformed, sample by sample  |  dL/du, then dL/dv, place by place  |  dL/dx, sample by sample

v is kept for the backward pass, so that x need not be. dL/dw has no slots: each of its numbers is made by one task.
Places, v, m and u: engine/kernels/convolution/batched/products.py.
"""

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

import numpy as np

from chainrule.engine.kernels.convolution.batched import tiles
from chainrule.engine.kernels.convolution.batched.products import (
    Matrices,
    Table,
    add_up_rows,
    matrices_of,
    multiply_by_input,
    multiply_by_weights,
    multiply_places,
    transposed_floats,
)
from chainrule.engine.kernels.convolution.winograd import POINTS
from chainrule.engine.kernels.elementwise import relu
from chainrule.engine.kernels.mask import copy_gradient
from chainrule.engine.layout import View
from chainrule.engine.runtime.calls import BY_INPUT, BY_WEIGHTS, FORWARD, Call, bind
from chainrule.engine.runtime.program import TASKS, Phase, Task, cut
from chainrule.engine.runtime.sharing import between
from chainrule.engine.simd import LANES
from chainrule.engine.stages.algorithms import take_bias
from chainrule.engine.stages.convolution import ConvolvingStage, Taken, taken_filters
from chainrule.engine.stages.squares import Square, is_filter
from chainrule.engine.stages.stage import Group, Upcoming, Work
from chainrule.engine.stages.step import Step
from chainrule.engine.stages.together import Parts, Turned, by_places, divides, gathered, owned, rows_of, shared_out
from chainrule.engine.stages.transformed_gradient import WHOLE, tiles_over
from chainrule.engine.stages.value import Room, Value
from chainrule.layers import ReLU
from chainrule.layers.layer import Shape

PAIRS = 1024  # of channels for each tile of a sample, from which on weights are worth reading once a batch
FEW = 16  # tiles of a sample, beyond which v and m of a batch take too much room
Triples = list[tuple[int, int, int]]
"""The products: places of m, v and u."""


def pixel_products(filters: Square, x_shape: Shape) -> Triples:
    """Those of a convolution pixel by pixel, without the taps that see only zeros."""
    _, height, width = x_shape
    rows, columns = (n + 2 * filters.padding - 2 for n in (height, width))
    found = []
    for i, j, di, dj in np.ndindex(rows, columns, 3, 3):
        a, b = i + di - filters.padding, j + dj - filters.padding
        if 0 <= a < height and 0 <= b < width:
            found.append((i * columns + j, a * width + b, 3 * di + dj))
    return found


def table_of(products: Triples, of: int, places: int) -> Table:
    """Of the places of m (0), v (1) or u (2): the products that each is a sum of, by the two others' places."""
    ordered = sorted(products, key=lambda triple: triple[of])
    starts = np.searchsorted([triple[of] for triple in ordered], np.arange(places + 1))
    return Table(starts.astype(np.int64), np.delete(np.array(ordered, np.int64), of, axis=1).reshape(-1))


class BatchedStage(ConvolvingStage):
    """The base of both: a 3x3 convolution of stride 1. Others say how x and y become matrices, and which places there
    are."""

    sums_by_slot = False
    keeps_x = True
    forward_barriers, backward_barriers = 3, 5
    types = (np.float32,)
    pixel_by_pixel: ClassVar[bool]
    """Or by Winograd's algorithm: by what takes fewer products."""
    _pack: ClassVar[Any]  # u of w, and dL/dw of dL/du: kernels
    _unpack: ClassVar[Any]

    def __init__(self, group: Group, values: Sequence[Value], room: Room) -> None:
        super().__init__(group, values, room)
        self.filters, self.relu, self.at = group.layers.filters, group.layers.relu is not None, group.at
        self.y.rectified = self.relu
        self.products, self.places = self._products(), self._places()
        sizes, (of_m, of_v, of_u) = self._sizes(room.samples), self.places
        f, b = room.passes.forward.begin, room.passes.backward.begin
        self.v = room.share(of_v * sizes.v_place, room.passes.kept)
        self.m = room.share(of_m * sizes.m_place, between(f + 2, f + 3) | between(b, b + 4))
        self.u = room.share(of_u * sizes.u_place, between(f + 1, f + 2) | between(b + 1, b + 4))
        self.packs_again, self.b = room.gradients, room.zeros(sizes.out_channels)
        self.none = room.zeros(sizes.in_channels)
        patches = tiles.scratch_floats(tiles_over(self.filters, group.x_shape))
        self.scratch = room.scratch(max(patches, transposed_floats(sizes) if room.gradients else 0))
        plain, self.one = self.y.gradient.image, room.number(1)
        self.gz = View(room.window(plain.stride), plain) if self.relu else self.y.gradient

    @classmethod
    def fuse(cls, nodes: Upcoming) -> Any:
        filters = taken_filters(nodes)
        if filters is None or not is_filter(filters) or filters.kernel_size != 3:
            return None
        layer: Any = nodes.taken[0].layer
        ic, oc, of = nodes.x_shape[0], layer.out_channels, tiles_over(filters, nodes.x_shape)
        count = of.down * of.across
        if ic % WHOLE or oc % WHOLE or ic * oc < PAIRS * count or count > FEW:
            return None
        pixel_by_pixel = len(pixel_products(filters, nodes.x_shape)) < POINTS * count
        return Taken(filters, nodes.take(ReLU())) if pixel_by_pixel == cls.pixel_by_pixel else None

    @classmethod
    def takes_nchw(cls, group: Group) -> bool:
        return False

    def executed(self, role: str, samples: int) -> float:
        sizes = self._sizes(1)
        return len(self.products) * sizes.rows * sizes.in_channels * sizes.out_channels

    def prepare(self, step: Step) -> list[Any]:
        packed = [] if self.packs_again else self._packed(step)
        return [*packed, *take_bias(step.w, self.at, self.b, len(self.b))]

    def forward(self, step: Step) -> Work:
        y, m = self.y.view, self.m.array
        own_v, own_m, own = self._own(step)
        product = bind(multiply_places, own_v, self.u.array, own_m, own, self._table(0), role=FORWARD)
        rectified = [bind(relu, y, y, role=FORWARD)] if self.relu else []
        packed = [Phase(self._packed(step))] if self.packs_again else []
        return [self._take(step), *packed, Phase(apart(product, self.places[0])), self._put(step, m), *rectified]

    def backward(self, step: Step, to_input: bool) -> Work:
        v, m, u, sizes = self.v.array, self.m.array, self.u.array, self._sizes(step.samples)
        of_v = self.places[1]
        calls: list[Call | Phase] = []
        if self.relu:
            calls.append(bind(copy_gradient, self.y.gradient, self.y.view, self.gz, 1, self.one))
        by_weights = bind(multiply_by_weights, v, m, u, sizes, self._table(2), role=BY_WEIGHTS)
        taken = self._by_channels(self._unpack, u, step.gw, self.at["w"], role=BY_WEIGHTS)
        if "b" in self.at:
            places = np.array(self._sum_places())
            taken.append(Task([bind(add_up_rows, m, step.gw, self.at["b"], sizes, places, role=BY_WEIGHTS)]))
        calls += [self._take_gradient(step, m), *gathered(step, *self._rows_of(step))]
        calls += [*self._shared_out(step, by_weights), Phase(taken)]
        if not to_input:
            return calls
        own_v, own_m, own = self._own(step)
        back = bind(multiply_by_input, u, own_m, own_v, own, self._table(1), self.scratch, role=BY_INPUT)
        return [*calls, Phase(self._packed(step)), Phase(apart(back, of_v)), self._put_gradient(step)]

    def _shared_out(self, step: Step, by_weights: Call) -> list[Phase]:
        """dL/du, place by place: of ranks, too, each has some, if that is worth an exchange."""
        sizes, places = self._sizes(step.samples), apart(by_weights, self.places[2])
        if not divides(step, sizes.rows):
            return [Phase(places)]
        made = shared_out(step, self.u.array, [(k + 1) * sizes.u_place for k in range(self.places[2])])
        return [Phase(owned(step, places)), *gathered(step, made)]

    def _own(self, step: Step) -> tuple[np.ndarray, np.ndarray, Matrices]:
        """v and m from the rank's own rows on, and sizes of as many; kernels take whole vectors of rows."""
        first, last = (sample * self._rows() for sample in step.own)
        first = first // LANES * LANES
        sizes = self._sizes(step.samples)
        own = sizes._replace(rows=last - first)
        return self.v.array[first * sizes.v_row :], self.m.array[first * sizes.m_row :], own

    def _rows_of(self, step: Step) -> list[Parts | Turned]:
        """v and m as the ranks have made them, some rows of each place: all rows of the places that are looked at."""
        sizes, (of_m, of_v, _) = self._sizes(step.samples), self.places
        v = rows_of(step, self.v.array[: of_v * sizes.v_place].reshape(of_v, sizes.v_place), self._rows() * sizes.v_row)
        m = rows_of(step, self.m.array[: of_m * sizes.m_place].reshape(of_m, sizes.m_place), self._rows() * sizes.m_row)
        if not (divides(step, sizes.rows) and all(i == j == k for i, j, k in self.products)):
            return [v, m]
        return [by_places(step, v), m if "b" in self.at else by_places(step, m)]  # b is summed by every rank

    def _packed(self, step: Step) -> list[Task]:
        """u of w."""
        return self._by_channels(self._pack, step.w, self.at["w"], self.u.array, role=FORWARD)

    def _sizes(self, samples: int) -> Any:
        return matrices_of(self.x.image.channels, self.y.image.channels, samples * self._rows())

    def _table(self, of: int) -> Table:
        return table_of(self.products, of, self.places[of])

    def _by_channels(self, kernel: Any, *arguments: Any, role: str) -> list[Task]:
        """Tasks for blocks of the input's channels."""
        call = bind(kernel, *arguments, self._sizes(1), self.scratch, role=role)
        return [Task([call], 0, a, b, b - a) for a, b in cut(self.x.image.channels // LANES, 1, TASKS)]

    def _products(self) -> Triples:
        raise NotImplementedError

    def _places(self) -> tuple[int, int, int]:
        """Of m, v and u."""
        raise NotImplementedError

    def _rows(self) -> int:
        """Of a sample in v and m."""
        raise NotImplementedError

    def _sum_places(self) -> Iterable[int]:
        """Of m's gradient: those that sum up to dL/db."""
        raise NotImplementedError

    def _take(self, step: Step) -> Call:
        """v of x."""
        raise NotImplementedError

    def _put(self, step: Step, m: np.ndarray) -> Call:
        """y of m."""
        raise NotImplementedError

    def _take_gradient(self, step: Step, m: np.ndarray) -> Call:
        """dL/dm of dL/dy."""
        raise NotImplementedError

    def _put_gradient(self, step: Step) -> Call:
        """dL/dx of dL/dv."""
        raise NotImplementedError


def apart(call: Call, places: int) -> list[Task]:
    """A task for each place."""
    return [Task([call], 0, k, k + 1) for k in range(places)]
