"""The colours of all that is shown, and numbers that become colours.

A map is a palette of LEVELS colours, and two more: of what is no finite number, and of the gap between two pictures.

SEQUENTIAL  for values: viridis by S. van der Walt and N. Smith (2015, CC0)
DIVERGING   for gradients: 0 is almost transparent, so that it recedes on a light and on a dark page alike; the ends
            stand out on both, as light as each other
PAPER       for what is below and above 0 on a white page: 0 is white
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

LEVELS = 127  # odd: one is in the middle
NOT_FINITE, GAP = LEVELS, LEVELS + 1
BLUE, VERMILION, GREEN = "#0072b2", "#d55e00", "#009e73"  # by M. Okabe, K. Ito (2002), for all kinds of eyes
GREY = "#666666"
BELOW, ABOVE = "#1f8fd6", "#ea6a10"  # lighter than the first two
MAGENTA = "#ff00c8"  # in no map
ZERO, HALFWAY = "#80808028", "b0"  # opacities: few gradients are large, so small ones are to be seen, too
VIRIDIS = ["#440154", "#472d7b", "#3b528b", "#2c728e", "#21918c", "#28ae80", "#5ec962", "#addc30", "#fde725"]


class ColourMap:
    """Colours between `stops` ("#rrggbb" or "#rrggbbaa") at equal distances; `around_zero`: 0 is in the middle."""

    def __init__(self, name: str, stops: Sequence[str], around_zero: bool = False) -> None:
        self.name, self.around_zero = name, around_zero
        self.css = ",".join(stops)
        self.palette = np.stack([*mixed(stops), rgba(MAGENTA), rgba("#00000000")])  # (LEVELS + 2, 4) bytes


def rgba(colour: str) -> np.ndarray:
    """(4,) uint8 of "#rrggbb" or "#rrggbbaa"."""
    return np.frombuffer(bytes.fromhex(colour[1:].ljust(8, "f")), np.uint8)


def mixed(stops: Sequence[str]) -> np.ndarray:
    """(LEVELS, 4) uint8, mixed as CSS does it: linearly, each colour by its opacity."""
    given = np.stack([rgba(stop) for stop in stops]) / 255
    given[:, :3] *= given[:, 3:]
    at, places = np.linspace(0, len(stops) - 1, LEVELS), np.arange(len(stops))
    found = np.stack([np.interp(at, places, channel) for channel in given.T], axis=1)
    found[:, :3] /= found[:, 3:]
    return np.rint(found * 255).astype(np.uint8)


SEQUENTIAL = ColourMap("sequential", VIRIDIS)
DIVERGING = ColourMap("diverging", [BELOW, BELOW + HALFWAY, ZERO, ABOVE + HALFWAY, ABOVE], around_zero=True)
PAPER = ColourMap("paper", [BLUE, "#ffffff", VERMILION], around_zero=True)


@dataclass(frozen=True)
class Scale:
    """Which number gets which colour: `low` and `high` the map's ends."""

    colours: ColourMap
    low: float
    high: float

    @classmethod
    def of(cls, values: np.ndarray, colours: ColourMap) -> "Scale":
        """From the least to the greatest finite value; of a map around zero, as far to both sides of it."""
        finite = values[np.isfinite(values)].astype(np.float64)
        if not finite.size:
            return cls(colours, 0.0, 0.0)
        low, high = float(finite.min()), float(finite.max())
        if colours.around_zero:
            high = max(abs(low), abs(high))
            low = -high
        return cls(colours, low, high)

    def levels(self, values: np.ndarray) -> np.ndarray:
        """uint8 of values' shape: the place of each value's colour in the palette."""
        half = self.high / 2 - self.low / 2  # halves first: high - low may overflow
        finite = np.isfinite(values)
        known = np.where(finite, values, self.low).astype(np.float64)
        if half > 0:
            part = (known / 2 - self.low / 2) / half
        else:
            part = np.full(values.shape, 0.5 if self.colours.around_zero else 0.0)
        return np.where(finite, np.rint(part * (LEVELS - 1)), NOT_FINITE).astype(np.uint8)
