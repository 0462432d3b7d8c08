"""A user's own images, prepared as MNIST's were: white ink on black, 20 x 20 pixels, centred in 28 x 28."""

import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from chainrule.base.errors import DataError, reason, warn
from chainrule.base.filters import own_filters
from chainrule.base.reading import opened, size_of
from chainrule.data.digits import Seen, see_digit, see_digits
from chainrule.data.file_kinds import kind_of_file
from chainrule.data.levels import flat
from chainrule.data.libtiff import libtiff_quiet
from chainrule.data.picture_files import check_whole

T = TypeVar("T")

FORMATS = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM")
"""The kinds that are opened, by a file's content: for others Pillow may start programs, as Ghostscript for EPS."""

PIXELS = 1 << 26
"""Pixels of a picture at most, by what its header says: 67 million, fewer than Pillow's own limit."""
SURE, DENSE = 1 << 22, 10_000
"""Pixels that any file may announce; of more, at most so many for each of its bytes: not even a blank picture packs
better."""


def read_digit(path: str | os.PathLike[str]) -> np.ndarray:
    """(1, 28, 28) uint8: the digit in an image file of any size, of a kind in `FORMATS` (the first frame).

    What is doubtful about it is a warning. DataError if there is no such file, it is no such image, it has too many
    pixels, or nothing is drawn in it.
    """
    seen = read_seen(path)
    if seen.doubts:
        warn(f"{path}: {'; '.join(seen.doubts)}")
    return seen.x


def read_seen(path: str | os.PathLike[str]) -> Seen:
    """The digit in an image file, with what is doubtful about it; errors as of `read_digit`."""
    return _seen(path, see_digit)


def read_digits(picture: str | os.PathLike[str] | np.ndarray) -> list[Seen]:
    """The digits that stand apart in an image file, or in its pixels (height, width) uint8, from left to right.

    Errors as of `read_digit`.
    """
    return see_digits(picture) if isinstance(picture, np.ndarray) else _seen(picture, see_digits)


def _seen(path: str | os.PathLike[str], see: Callable[[np.ndarray], T]) -> T:
    """What is seen in a file's pixels (height, width) uint8; errors name the file."""
    with pillow_quiet(), opened_image(path) as image:
        ImageOps.exif_transpose(image, in_place=True)
        grey = np.asarray(flat(image, "L"))
    try:
        return see(grey)
    except DataError as error:
        raise DataError(f"{path}: {error}") from None


@contextmanager
def opened_image(path: str | os.PathLike[str]) -> Iterator[Image.Image]:
    """An image file, opened and not decoded yet; whatever goes wrong with it in the block is a DataError naming it."""
    try:
        # opened here, as given a path Pillow garbles some turned TIFFs
        with opened(path) as file, libtiff_quiet(file):
            bytes_there = size_of(file)
            check_whole(file)
            with Image.open(file, formats=FORMATS) as image:
                _check_size(image, path, bytes_there)
                yield image
    except DataError:
        raise
    except UnidentifiedImageError:  # it names the path once more
        kind, kinds = kind_of_file(path, "a picture ("), ", ".join(FORMATS)
        unknown = f"cannot be read as an image: of no known kind; expected one of: {kinds}"
        raise DataError(f"{path}: {f'is {kind}' if kind else unknown}") from None
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise DataError(f"{path}: too many pixels: {error}") from None
    except Exception as error:  # Pillow's readers meet damaged files with errors of every kind
        raise DataError(f"{path}: cannot be read as an image: {reason(error)}") from None


def _check_size(image: Image.Image, path: str | os.PathLike[str], bytes_there: int) -> None:
    """Before any of its pixels takes memory."""
    width, height = image.size
    if width * height > PIXELS:
        raise DataError(f"{path}: too many pixels: {width} x {height}; expected {PIXELS:,} at most")
    if width * height > max(SURE, DENSE * bytes_there):
        raise DataError(f"{path}: damaged: {bytes_there:,} bytes announce {width} x {height} pixels")


@contextmanager
def pillow_quiet() -> Iterator[None]:
    """Without Pillow's remarks on odd files that it can read; its warning of too many pixels is an error."""
    with own_filters():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        yield
