"""What pictures are, seen from their pixels: light ink on dark or dark on light; digits as MNIST's are, or not."""

from math import prod
from typing import Literal

import numpy as np

Ink = Literal["light", "dark"]

ENOUGH, PIXELS = 1000, 1 << 19
"""Pictures that are looked at, of however many, and about so many pixels of theirs together."""
BACKGROUND = 0.25
"""The part of a picture's range of levels, from either end, in which the levels of a background lie."""
EVEN = 0.75
"""The part of a picture's border that is background, where something is drawn on one."""
MAJORITY = 2 / 3
"""The part of the pictures that agree, where the set has one kind of ink."""
NEARLY_ALL = 0.95

BOX, SIDE = 20, 28
"""MNIST's digits fill a box of 20 x 20 pixels, by their longer side, and lie in images of 28 x 28."""
FAINT = 0.1
"""The part of the range of levels up to which a pixel of a prepared digit may be a compressed file's noise."""


def polarity(pixels: np.ndarray, majority: float = MAJORITY) -> Ink | None:
    """Whether these pictures, (h, w) or (n, c, h, w) in numbers of any range, have light ink on dark or dark on light.

    Something is drawn on a background where nearly all of the border is of the darkest levels, or of the lightest.
    None where fewer than that `majority` agree: photographs, say, and empty pages.
    """
    found = [each for each in drawn(_some(pixels)) if each is not None]
    light, dark = found.count("light"), found.count("dark")
    if not found or max(light, dark) < majority * len(found):
        return None
    return "light" if light > dark else "dark"


def drawn(pixels: np.ndarray) -> list[Ink | Literal["neither"] | None]:
    """The ink of each of the pictures (n, c, h, w) in numbers of any range.

    "neither" where a picture's border is not even, None where all of it is of one level.
    """
    return [_drawn(grey) for grey in pixels.mean(axis=1, dtype=np.float64)]


def looks_prepared(x: np.ndarray) -> bool:
    """Whether nearly all of the pictures x (n, 1, 28, 28), in numbers of any range, are digits as MNIST's are.

    These are light on dark, just fill a box of 20 x 20 pixels, and have their centre of mass in the middle, but for a
    pixel that rounding may move it.
    """
    if x.ndim != 4 or x.shape[1:] != (1, SIDE, SIDE) or len(x) == 0 or polarity(x) != "light":
        return False
    return bool(fill_the_box(_some(x)).mean() >= NEARLY_ALL)


def fill_the_box(x: np.ndarray) -> np.ndarray:
    """(n,) which of the pictures (n, 1, 28, 28) have light ink of that size, in the middle."""
    ink = x[:, 0].astype(np.float64)
    ink -= ink.min(axis=(1, 2), keepdims=True)
    ink[ink <= FAINT * ink.max(axis=(1, 2), keepdims=True)] = 0
    sides = [_extent(ink.any(axis=axis)) for axis in (1, 2)]
    longer = np.maximum(*sides)
    fits = (longer <= BOX) & (longer >= BOX - 2)
    mass = np.maximum(ink.sum(axis=(1, 2)), 1e-30)
    means = [(ink.sum(axis=axis) * np.arange(SIDE)).sum(axis=1) / mass for axis in (1, 2)]
    central = np.all([np.abs(mean - SIDE / 2) <= 1 for mean in means], axis=0)
    return fits & central


def _some(pixels: np.ndarray) -> np.ndarray:
    """(m, c, h, w) of the pictures (n, c, h, w), evenly from all of them; or the one (h, w)."""
    if pixels.ndim == 2:
        return pixels[np.newaxis, np.newaxis]
    most = max(1, min(ENOUGH, PIXELS // prod(pixels.shape[1:])))
    return pixels[:: max(1, -(-len(pixels) // most))]


def _drawn(grey: np.ndarray) -> Ink | Literal["neither"] | None:
    """The ink of one picture (h, w)."""
    low, high = grey.min(), grey.max()
    if not high > low:
        return None
    edge = (np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]]) - low) / (high - low)
    if (edge <= BACKGROUND).mean() >= EVEN:
        return "light"
    return "dark" if (edge >= 1 - BACKGROUND).mean() >= EVEN else "neither"


def _extent(used: np.ndarray) -> np.ndarray:
    """(n,) how many from the first to the last that is used, of each row of `used` (n, length)."""
    first, after = used.argmax(axis=1), used.shape[1] - used[:, ::-1].argmax(axis=1)
    return np.where(used.any(axis=1), after - first, 0)
