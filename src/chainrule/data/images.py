"""A user's own images, prepared as MNIST's were: white ink on black, 20 x 20 pixels, centred in 28 x 28."""

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from chainrule.base.errors import DataError
from chainrule.base.files import reason
from chainrule.data.digits import prepare_digit
from chainrule.data.file_kinds import kind_of_file

FORMATS = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM")
"""The kinds that are opened, by a file's content: for others Pillow may start programs, as Ghostscript for EPS."""
FULL_SCALES = (1.0, 255.0, 65535.0)
"""White in an image whose pixels are not bytes is the first of these that no pixel exceeds."""


def read_digit(path: str | os.PathLike[str]) -> np.ndarray:
    """(1, 28, 28) uint8: the digit in an image file of any size, of a kind in `FORMATS` (the first frame).

    DataError if there is no such file, it is no such image, it has too many pixels, or nothing is drawn in it.
    """
    with pillow_quiet(), opened_image(path) as image:
        grey = _grey(image)
    try:
        return prepare_digit(grey)
    except DataError as error:
        raise DataError(f"{path}: {error}") from None


@contextmanager
def opened_image(path: str | os.PathLike[str]) -> Iterator[Image.Image]:
    """An image file, opened and not decoded yet; whatever goes wrong with it in the block is a DataError naming it."""
    if os.path.isdir(path):
        raise DataError(f"{path}: is a folder; expected a file")
    try:
        # opened here, as given a path Pillow garbles some turned TIFFs
        with open(path, "rb") as file, Image.open(file, formats=FORMATS) as image:
            yield image
    except FileNotFoundError:
        raise DataError(f"{path}: no such file") from None
    except UnidentifiedImageError:  # it names the path once more
        kind, kinds = kind_of_file(path, "a picture ("), ", ".join(FORMATS)
        unknown = f"cannot be read as an image: of no known kind; expected one of: {kinds}"
        raise DataError(f"{path}: {f'is {kind}' if kind else unknown}") from None
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise DataError(f"{path}: too many pixels: {error}") from None
    except Exception as error:  # Pillow's readers meet damaged files with errors of every kind
        raise DataError(f"{path}: cannot be read as an image: {reason(error)}") from None


@contextmanager
def pillow_quiet() -> Iterator[None]:
    """Without Pillow's remarks on odd files that it can read; its warning of too many pixels is an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        yield


def on_paper(image: Image.Image) -> Image.Image:
    """The image in RGBA, on white where it is transparent."""
    image = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)


def _grey(image: Image.Image) -> np.ndarray:
    """(height, width) uint8: the image upright, on white paper, without colour."""
    image = ImageOps.exif_transpose(image)
    if image.mode[0] in "IF":
        return _bytes(np.asarray(image, np.float64))
    return np.asarray(on_paper(image).convert("L"))


def _bytes(pixels: np.ndarray) -> np.ndarray:
    """Pixels of 16 or 32 bits, or reals, brought to 0 ... 255."""
    pixels = np.nan_to_num(pixels, nan=0.0, posinf=0.0, neginf=0.0).clip(min=0)
    full = next((scale for scale in FULL_SCALES if pixels.max() <= scale), pixels.max())
    return np.rint(pixels / full * 255).astype(np.uint8)
