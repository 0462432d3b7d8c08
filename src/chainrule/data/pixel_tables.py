"""Tables whose columns are the pixels of an image, as MNIST is often handed on: their images, (n, c, i, j)."""

import math
import re
from collections.abc import Sequence

import numpy as np

from chainrule.base.errors import DataError, UsageError, warn
from chainrule.base.numbers import whole_of

Shape = tuple[int, ...]  # height, width; or channels, height, width
LEAST = 8
"""The side of the smallest image that is guessed."""
PIXEL = re.compile(r"(pixel|pix|px)[ _.-]?0*(\d+)", re.IGNORECASE)
PLACE = re.compile("([0-9]{1,9})x([0-9]{1,9})")
"""Names of a pixel, by its number or by its row and column."""


def pixel_shape(names: Sequence[str], named: bool) -> Shape | None:
    """(height, width) that the names of columns or their count speak for; None if nothing does.

    Columns that have names of their own are no pixels; those that are only counted are, if they are a square.
    """
    first, last = PLACE.fullmatch(names[0]), PLACE.fullmatch(names[-1])
    if first and last:
        height, width = (int(last[k]) - int(first[k]) + 1 for k in (1, 2))
        return (height, width) if height * width == len(names) else None
    side = math.isqrt(len(names))
    called_so = not named or are_counted(names) or all(map(PIXEL.fullmatch, names))
    return (side, side) if side >= LEAST and side * side == len(names) and called_so else None


def are_counted(names: Sequence[str]) -> bool:
    """Whether names are numbers one after the other, as pandas calls columns without names."""
    numbers = [whole_of(name) for name in names]
    first = numbers[0]
    return first is not None and first >= 0 and numbers == list(range(first, first + len(names)))


def guessed_shape(x: np.ndarray, names: Sequence[str], named: bool, name: str) -> Shape:
    """The shape of the images that x (n, features) are by names and numbers, which is said; () if they are none."""
    shape = pixel_shape(names, named)
    called_so = bool(PIXEL.fullmatch(names[0]) or PLACE.fullmatch(names[0]))
    if shape is None or not (called_so or (as_bytes(x) is not None and x.max(initial=0) > 1)):
        return ()
    height, width = shape
    given = f"{len(names)} columns {'called pixels' if called_so else 'of whole numbers from 0 to 255'}"
    warn(f"{name}: {given} are taken as images of {height}x{width} pixels (--image no: as numbers)")
    return shape


def shaped(x: np.ndarray, shape: Shape, name: str) -> np.ndarray:
    """x (n, features) as images (n, c, i, j): uint8 if they are whole numbers from 0 to 255, and white is not 1."""
    if math.prod(shape) != x.shape[1]:
        size = "x".join(map(str, shape))
        wanted = f"expected {math.prod(shape)}, for {size} pixels"
        raise DataError(f"{name}: {x.shape[1]} columns beside the target; {wanted}")
    pixels = as_bytes(x)
    if pixels is None or pixels.max(initial=0) == 1:
        pixels = x
    return pixels.reshape(len(x), *((1,) * (3 - len(shape))), *shape)


def as_bytes(x: np.ndarray) -> np.ndarray | None:
    """The numbers as uint8; None unless all are whole numbers from 0 to 255."""
    with np.errstate(invalid="ignore"):
        found = x.astype(np.uint8)
    return found if np.array_equal(found, x) else None


def checked_shape(image: Shape | str | None) -> Shape | None:
    """A shape of images as it may be given: (height, width), (channels, height, width), "28x28", or "no" for none.

    None: it is to be guessed; () if there are none. UsageError for anything else.
    """
    if image is None or image == "no":
        return None if image is None else ()
    given = image.lower().split("x") if isinstance(image, str) else list(image)
    sides = tuple(side for each in given if (side := whole_of(str(each)) or 0) > 0)
    if len(sides) != len(given) or len(sides) not in (2, 3):
        raise UsageError(f"image is {image!r}; expected height x width, as in 28x28, channels first in 3x32x32, or no")
    return sides
