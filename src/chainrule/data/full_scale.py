"""What black and white are in an array of pixels: 0 and 255 in bytes, or 0 and 1, -1 and 1, 0 and 65535.

The same picture may come in any of them. The one it is in follows from its type and its numbers: the narrowest that
holds them all.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from chainrule.data.chunks import chunks

FILLED = 0.6
"""The part of a scale that most sets of pixels reach over."""
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

    def is_filled_by(self, span: Scale) -> bool:
        """Whether numbers of that span reach over most of it, as pixels do that are not faint, nor of another scale."""
        return span.width >= FILLED * self.width

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


UNIT, SIGNED, BYTES, WORDS = Scale(0.0, 1.0), Scale(-1.0, 1.0), Scale(0.0, 255.0), Scale(0.0, 65535.0)


def span_of(x: np.ndarray) -> Scale:
    """The least and the largest number of x, which has some; it is read in parts, so that it may be on disk."""
    ends = [(x[part].min(), x[part].max()) for part in chunks(x)]
    return Scale(float(min(low for low, _ in ends)), float(max(high for _, high in ends)))


def scale_of(x: np.ndarray) -> Scale | None:
    """The full scale of pixels x; None where they fit none of those that one uses.

    Bytes of 0 and 1 alone are pixels from 0 to 1, as in a picture of two levels.
    """
    if x.dtype == bool:
        return UNIT
    span = span_of(x)
    if x.dtype == np.uint8:
        return UNIT if span.highest == 1 else BYTES
    return next((scale for scale in (UNIT, SIGNED, BYTES, WORDS) if scale.holds(span)), None)


def trained_scale(x: np.ndarray) -> Scale | None:
    """The full scale of a training's pixels: where the usual one is hardly filled, from 0 to the largest of them.

    So 12 bits are 0 to 4095, and the digits of scikit-learn 0 to 16.
    """
    scale = scale_of(x)
    if scale is None or x.dtype == np.uint8 or scale.lowest < 0 or scale.is_filled_by(span := span_of(x)):
        return scale
    return Scale(0.0, span.highest) if span.highest > 0 else scale
