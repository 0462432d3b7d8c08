"""Ink on paper: how far each pixel of a picture is from the paper around it, whatever light falls on both."""

from typing import NamedTuple

import numpy as np
from PIL import Image

from chainrule.data.ink import Ink
from chainrule.data.page.morphology import closing

WIDEST = 0.42
"""Strokes are narrower than this part of the picture's longer side; what is wider is paper, or the desk beside it."""
DARKEST = 0.2
"""Ink is measured in parts of the paper's own light, of paper in shadow too, up to this part of the lightest."""
THIN = 0.12
"""Most strokes are narrower than this part of the picture's longer side."""
COARSE = 32
"""The longer side of a coarse copy of a picture."""
CLEARLY = 3
"""So many times more of one kind of ink than of the other is clear."""
FIFTH = 0.2533
"""A fifth of all normal variables are within so many standard deviations of the mean."""
GRAIN = 3
"""The distance in pixels at which the levels of even paper no longer depend on each other."""


class Page(NamedTuple):
    """A picture's ink."""

    ink: np.ndarray  # (h, w) float32: 0 is paper, 1 the farthest that a pixel can be from it
    noise: float  # the standard deviation of the paper's


def page(grey: np.ndarray, kind: Ink, widest: float = WIDEST) -> Page:
    """The ink of a picture (h, w) uint8 that is known to be darker, or lighter, than paper.

    The paper is the picture without all that is narrower than the `widest` stroke: its closing, for dark ink.
    """
    levels = grey.astype(np.float32) / 255
    width = max(3, round(widest * max(grey.shape)))
    if kind == "dark":
        paper = closing(levels, width)
        ink = (paper - levels) / np.maximum(paper, DARKEST * paper.max() + 1e-6)
    else:
        ink = levels - 1 + closing(1 - levels, width)
    return Page((ink - np.median(ink)).clip(min=0), noise_of(ink))


def likely_ink(grey: np.ndarray) -> tuple[Ink, bool]:
    """Whether a picture (h, w) uint8 has dark ink or light, and whether that is clear.

    Strokes are the few thin things that are unlike all around them. What lies between strokes is thin too, but like
    its surroundings; the desk is unlike, but not thin.
    """
    levels = grey.astype(np.float32) / 255
    width = max(3, round(THIN * max(grey.shape)))
    beyond = levels - _median_around(levels)
    dark = np.minimum(-beyond, closing(levels, width) - levels).clip(min=0)
    light = np.minimum(beyond, closing(1 - levels, width) - 1 + levels).clip(min=0)
    light, dark = (float((part**3).sum()) for part in (light, dark))
    return "light" if light > dark else "dark", max(light, dark) > CLEARLY * min(light, dark)


def _median_around(levels: np.ndarray) -> np.ndarray:
    """(h, w): the median of a third of the picture around each pixel, from a coarse copy of it."""
    image, scale = Image.fromarray(levels), min(1, COARSE / max(levels.shape))
    coarse = np.asarray(image.resize([max(1, round(side * scale)) for side in image.size], Image.Resampling.BOX))
    half = COARSE // 6
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(coarse, half, mode="edge"), (2 * half + 1,) * 2)
    median = np.median(windows.reshape(*coarse.shape, -1), axis=2)
    return np.asarray(Image.fromarray(median).resize(image.size, Image.Resampling.BILINEAR))


def noise_of(image: np.ndarray) -> float:
    """The standard deviation of the noise in an image, from the fifth of its pixels that differ least from others."""
    steps = [np.abs(image[GRAIN:] - image[:-GRAIN]).ravel(), np.abs(image[:, GRAIN:] - image[:, :-GRAIN]).ravel()]
    both = np.concatenate(steps)
    return float(np.quantile(both, 0.2)) / (FIFTH * 2**0.5) if len(both) else 0.0
