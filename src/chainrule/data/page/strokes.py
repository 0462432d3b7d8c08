"""The strokes in a picture's ink, and which of them are one digit."""

from typing import NamedTuple

import numpy as np

from chainrule.data.page.morphology import Components, components, dilated

EDGE = 0.3
"""A stroke's pixels have at least this part of its ink."""
CLEAR = 0.55
"""Somewhere in it a stroke has this part of the strongest strokes' ink."""
STRONGEST = 300
"""One pixel in so many, at least, belongs to the strongest strokes."""
GRAIN = 3.5
"""Noise is weaker than so many standard deviations."""
GAP = 0.16
"""The strokes of one digit are nearer to each other than this part of its size."""
SPECK = 0.03
"""The ink of a stroke is at least this part of its digit's."""
PALE = 0.6
"""The strokes of one digit have at least this part of the main one's ink in each pixel."""
FRAME, IN_FRAME = 0.25, 0.25
"""A frame has this part of the picture's longer side, and what is framed this part of the frame's."""
MOST = 12
"""Digits that are looked for."""

Box = tuple[int, int, int, int]  # the first row and column, and those behind the last


class Figure(NamedTuple):
    """Strokes that may be one digit."""

    mask: np.ndarray  # (h, w) bool
    box: Box
    even: float  # the part of its pixels that are clear ink, and no shadow or soft edge
    touches: bool  # the picture's border
    mass: float  # the sum of its ink
    likely: float  # how likely it is the digit that is meant: by its ink, and how near the middle it is

    @property
    def height(self) -> int:
        return self.box[2] - self.box[0]

    @property
    def width(self) -> int:
        return self.box[3] - self.box[1]

    @property
    def size(self) -> int:
        """The longer side of its box."""
        return max(self.height, self.width)

    @property
    def pen(self) -> float:
        """The mean width of its strokes, in parts of its size: the pixels, over those on one side of the strokes."""
        mask = np.pad(self.mask, 1)
        inner = mask[2:, 1:-1] & mask[:-2, 1:-1] & mask[1:-1, 2:] & mask[1:-1, :-2]
        area = self.mask.sum()
        return float(2 * area / max(1, area - (inner & self.mask).sum()) / self.size)


def level_of(ink: np.ndarray) -> float:
    """What the strongest strokes in some ink have of it."""
    count = max(8, ink.size // STRONGEST)
    return float(np.median(np.partition(ink, max(0, ink.size - count), axis=None)[-count:]))


def figures(ink: np.ndarray, noise: float, gap: float = GAP) -> list[Figure]:
    """What may be digits in the ink (h, w) of a picture, the most likely first; its noise is a standard deviation.

    Strokes that are nearer than `gap` of their size are one figure; what goes round another one, as a box, is none.
    """
    level = level_of(ink)
    found = components(ink > max(EDGE * level, GRAIN * noise))
    clear = ink > max(CLEAR * level, (GRAIN + 1) * noise)
    touches = _on_border(found.labels, clear, found.n)
    strokes = _Strokes(found, found.sums(ink), found.boxes(), touches)
    seen = found.sums(clear) > 0
    seen[0] = False
    seen &= ~_frames(found, strokes.boxes, seen)
    middle = np.abs((strokes.boxes[:, :2] + strokes.boxes[:, 2:]) / 2 / ink.shape - 0.5).max(axis=1) * 2
    likely = strokes.mass * seen * np.where(touches, 0.05, 1) * (1.2 - middle)
    rest = likely > 0.01 * likely.max()
    result: list[Figure] = []
    while rest.any() and len(result) < MOST:
        members = strokes.near(int(np.where(rest, likely, 0).argmax()), rest, gap)
        rest &= ~members
        at = strokes.boxes[members]
        box = (*at[:, :2].min(axis=0).tolist(), *at[:, 2:].max(axis=0).tolist())
        mask = members[found.labels]
        even = float((ink[mask] > CLEAR * level).mean())
        sums = (float(each[members].sum()) for each in (strokes.mass, likely))
        result.append(Figure(mask, box, even, bool(touches[members].any()), *sums))
    return sorted(result, key=lambda figure: -figure.likely)


def _frames(found: Components, boxes: np.ndarray, clear: np.ndarray) -> np.ndarray:
    """(n + 1,) bool: which of the clear parts go round another one that is large enough for a digit."""
    frames = np.zeros(found.n + 1, bool)
    sizes = (boxes[:, 2:] - boxes[:, :2]).max(axis=1)
    for k in np.flatnonzero(clear & (sizes >= FRAME * max(found.labels.shape))):
        top, left, bottom, right = boxes[k]
        labels = np.pad(found.labels[top:bottom, left:right], 1)
        ground = components(labels != k).labels
        inside = np.unique(labels[(ground != ground[0, 0]) & (labels != k)])
        frames[k] = bool((clear[inside] & (sizes[inside] >= IN_FRAME * sizes[k])).any())
    return frames


class _Strokes(NamedTuple):
    """Each connected part, by its number; 0 is none."""

    found: Components
    mass: np.ndarray
    boxes: np.ndarray
    touches: np.ndarray

    def near(self, first: int, rest: np.ndarray, gap: float) -> np.ndarray:
        """(n,) which of the `rest` are one figure with the first."""
        members = np.arange(len(rest)) == first
        area = np.bincount(self.found.labels.ravel(), minlength=len(rest))
        strong = self.mass / area >= PALE * self.mass[first] / area[first]
        while True:
            at = self.boxes[members]
            (top, left), (bottom, right) = at[:, :2].min(axis=0), at[:, 2:].max(axis=0)
            reach = max(1, round(gap * max(bottom - top, right - left)))
            window = np.s_[max(0, top - reach) : bottom + reach, max(0, left - reach) : right + reach]
            labels = self.found.labels[window]
            close = np.zeros(len(rest), bool)
            close[labels[dilated(members[labels], reach)]] = True
            close &= rest & strong & ~members & (self.mass > SPECK * self.mass[members].sum())
            if not self.touches[first]:
                close &= ~self.touches
            if not close.any():
                return members
            members |= close


def _on_border(labels: np.ndarray, clear: np.ndarray, count: int) -> np.ndarray:
    """(n + 1,) bool: which parts have a clear pixel on the picture's border."""
    touches = np.zeros(count + 1, bool)
    for side in (np.s_[0], np.s_[-1], np.s_[:, 0], np.s_[:, -1]):
        touches[labels[side][clear[side]]] = True
    return touches
