"""Convolution: y[oc,i,j] = sum over ic,di,dj of w[oc,ic,di,dj] x[ic,S i + D di - P,S j + D dj - P] + b[oc], and back.

In groups, ic counts from the first channel that the filter sees.
"""

import numpy as np

from chainrule.explanation.at import At, Index, Said, all_places, at_once, of_all_samples, text
from chainrule.explanation.rules.rule import Box, Reach, Rule, explains
from chainrule.explanation.rules.sliding import (
    OFFSETS,
    PIXELS,
    box_affected,
    box_read,
    looking,
    moved,
    offsets,
    pixels_of,
    seen,
    sum_text,
    windows_with,
)
from chainrule.explanation.terms import OUTSIDE, Products
from chainrule.layers import Convolution


@explains(Convolution)
class OfConvolution(Rule):
    def value(self, at: At, index: Index) -> Said:
        windows, (oc, *window) = at.layer.windows_over(at.x_shape), index
        inputs = at.w["w"].shape[1]
        first = _group_of_filter(at, oc) * inputs  # of the channels that the filter sees
        ic, offset = _each_with(np.arange(inputs), offsets(windows))
        pixels = pixels_of(windows, tuple(window), offset)
        w = at.parameter("w", np.column_stack([np.full(len(ic), oc), ic, offset]))
        x = at.x(_channel_and_pixel(first + ic, pixels))
        blocks, letters = [Products((w, x), _padded(pixels))], OFFSETS[len(window)]
        looks = text(sum_text(first, "ic"), *seen(windows, tuple(window)))
        formula = f"y[{text(*index)}] = sum over {text('ic', *letters)} of w[{text(oc, 'ic', *letters)}] x[{looks}]"
        rule = "The pixels in the filter's window, each times the filter's weight there"
        if "b" not in at.w:
            return Said(formula, f"{rule}.", blocks)
        return Said(
            f"{formula} + b[{oc}]", f"{rule}, and a bias.", [*blocks, Products((at.parameter("b", at_once((oc,))),))]
        )

    def by_input(self, at: At, index: Index, read: int) -> Said:
        windows, (channel, *pixel) = at.layer.windows_over(at.x_shape), index
        outputs, inputs = len(at.w["w"]) // at.layer.groups, at.w["w"].shape[1]
        group, ic = divmod(channel, inputs)
        window, offset = windows_with(windows, tuple(pixel))
        which = np.arange(len(window))
        oc, which = _each_with(np.arange(outputs) + group * outputs, which[:, np.newaxis])
        window, offset = window[which[:, 0]], offset[which[:, 0]]
        gy = at.gy(np.column_stack([oc, window]))
        w = at.parameter("w", np.column_stack([oc, np.full(len(oc), ic), offset]))
        letters, (looks, where) = OFFSETS[len(pixel)], looking(windows, tuple(pixel))
        sent = f"dL/dy[{text('oc', *looks)}] w[{text('oc', ic, *letters)}]"
        formula = f"dL/dx[{text(*index)}] = sum over {text('oc', *letters)} of {sent}{where}"
        rule = "What each window with this pixel sends back, times the weight by which it read the pixel."
        return Said(formula, rule, [Products((gy, w))])

    def by_parameter(self, at: At, name: str, index: Index) -> Said:
        windows, oc, letters = at.layer.windows_over(at.x_shape), index[0], PIXELS[len(at.y_shape) - 1]
        samples, window = of_all_samples(at.samples, all_places(at.y_shape[1:]))
        gy = at.gy(_channel_and_pixel(np.full(len(window), oc), window), samples=samples)
        back, notes = f"dL/dy[{text('s', oc, *letters)}]", at.sample_notes(samples)
        if name == "b":
            formula = f"dL/db[{oc}] = sum over {text('s', *letters)} of {back}"
            return Said(formula, "What all windows of the filter send back.", [Products((gy,), notes)])
        _, ic, *offset = index
        channel = _group_of_filter(at, oc) * at.w["w"].shape[1] + ic
        pixels = pixels_of(windows, window, np.array(offset))
        x = at.x(_channel_and_pixel(np.full(len(window), channel), pixels), samples=samples)
        looks = text("s", channel, *moved(windows, tuple(offset)))
        formula = f"dL/dw[{text(*index)}] = sum over {text('s', *letters)} of {back} x[{looks}]"
        rule = "What each window sends back, times the pixel that this weight multiplied there."
        return Said(formula, rule, [Products((gy, x), notes or _padded(pixels))])

    def reads(self, reach: Reach, y: Box) -> Box | None:
        layer, (filters, *rows) = reach.layer, y
        outputs, inputs = layer.out_channels // layer.groups, reach.x_shape[0] // layer.groups
        first, last = filters[0] // outputs * inputs, (filters[1] // outputs + 1) * inputs - 1
        pixels = box_read(layer.windows_over(reach.x_shape), tuple(rows))
        return pixels and ((first, last), *pixels)

    def affects(self, reach: Reach, x: Box) -> Box | None:
        layer, (channels, *pixels) = reach.layer, x
        outputs, inputs = layer.out_channels // layer.groups, reach.x_shape[0] // layer.groups
        first, last = channels[0] // inputs * outputs, (channels[1] // inputs + 1) * outputs - 1
        rows = box_affected(layer.windows_over(reach.x_shape), tuple(pixels))
        return rows and ((first, last), *rows)

    def parameter_affects(self, reach: Reach, name: str, index: Index) -> Box:
        return ((index[0], index[0]), *reach.all_y[1:])


def _group_of_filter(at: At, oc: int) -> int:
    return oc // (len(at.w["w"]) // at.layer.groups)


def _each_with(channels: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(n m,) and (n m, axes): each channel with each row, one channel after the other."""
    return np.repeat(channels, len(rows)), np.tile(rows, (len(channels), 1))


def _channel_and_pixel(channels: np.ndarray, pixels: np.ndarray) -> np.ndarray:
    """(n, 1 + axes) places; OUTSIDE where the pixel is."""
    return np.column_stack([np.where((pixels == OUTSIDE).any(axis=1), OUTSIDE, channels), pixels])


def _padded(pixels: np.ndarray) -> list[str]:
    """A note for each pixel of the padding; [] where there is none."""
    outside = (pixels == OUTSIDE).any(axis=1)
    return ["padding" if each else "" for each in outside.tolist()] if outside.any() else []
