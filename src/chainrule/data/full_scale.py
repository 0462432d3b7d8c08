"""What black and white are in an array of pixels: 0 and 255 in bytes, or 0 and 1, -1 and 1, 0 and 65535.

The same picture may come in any of them. The one it is in follows from its type and its numbers: the narrowest that
holds them all.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from chainrule.data.chunks import chunks

SLACK = 1e-6
"""How far beyond its ends a number may be, by rounding, in parts of the scale's width."""


@dataclass(frozen=True)
class Scale:
    """The numbers of the darkest and of the lightest pixel that there may be."""

    lowest: float
    highest: float

    @property
    def width(self) -> float:
        return self.highest - self.lowest

    def holds(self, other: Scale) -> bool:
        """Whether all numbers from the other's lowest to its highest are on this one."""
        slack = SLACK * self.width
        return self.lowest - slack <= other.lowest and other.highest <= self.highest + slack

    def convert(self, x: np.ndarray, to: Scale) -> np.ndarray:
        """The numbers x of this scale as those of another one, float64."""
        return to.lowest + (np.asarray(x, np.float64) - self.lowest) * (to.width / self.width)

    def inverted(self, x: np.ndarray) -> np.ndarray:
        """x with light and dark exchanged, in its type."""
        return (self.lowest + self.highest - x).astype(x.dtype)

    def __str__(self) -> str:
        return f"{self.lowest:.6g} to {self.highest:.6g}"


UNIT, SIGNED, BYTES, WORDS = Scale(0, 1), Scale(-1, 1), Scale(0, 255), Scale(0, 65535)


def span_of(x: np.ndarray) -> Scale:
    """The least and the largest number of x, which has some; it is read in parts, so that it may be on disk."""
    ends = [(x[part].min(), x[part].max()) for part in chunks(x)]
    return Scale(float(min(low for low, _ in ends)), float(max(high for _, high in ends)))


def scale_of(x: np.ndarray) -> Scale | None:
    """The full scale of pixels x; None where they fit none of those that one uses."""
    if x.dtype == np.uint8:
        return BYTES
    if x.dtype == bool:
        return UNIT
    span = span_of(x)
    return next((scale for scale in (UNIT, SIGNED, BYTES, WORDS) if scale.holds(span)), None)
