"""The cases of convolutions through windows of any size, stride and dilation, in groups and depthwise."""

from typing import Any, NamedTuple

import numpy as np

from chainrule.engine.kernels.convolution import depthwise, tap_weights
from chainrule.engine.kernels.convolution.direct import tile_vectors
from chainrule.engine.kernels.convolution.operands import Filters
from chainrule.engine.kernels.convolution.tap_weights import WindowSizes
from chainrule.engine.kernels.convolution.taps import kernel_for, pack_taps, packing_of
from chainrule.engine.layout import View
from chainrule.engine.runtime.calls import PerSlot
from chainrule.engine.simd import LANES, padded
from chainrule.engine.stages.phases import Taps, forward_taps, phases, reach
from chainrule.layers import convolution as definition
from chainrule.layers.windows import Windows, windows
from torture.kernels.rig import Rig, case, exactly, image_of


class Problem(NamedTuple):
    """A convolution with what it is computed from."""

    x: np.ndarray
    w: np.ndarray
    gy: np.ndarray
    at: Windows
    groups: int
    how: dict[str, Any]

    @property
    def sizes(self) -> WindowSizes:
        at, channels = self.at, (len(self.w), self.x.shape[1])
        before = at.padding[0][0], at.padding[1][0]
        outputs, inputs = (n // self.groups for n in channels)
        return WindowSizes(channels[0], outputs, inputs, at.size, at.stride, at.dilation, before, *at.counts)

    def lying(self, rig: Rig, taps: list[Taps], values: np.ndarray, lanes: int = LANES) -> View:
        """An image in the zeros that these taps read around it."""
        halo = reach(taps, values.shape[2:])
        return rig.lying(values, image_of(values.shape, halo.columns, lanes, halo_rows=halo.rows))


def problem(rig: Rig, *, is_depthwise: bool = False, most_groups: int = 3) -> Problem:
    """Of random sizes."""
    s, a, b, height, width = rig.sizes(9, 40, 40, 30, 67)
    choices = (1, 2, 3, 5), (1, 1, 2, 3), (1, 1, 2)
    size, stride, dilation = ((rig.any_of(*of), rig.any_of(*of)) for of in choices)
    padding = tuple(int(rig.random.integers(d * (k - 1) + 1)) for k, d in zip(size, dilation, strict=True))
    spans = (d * (k - 1) + 1 - 2 * p for k, d, p in zip(size, dilation, padding, strict=True))
    pixels = tuple(max(n, span, 1) for n, span in zip((height, width), spans, strict=True))
    groups = a if is_depthwise else min(rig.any_of(1, 1, 2, 3), most_groups)
    ic, oc = (a, a) if is_depthwise else (a, b) if groups == 1 else (groups * LANES, groups * LANES * rig.any_of(1, 2))
    how = {"stride": stride, "padding": rig.any_of(padding, "same"), "dilation": dilation}
    at = windows(pixels, size, **how)
    w, x = rig.normal(oc, ic // groups, *size), rig.normal(s, ic, *pixels)
    return Problem(x, w, rig.normal(s, oc, *at.counts), at, groups, how | {"groups": groups})


def packed(rig: Rig, p: Problem, taps: Taps, *, transposed: bool = False) -> Filters:
    """Filters of those taps, from a w that others lie before, by the kernel that packs for dense ones."""
    channels = (p.x.shape[1], len(p.w)) if transposed else (len(p.w), p.x.shape[1])
    sizes, own = taps.sizes(*channels, groups=p.groups), p.sizes
    given, b = rig.given(np.concatenate([rig.normal(5), p.w.ravel()])), rig.zeros(padded(channels[0]))
    room = rig.room(padded(channels[0]) * sizes.group_inputs * sizes.taps)
    packing = packing_of(own.group_outputs, own.group_inputs, p.w[0, 0].size, transposed=transposed)
    vectors = tile_vectors(sizes.group_outputs, p.w.dtype)
    rig.run(pack_taps, given, 5, room, rig.given(taps.order), sizes, packing, vectors)
    return Filters(room, b)


def packed_channels(rig: Rig, p: Problem, taps: Taps) -> Filters:
    """The same of a depthwise one."""
    given, n = rig.given(np.concatenate([rig.normal(5), p.w.ravel()])), len(p.w)
    room = rig.room(depthwise.packed_floats(n, len(taps.at)))
    rig.run(depthwise.pack_channels, given, 5, room, rig.given(taps.order), n, p.w[0, 0].size)
    return Filters(room, rig.zeros(padded(n)))


def check_forward(rig: Rig, p: Problem, filters: Filters, kernel: Any, taps: Taps, lanes: int) -> None:
    b, relu = rig.normal(len(p.w)), rig.any_of(0, 1)
    filters.b[: len(b)] = b
    x, y = p.lying(rig, [taps], p.x, lanes), rig.blank(len(p.x), image_of(p.gy.shape, rig.any_of(0, 1)))
    sizes = taps.sizes(len(p.w), p.x.shape[1], groups=p.groups)
    rig.run(kernel(sizes), filters, x, y, sizes, rig.given(taps.offsets(x.image)), relu, count=len(p.x))
    expected = definition.convolution(*exactly(p.x, p.w, b), **p.how)
    magnitude = definition.convolution(*map(np.abs, exactly(p.x, p.w, b)), **p.how)
    rig.close("y", rig.numbers(y, "y"), np.maximum(expected, 0) if relu else expected, magnitude, p.w[0].size + 1)


def check_backward(rig: Rig, p: Problem, pack: Any, kernel: Any) -> None:
    """All phases of dL/dx."""
    back = phases(p.at)
    gz, gx = p.lying(rig, back, p.gy), rig.blank(len(p.x), image_of(p.x.shape))
    for taps in back:
        sizes = taps.sizes(p.x.shape[1], len(p.w), groups=p.groups)
        offsets = rig.given(taps.offsets(gz.image))
        rig.run(kernel(sizes), pack(taps), gz, gx, sizes, offsets, 0, count=len(p.x))
    gy, w = exactly(p.gy, p.w)
    expected = definition.convolution_input_gradient(gy, p.x.shape, w, **p.how)
    magnitude = definition.convolution_input_gradient(np.abs(gy), p.x.shape, np.abs(w), **p.how)
    rig.close("gx", rig.numbers(gx, "gx"), expected, magnitude, p.w[:, 0].size)


def check_weights(rig: Rig, p: Problem, gw: np.ndarray) -> None:
    gy, x = exactly(p.gy, p.x)
    expected = definition.convolution_weight_gradient(gy, x, p.at.size, **p.how)
    magnitude = definition.convolution_weight_gradient(np.abs(gy), np.abs(x), p.at.size, **p.how)
    rig.check(np.isnan(gw[:3]).all(), "the gradient of other weights is written")
    rig.close("gw", gw[3:].reshape(p.w.shape), expected, magnitude, p.gy[:, 0].size)


@case("convolution.taps:pack_taps", "convolution.taps:convolution_by_taps")
def by_taps(rig: Rig) -> None:
    p = problem(rig)
    taps, of = forward_taps(p.at), lambda sizes: kernel_for(sizes, p.x.dtype)
    check_forward(rig, p, packed(rig, p, taps), of, taps, rig.any_of(1, LANES) if p.groups == 1 else LANES)
    check_backward(rig, p, lambda phase: packed(rig, p, phase, transposed=True), of)


@case("convolution.depthwise:pack_channels", "convolution.depthwise:depthwise")
def by_channel(rig: Rig) -> None:
    p = problem(rig, is_depthwise=True)
    taps, of = (
        forward_taps(p.at),
        lambda sizes: depthwise.depthwise_kernel(depthwise.tile_pixels(sizes.columns, p.x.dtype)),
    )
    check_forward(rig, p, packed_channels(rig, p, taps), of, taps, LANES)
    check_backward(rig, p, lambda phase: packed_channels(rig, p, phase), of)


@case(
    "convolution.tap_weights:tap_gradient_nchwc",
    "convolution.tap_weights:tap_gradient_nchw",
    "convolution.tap_weights:reduce_tap_gradient",
)
def tap_gradients(rig: Rig) -> None:
    weight_gradient(rig, problem(rig, most_groups=1), 1)
    weight_gradient(rig, problem(rig), LANES)


def weight_gradient(rig: Rig, p: Problem, lanes: int) -> None:
    x, gz = p.lying(rig, [forward_taps(p.at)], p.x, lanes), rig.picture(p.gy)
    floats = tap_weights.slot_floats(p.sizes, lanes)
    slots, gw = rig.zeros(2 * floats), rig.room(p.w.size + 3)
    kernel = tap_weights.gradient_kernel(*tap_weights.tile_shape(p.sizes, lanes, p.x.dtype), lanes)
    slot = PerSlot(slots.reshape(2, floats))
    rig.run(kernel, gz, x, slot, p.sizes, count=len(p.x), block=len(p.x))
    rig.run(tap_weights.reduce_tap_gradient, slots, gw, 3, p.sizes, lanes, 2, floats)
    check_weights(rig, p, gw)


@case("convolution.depthwise:depthwise_gradient", "convolution.depthwise:reduce_depthwise_gradient")
def channel_gradients(rig: Rig) -> None:
    p = problem(rig, is_depthwise=True)
    x, gz, taps = p.lying(rig, [forward_taps(p.at)], p.x), rig.picture(p.gy), p.w[0, 0].size
    floats = depthwise.packed_floats(len(p.w), taps)
    slots, gw = rig.zeros(2 * floats), rig.room(p.w.size + 3)
    kernel = depthwise.weight_gradient_kernel(*depthwise.tile_taps(p.at.size, p.x.dtype))
    slot = PerSlot(slots.reshape(2, floats))
    rig.run(kernel, gz, x, slot, p.sizes, count=len(p.x), block=len(p.x))
    rig.run(depthwise.reduce_depthwise_gradient, slots, gw, 3, len(p.w), taps, 2, floats)
    check_weights(rig, p, gw)
