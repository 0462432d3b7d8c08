"""A look at a picture that finds the figures drawn in it, whatever the paper, the light and the rulings."""

from typing import NamedTuple

import numpy as np
from PIL import Image, ImageFilter

from chainrule.base.errors import DataError
from chainrule.data.ink import Ink, polarity
from chainrule.data.page.paper import WIDEST, likely_ink, noise_of, page
from chainrule.data.page.rulings import without_lines
from chainrule.data.page.strokes import Figure, figures, level_of

CONTRAST = 20
"""Grey levels that ink must differ from the background by; less is an empty page."""
SIDE = 320
"""The longer side to which a larger picture is reduced, to look for strokes."""
RULED = 40
"""The shorter side from which on lines can be told from strokes."""
BLUR = 256
"""Noise is smoothed over the longer side, divided by this."""
NOISY = 0.012
"""Noise, in parts of white, from which on a picture is smoothed."""
SOLID = 0.22
"""The width of a pen, in parts of a digit's size; what is wider is hardly a stroke."""
LARGE = 0.7
"""The part of the picture's longer side that is hardly a digit, but something around it."""
UNEVEN = 0.6
"""The part of a figure's pixels that are clear ink; if fewer are, part of it is shadow."""
PENS = 3
"""Shadows are wider than so many strokes."""


class Look(NamedTuple):
    """What is seen in a picture, maybe reduced."""

    ink: np.ndarray  # (h, w) float32, from 0 (paper), without rulings
    noise: float  # the paper's standard deviation
    level: float  # what clear strokes have of ink
    tilt: float  # degrees by which rulings are turned, clockwise; 0 if there are none
    figures: list[Figure]  # the most likely digit first
    clear: bool  # whether it is clear that its ink is dark, or light

    def apart(self, gap: float) -> list[Figure]:
        """The figures, if strokes belong together that are nearer than `gap` of their size."""
        return figures(self.ink, self.noise, gap)

    @property
    def trust(self) -> float:
        """How much the main figure is like strokes that stand out."""
        if not self.figures:
            return 0.0
        main = self.figures[0]
        doubt = (0.3 if main.pen > SOLID else 1) * (0.3 if main.size > LARGE * max(self.ink.shape) else 1)
        return self.level * main.even * doubt


def look_at(grey: np.ndarray) -> Look:
    """What is drawn in a picture (height, width) uint8.

    DataError if it is no such array, or nothing is drawn in it.
    """
    if grey.ndim != 2 or grey.dtype != np.uint8 or grey.size == 0:
        raise DataError(f"the image is {grey.dtype} of shape {grey.shape}; expected uint8 (height, width)")
    darkest, lightest = int(grey.min()), int(grey.max())
    if lightest - darkest < CONTRAST:
        levels = f"its grey levels go from {darkest} to {lightest}"
        raise DataError(f"the image is blank: {levels}; expected ink at least {CONTRAST} darker or lighter than paper")
    small = reduced(grey)
    kind = polarity(small)
    kind, clear = (kind, True) if kind else likely_ink(small)
    look = _look_for(small, kind)
    if not clear or not look.figures:
        other = _look_for(small, "light" if kind == "dark" else "dark")
        look = max(look, other, key=lambda each: each.trust)._replace(clear=False)
    if not look.figures:
        raise DataError("the image is all grain: nothing stands out from it; expected a digit")
    return look


def _look_for(grey: np.ndarray, kind: Ink) -> Look:
    """What is seen if ink is of that kind; a second time, with narrower strokes in mind, if a shadow is in the way."""
    look = _look_once(grey, kind, WIDEST)
    if look.figures and look.figures[0].even < UNEVEN:
        main = look.figures[0]
        widest = PENS * main.pen * main.size / max(grey.shape)
        again = _look_once(grey, kind, min(WIDEST, widest))
        if again.trust > look.trust:
            return again
    return look


def _look_once(grey: np.ndarray, kind: Ink, widest: float) -> Look:
    ink, noise = page(grey, kind, widest)
    tilts: list[float] = []
    if min(grey.shape) >= RULED:
        ink, tilts = without_lines(ink, noise)
    tilt = float(np.median(tilts)) if tilts else 0.0
    return Look(ink, noise, level_of(ink), tilt, figures(ink, noise), clear=True)


def reduced(grey: np.ndarray) -> np.ndarray:
    """The picture, no larger than needed to see strokes, and with less noise if there is much."""
    image = Image.fromarray(grey).reduce(-(-max(grey.shape) // SIDE))
    if noise_of(np.asarray(image, np.float32) / 255) > NOISY:
        image = image.filter(ImageFilter.GaussianBlur(max(image.size) / BLUR))
    return np.asarray(image)
