"""A user's own images, prepared as MNIST's were: white ink on black, 20 x 20 pixels, centred in 28 x 28."""

import os
import warnings
from io import BytesIO

import numpy as np
from PIL import Image, ImageOps

from chainrule.data.digits import prepare_digit
from chainrule.data.files import read_bytes, reason
from chainrule.errors import DataError

FULL_SCALES = (1.0, 255.0, 65535.0)
"""What white is in an image whose pixels are not bytes: the first of these that no pixel exceeds."""


def read_digit(path: str | os.PathLike[str]) -> np.ndarray:
    """(1, 28, 28) uint8: the digit in an image file of any size and kind that Pillow reads (the first frame).

    DataError if there is no such file, it is not an image, it has too many pixels, or nothing is drawn in it.
    """
    data = read_bytes(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's remarks on odd files that it can read
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            grey = _grey(data)
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise DataError(f"{path}: too many pixels: {error}") from None
    except Exception as error:  # Pillow's readers meet damaged files with errors of every kind
        raise DataError(f"{path}: cannot be read as an image: {reason(error)}") from None
    try:
        return prepare_digit(grey)
    except DataError as error:
        raise DataError(f"{path}: {error}") from None


def _grey(data: bytes) -> np.ndarray:
    """(height, width) uint8: the image upright, on white paper, without colour."""
    with Image.open(BytesIO(data)) as file:
        image = ImageOps.exif_transpose(file)
    if image.mode[0] in "IF":
        return _bytes(np.asarray(image, np.float64))
    image = image.convert("RGBA")
    paper = Image.new("RGBA", image.size, "white")
    return np.asarray(Image.alpha_composite(paper, image).convert("L"))


def _bytes(pixels: np.ndarray) -> np.ndarray:
    """Pixels of 16 or 32 bits, or reals, brought to 0 ... 255."""
    pixels = np.nan_to_num(pixels, nan=0.0, posinf=0.0, neginf=0.0).clip(min=0)
    full = next((scale for scale in FULL_SCALES if pixels.max() <= scale), pixels.max())
    return np.rint(pixels / full * 255).astype(np.uint8)
