"""Samples, and other arrays, as pictures: PNG images inside the page, their pixels drawn as crisp squares."""

from base64 import b64encode
from io import BytesIO

import numpy as np
from PIL import Image

from chainrule.views.notebook.markup import Markup, element

SIDE = 112  # pixels of a picture's longer side, about


def pixels(x: np.ndarray) -> np.ndarray:
    """(i, j) grey or (i, j, 3) coloured uint8 of an image x (c, i, j).

    Bytes stay; other numbers go from black, their least, to white, their greatest. Unless there are 1 or 3 channels,
    their mean is shown.
    """
    if x.dtype != np.uint8:
        finite = np.isfinite(x)
        low, high = (x[finite].min(), x[finite].max()) if finite.any() else (0, 0)
        part = (x.astype(np.float64) - low) / (high - low) if high > low else np.zeros(x.shape)
        x = np.rint(255 * np.where(finite, part, 0)).astype(np.uint8)
    if len(x) == 3:
        return x.transpose(1, 2, 0)
    return x[0] if len(x) == 1 else np.rint(x.mean(axis=0)).astype(np.uint8)


def blended(colours: np.ndarray, strength: np.ndarray) -> np.ndarray:
    """(..., 3) uint8: the colours (..., 3) on white paper, as strong as 0 to 1 (...) says."""
    return np.rint(255 + strength[..., None] * (colours - 255.0)).astype(np.uint8)


def rgb(colour: str) -> np.ndarray:
    """(3,) uint8 of "#rrggbb"."""
    return np.frombuffer(bytes.fromhex(colour[1:]), np.uint8)


def resized(image: np.ndarray, side: int) -> Image.Image:
    """The picture with its longer side about `side` long: each pixel a square of pixels, or the means of many."""
    height, width = image.shape[:2]
    longest = max(height, width)
    if longest > side:
        size = max(1, width * side // longest), max(1, height * side // longest)
        return Image.fromarray(np.ascontiguousarray(image)).resize(size, Image.Resampling.BOX)
    zoom = side // longest
    return Image.fromarray(image.repeat(zoom, axis=0).repeat(zoom, axis=1))


def picture(x: np.ndarray, text: str, side: int = SIDE) -> Markup:
    """An image x (c, i, j) as an element; `text` stands for it where it cannot be seen."""
    return inline(resized(pixels(x), side), text)


def inline(image: Image.Image, text: str) -> Markup:
    """An element that holds the image."""
    file = BytesIO()
    image.save(file, "PNG", optimize=True)
    source = "data:image/png;base64," + b64encode(file.getvalue()).decode()
    return element("img", src=source, width=image.width, height=image.height, alt=text)
