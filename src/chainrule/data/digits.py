"""From a grey picture of a digit to what a network trained on MNIST has learned to see.

MNIST's makers fitted each digit into 20 x 20 pixels keeping its proportions, with antialiasing, and moved its centre
of mass to the middle of 28 x 28. The digits are white ink (255) on black (0).
"""

import numpy as np
from PIL import Image, ImageFilter

from chainrule.base.errors import DataError

SIZE = 28
"""The side of the image."""
BOX = 20
"""The side of the square that the digit just fills."""
CONTRAST = 20
"""Grey levels that ink must differ from the background by; less is an empty page."""
NOISE = 0.15
"""The part of the strongest ink below which a pixel is paper and not ink, on a page that is even at its border."""


def prepare_digit(grey: np.ndarray) -> np.ndarray:
    """(1, 28, 28) uint8 from any (height, width) uint8: dark on light or light on dark, of any size, anywhere.

    DataError if it is no such array, or nothing is drawn in it.
    """
    if grey.ndim != 2 or grey.dtype != np.uint8 or grey.size == 0:
        raise DataError(f"the image is {grey.dtype} of shape {grey.shape}; expected uint8 (height, width)")
    return centre(fit(crop(find_ink(grey))))[np.newaxis]


def find_ink(grey: np.ndarray) -> np.ndarray:
    """(height, width) float64: how far each pixel is from the background, to its dark or its light side; none is 0."""
    background = np.median(border(grey))
    darkest, lightest = float(grey.min()), float(grey.max())
    if background > (darkest + lightest) / 2:
        ink = background - grey.clip(max=background)
    else:
        ink = grey.clip(min=background) - background
    if ink.max() < CONTRAST:
        levels = f"its grey levels go from {darkest:.0f} to {lightest:.0f}"
        raise DataError(f"the image is blank: {levels}; expected ink at least {CONTRAST} darker or lighter than paper")
    return ink


def crop(ink: np.ndarray) -> np.ndarray:
    """(h, w) uint8: the smallest rectangle that holds all clear ink; paper in it is 0.

    Beside clear ink a faint pixel is a stroke's soft edge and stays. Elsewhere it is the paper's grain or a shadow:
    the more there is of them at the border, the stronger clear ink must be.
    """
    grain = np.quantile(border(ink), 0.9) / ink.max()
    clear = ink >= min(NOISE + 2 * grain, 0.5) * ink.max()
    rows = np.flatnonzero(clear.any(axis=1))
    columns = np.flatnonzero(clear.any(axis=0))
    box = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return to_bytes(np.where(with_neighbours(clear[box]), ink[box], 0))


def with_neighbours(mask: np.ndarray) -> np.ndarray:
    """The pixels of a mask (bool) and those that touch one of them."""
    return np.asarray(Image.fromarray(mask.astype(np.uint8)).filter(ImageFilter.MaxFilter(3))) > 0


def to_bytes(ink: np.ndarray) -> np.ndarray:
    """The same picture as uint8, with its strongest ink at 255."""
    return np.rint(ink * (255 / ink.max())).astype(np.uint8)


def border(image: np.ndarray) -> np.ndarray:
    """The pixels of the four sides, in one row."""
    return np.concatenate([image[0], image[-1], image[:, 0], image[:, -1]])


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
