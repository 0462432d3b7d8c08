"""From a grey picture of a digit to what a network trained on MNIST has learned to see.

MNIST's makers fitted each digit into 20 x 20 pixels keeping its proportions, with antialiasing, and moved its centre
of mass to the middle of 28 x 28. The digits are white ink (255) on black (0).
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from PIL import Image

from chainrule.base.arrays import as_numbers
from chainrule.data.page.look import UNEVEN, Look, look_at
from chainrule.data.page.morphology import dilated
from chainrule.data.page.strokes import GRAIN, Figure

SIZE = 28
"""The side of the image."""
BOX = 20
"""The side of the square that the digit just fills."""
FAINT = 0.15
"""The part of the strongest ink below which a pixel at the edge of a digit is paper."""
PLAIN = 0.85
"""The part of a digit's pixels that have less ink than a tenth more of it, where all of it is one pen's."""
LIKE = 0.5
"""Digits on one page are of like size: the smaller ones have this part of the largest one's."""
THINNER = 0.15
"""And this part of its ink."""
SOFT = 1 / BOX
"""The width of a stroke's soft edge, in parts of a digit's size."""
APART = 0.08
"""Digits that stand apart have this part of their size between them; strokes of one digit have less."""
MARK = 0.08
"""What is smaller than digits, but has this part of their height, is a mark that may count: a point, a sign."""
PALE = 0.12
"""The part of the paper's light that ink of low contrast takes away."""
GRAINY = 8
"""Ink of low contrast has so many standard deviations of the paper's noise."""
WIDE = 1.5
"""A digit is hardly so many times as wide as it is high."""
SMALL = 0.12
"""The part of the picture's longer side of a digit that is hard to see."""


class Seen(NamedTuple):
    """A digit as a network sees it, and what is doubtful about it."""

    x: np.ndarray
    """(1, 28, 28) uint8."""
    doubts: tuple[str, ...] = ()
    """Each in a few words, for a warning."""


def prepare_digit(grey: np.ndarray) -> np.ndarray:
    """(1, 28, 28) uint8 from any (height, width) uint8: dark on light or light on dark, of any size, anywhere.

    DataError if it is no such array, or nothing is drawn in it.
    """
    return see_digit(grey).x


def see_digit(grey: np.ndarray) -> Seen:
    """The digit in a picture (height, width) uint8: of its strokes the main ones, without rulings, shadows and frames.

    DataError as of `prepare_digit`.
    """
    look = look_at(as_numbers(grey, "the picture"))
    main, *others = look.figures
    doubts = _doubts(look, main)
    if _alike(others, main) or len(_alike(look.apart(APART), main)) > 1:
        doubts.append("it shows more than one digit (--many reads each of several)")
    return Seen(_as_mnist(look, main), tuple(doubts))


def see_digits(grey: np.ndarray) -> list[Seen]:
    """The digits in a picture (height, width) uint8 that stand apart and are of like size, from left to right.

    DataError as of `prepare_digit`.
    """
    look = look_at(as_numbers(grey, "the picture"))
    found = look.apart(APART)
    digits = sorted(_alike(found, found[0]), key=lambda each: each.box[1])
    shared = []
    if any(a.box[2] <= b.box[0] or b.box[2] <= a.box[0] for a, b in pairwise(digits)):
        shared.append("its digits stand in more than one row")
    if any(_is_mark(each, digits) for each in found):
        shared.append("a mark beside its digits is left out")
    return [Seen(_as_mnist(look, digit), (*_doubts(look, digit), *shared)) for digit in digits]


def _is_mark(figure: Figure, digits: list[Figure]) -> bool:
    """Whether it is no digit, but may count as a point or a sign does: near them, and not too small."""
    top, bottom = min(each.box[0] for each in digits), max(each.box[2] for each in digits)
    beside = figure.box[0] < bottom and figure.box[2] > top and not figure.touches
    return beside and all(each is not figure for each in digits) and figure.size >= MARK * (bottom - top)


def _alike(figures: list[Figure], main: Figure) -> list[Figure]:
    """Those of about the size of the main one, with some of its ink, and wholly in the picture."""

    def alike(each: Figure) -> bool:
        return each.size >= LIKE * main.size and each.mass >= THINNER * main.mass and not each.touches

    return [each for each in figures if each is main or alike(each)]


def _doubts(look: Look, figure: Figure) -> list[str]:
    """What is doubtful about one of the figures seen."""
    doubts = []
    if not look.clear:
        doubts.append("it is not clear whether its ink is dark or light")
    if look.level < max(PALE, GRAINY * look.noise):
        doubts.append("its ink is hardly darker or lighter than the paper")
    if figure.even < UNEVEN:
        doubts.append("its strokes are hard to tell from shadows")
    if figure.touches:
        doubts.append("it touches the picture's border")
    if figure.width > WIDE * figure.height:
        doubts.append("it is wide for one digit")
    if figure.size < SMALL * max(look.ink.shape):
        doubts.append("it is small in the picture")
    return doubts


def _as_mnist(look: Look, figure: Figure) -> np.ndarray:
    """(1, 28, 28) uint8: the figure alone, upright if rulings show how it is turned."""
    top, left, bottom, right = figure.box
    edge = max(1, round(SOFT * figure.size))
    box = np.s_[max(0, top - edge) : bottom + edge, max(0, left - edge) : right + edge]
    ink = look.ink[box]
    ink = np.where(dilated(figure.mask[box], edge) & (ink > GRAIN * look.noise), ink, 0)
    full = min(float(ink.max()), 1.1 * float(np.quantile(look.ink[figure.mask], PLAIN)))
    ink = (ink / full).clip(max=1)
    if look.tilt:
        ink = np.asarray(Image.fromarray(ink).rotate(look.tilt, Image.Resampling.BICUBIC, expand=True)).clip(0, 1)
    return centre(fit(crop(to_bytes(ink))))[np.newaxis]


def crop(ink: np.ndarray) -> np.ndarray:
    """The smallest rectangle that holds all but the faintest ink."""
    clear = ink >= FAINT * ink.max()
    rows, columns = np.flatnonzero(clear.any(axis=1)), np.flatnonzero(clear.any(axis=0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def to_bytes(ink: np.ndarray) -> np.ndarray:
    """The same picture as uint8, with its strongest ink at 255."""
    return np.rint(ink * (255 / ink.max())).astype(np.uint8)


def fit(ink: np.ndarray) -> np.ndarray:
    """The picture with its longer side made 20 pixels."""
    scale = BOX / max(ink.shape)
    height, width = (max(1, round(side * scale)) for side in ink.shape)
    # the mean over the area that a small pixel covers; to enlarge, straight lines between pixels
    resampling = Image.Resampling.BOX if scale < 1 else Image.Resampling.BILINEAR
    return to_bytes(np.asarray(Image.fromarray(ink).resize((width, height), resampling)))


def centre(ink: np.ndarray) -> np.ndarray:
    """(28, 28): the picture with its centre of mass as near to pixel (14, 14) as whole pixels allow."""
    image = np.zeros((SIZE, SIZE), np.uint8)
    height, width = ink.shape
    top = _start(ink.sum(axis=1), height)
    left = _start(ink.sum(axis=0), width)
    image[top : top + height, left : left + width] = ink
    return image


def _start(mass: np.ndarray, length: int) -> int:
    """The first of `length` pixels among 28, so that the mean of their `mass` comes to 14."""
    mean = (mass * np.arange(length)).sum() / mass.sum()
    return int(np.clip(round(SIZE / 2 - mean), 0, SIZE - length))
