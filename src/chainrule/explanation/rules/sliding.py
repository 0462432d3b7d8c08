"""What looks through windows: which pixels a window holds, which windows hold a pixel, and how a formula says it."""

from __future__ import annotations

from itertools import product

import numpy as np

from chainrule.explanation.at import Index
from chainrule.explanation.rules.rule import Box
from chainrule.explanation.terms import OUTSIDE
from chainrule.layers.windows import Windows

OFFSETS, PIXELS = {1: ("dj",), 2: ("di", "dj")}, {1: ("j",), 2: ("i", "j")}
"""The letters of a formula, by the number of axes of pixels."""


def offsets(at: Windows) -> np.ndarray:
    """(m, axes): every offset in a window, row by row."""
    return np.indices(at.size).reshape(len(at.size), -1).T


def pixels_of(at: Windows, window: Index | np.ndarray, offset: np.ndarray) -> np.ndarray:
    """(m, axes): the pixels at the offsets in the window, or in the windows; OUTSIDE in the padding."""
    before = np.array([first for first, _ in at.padding])
    found = np.array(at.stride) * np.asarray(window) + np.array(at.dilation) * offset - before
    found[((found < 0) | (found >= np.array(at.pixels))).any(axis=1)] = OUTSIDE
    return found


def windows_with(at: Windows, pixel: Index) -> tuple[np.ndarray, np.ndarray]:
    """(m, axes) the windows that hold a pixel, and (m, axes) at which offsets."""
    along = []
    for k, p in enumerate(pixel):
        stride, dilation, before = at.stride[k], at.dilation[k], at.padding[k][0]
        starts = [(p + before - dilation * d, d) for d in reversed(range(at.size[k]))]
        along.append([(s // stride, d) for s, d in starts if s % stride == 0 and 0 <= s // stride < at.counts[k]])
    found = np.array(list(product(*along)), np.int64).reshape(-1, len(pixel), 2)
    return found[..., 0], found[..., 1]


def box_read(at: Windows, y: Box) -> Box | None:
    """The pixels that windows from .. to look at; None: nothing but padding."""
    found = []
    for k, (first, last) in enumerate(y):
        start = at.stride[k] * first - at.padding[k][0]
        end = at.stride[k] * last - at.padding[k][0] + at.spans[k] - 1
        found.append((max(start, 0), min(end, at.pixels[k] - 1)))
    return boxed(found)


def box_affected(at: Windows, x: Box) -> Box | None:
    """The windows that look at pixels from .. to; None: at these none does."""
    found = []
    for k, (first, last) in enumerate(x):
        before, stride = at.padding[k][0], at.stride[k]
        start = -(-(first + before - at.spans[k] + 1) // stride)
        found.append((max(start, 0), min((last + before) // stride, at.counts[k] - 1)))
    return boxed(found)


def boxed(along: list[tuple[int, int]]) -> Box | None:
    """The box; None if it is empty."""
    return tuple(along) if all(first <= last for first, last in along) else None


def seen(at: Windows, window: Index) -> list[str]:
    """The pixels of a window as a formula has them: ["5+di", "7+dj"]."""
    found = []
    for k, d in enumerate(OFFSETS[len(window)]):
        start = at.stride[k] * window[k] - at.padding[k][0]
        found.append(sum_text(start, times(at.dilation[k], d)))
    return found


def looking(at: Windows, pixel: Index) -> tuple[list[str], str]:
    """The windows that hold a pixel, likewise: ["5-di", "7-dj"]; and what else must hold, where that is a division."""
    found = []
    for k, d in enumerate(OFFSETS[len(pixel)]):
        text = f"{pixel[k] + at.padding[k][0]}-{times(at.dilation[k], d)}"
        found.append(f"({text})/{at.stride[k]}" if at.stride[k] > 1 else text)
    return found, ", where that is a whole number" if max(at.stride) > 1 else ""


def moved(at: Windows, offset: Index) -> list[str]:
    """The pixels at one offset in all windows, likewise: ["i+1", "j+1"]."""
    found = []
    for k, i in enumerate(PIXELS[len(offset)]):
        by = at.dilation[k] * offset[k] - at.padding[k][0]
        found.append(times(at.stride[k], i) + (f"{by:+d}" if by else ""))
    return found


def times(n: int, text: str) -> str:
    """As in "2 di"; "di" of 1."""
    return text if n == 1 else f"{n} {text}"


def sum_text(n: int, text: str) -> str:
    """As in "5+di", "di-1", "di"."""
    return f"{n}+{text}" if n > 0 else f"{text}{n}" if n else text
