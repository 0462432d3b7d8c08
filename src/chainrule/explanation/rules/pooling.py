"""Pooling: of each window the largest number, or the mean; and what comes back to each of its pixels."""

from math import isnan, prod

import numpy as np

from chainrule.explanation.at import At, Index, Said, all_places, text
from chainrule.explanation.rules.rule import Box, Reach, Rule, explains, whole
from chainrule.explanation.rules.sliding import (
    OFFSETS,
    box_affected,
    box_read,
    looking,
    offsets,
    pixels_of,
    seen,
    windows_with,
)
from chainrule.explanation.terms import OUTSIDE, Column, Products, all_alike
from chainrule.layers import AveragePooling, GlobalAveragePooling, MaxPooling
from chainrule.layers.windows import Windows

LARGEST = "the largest of its window"


class OfWindows(Rule):
    """What both have in common."""

    def reads(self, reach: Reach, y: Box) -> Box | None:
        pixels = box_read(reach.layer.windows_over(reach.x_shape), y[1:])
        return pixels and (y[0], *pixels)

    def affects(self, reach: Reach, x: Box) -> Box | None:
        rows = box_affected(reach.layer.windows_over(reach.x_shape), x[1:])
        return rows and (x[0], *rows)


@explains(MaxPooling)
class OfMaxPooling(OfWindows):
    def value(self, at: At, index: Index) -> Said:
        windows, (channel, *window) = at.layer.windows_over(at.x_shape), index
        places = _inside(windows, channel, tuple(window))
        x = at.x(places)
        wins = np.arange(len(places)) == winner(x.values)
        y, looks = text(*index), text(channel, *seen(windows, tuple(window)))
        formula = f"y[{y}] = max over {text(*OFFSETS[len(window)])} of x[{looks}]"
        notes = [LARGEST if each else "" for each in wins.tolist()]
        return Said(formula, "The largest pixel of the window.", [Products((x, _chosen("is largest", wins)), notes)])

    def by_input(self, at: At, index: Index, read: int) -> Said:
        windows, (channel, *pixel) = at.layer.windows_over(at.x_shape), index
        found, _ = windows_with(windows, tuple(pixel))
        wins = np.array([self._wins(at, windows, index, tuple(window)) for window in found.tolist()], bool)
        gy = at.gy(np.column_stack([np.full(len(found), channel), found]))
        letters, (looks, where) = OFFSETS[len(pixel)], looking(windows, tuple(pixel))
        formula = (
            f"dL/dx[{text(*index)}] = sum over {text(*letters)} of dL/dy[{text(channel, *looks)}] "
            f"[x[{text(*index)}] is the largest there]{where}"
        )
        rule = "What the windows send back in which this pixel is the largest; the others send it 0."
        notes = [LARGEST if each else "another is larger" for each in wins.tolist()]
        return Said(formula, rule, [Products((gy, Column("is largest", wins.astype(np.float64))), notes)])

    def _wins(self, at: At, windows: Windows, index: Index, window: Index) -> bool:
        places = _inside(windows, index[0], window)
        return tuple(places[winner(at.x(places).values)].tolist()) == index


@explains(AveragePooling)
class OfAveragePooling(OfWindows):
    def value(self, at: At, index: Index) -> Said:
        windows, (channel, *window) = at.layer.windows_over(at.x_shape), index
        places = _inside(windows, channel, tuple(window))
        n = self._numbers(at, windows, tuple(window))
        looks = text(channel, *seen(windows, tuple(window)))
        formula = f"y[{text(*index)}] = 1/{n} sum over {text(*OFFSETS[len(window)])} of x[{looks}]"
        zeros = n - len(places)
        rule = (
            f"The mean of the window's {n} pixels{f', of which {zeros} are 0, as they are padding' if zeros else ''}."
        )
        return Said(formula, rule, [Products((at.x(places), all_alike("1/n", 1 / n, len(places))))])

    def by_input(self, at: At, index: Index, read: int) -> Said:
        windows, (channel, *pixel) = at.layer.windows_over(at.x_shape), index
        found, _ = windows_with(windows, tuple(pixel))
        shares = np.array([1 / self._numbers(at, windows, tuple(window)) for window in found.tolist()])
        gy = at.gy(np.column_stack([np.full(len(found), channel), found]))
        letters, (looks, where) = OFFSETS[len(pixel)], looking(windows, tuple(pixel))
        sent = f"1/n dL/dy[{text(channel, *looks)}]"
        formula = f"dL/dx[{text(*index)}] = sum over {text(*letters)} of {sent}{where}"
        rule = "What each window with this pixel sends back, by the number n of pixels that it is the mean of."
        return Said(formula, rule, [Products((gy, Column("1/n", shares)))])

    def _numbers(self, at: At, windows: Windows, window: Index) -> int:
        """n of the window."""
        return prod(windows.size) if at.layer.count_include_pad else len(_inside(windows, 0, window))


@explains(GlobalAveragePooling)
class OfGlobalAveragePooling(Rule):
    def value(self, at: At, index: Index) -> Said:
        (channel,), pixels = index, all_places(at.x_shape[1:])
        n, letters = len(pixels), text(*"ij"[-pixels.shape[1] :])
        x = at.x(np.column_stack([np.full(n, channel), pixels]))
        formula = f"y[{channel}] = 1/{n} sum over {letters} of x[{channel},{letters}]"
        return Said(formula, f"The mean of the channel's {n} pixels.", [Products((x, all_alike("1/n", 1 / n, n)))])

    def by_input(self, at: At, index: Index, read: int) -> Said:
        channel, n = index[0], prod(at.x_shape[1:])
        formula = f"dL/dx[{text(*index)}] = 1/{n} dL/dy[{channel}]"
        rule = f"What the channel's mean sends back, by the {n} pixels that it is the mean of."
        return Said(formula, rule, [Products((at.gy(np.array([[channel]])), all_alike("1/n", 1 / n, 1)))])

    def reads(self, reach: Reach, y: Box) -> Box:
        return (y[0], *whole(reach.x_shape[1:]))

    def affects(self, reach: Reach, x: Box) -> Box:
        return (x[0],)


def winner(values: np.ndarray) -> int:
    """Which is the largest: the first NaN, or else the first of the maxima."""
    return next((k for k, each in enumerate(values.tolist()) if isnan(each)), int(values.argmax()))


def _chosen(symbol: str, wins: np.ndarray) -> Column:
    return Column(symbol, wins.astype(np.float64), chooses=True)


def _inside(windows: Windows, channel: int, window: Index) -> np.ndarray:
    """(m, 1 + axes): x's own pixels in a window, row by row."""
    pixels = pixels_of(windows, window, offsets(windows))
    pixels = pixels[(pixels != OUTSIDE).all(axis=1)]
    return np.column_stack([np.full(len(pixels), channel), pixels])
