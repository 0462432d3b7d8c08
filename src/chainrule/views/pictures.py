"""Arrays as pictures inside a page: PNG images whose pixels are drawn as crisp squares.

A sample has its own greys or colours (`picture`); of other arrays the numbers are colours of a map (`painted`).
"""

from base64 import b64encode
from io import BytesIO

import numpy as np
from PIL import Image

from chainrule.views.colours import GAP, ColourMap
from chainrule.views.markup import Markup, element

SIDE = 112  # pixels of a sample's longer side, about
PIXEL = 2  # how many of the screen's pixels one of a painted array takes, each way
SPACE = 2  # pixels between two tiles


def picture(x: np.ndarray, text: str, side: int = SIDE) -> Markup:
    """An image x (c, i, j) as an element; `text` stands for it where it cannot be seen."""
    return inline(resized(pixels(x), side), text)


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


def resized(image: np.ndarray, side: int) -> Image.Image:
    """The picture with its longer side about `side` long: each pixel a square of pixels, or the means of many."""
    height, width = image.shape[:2]
    longest = max(height, width)
    if longest > side:
        size = max(1, width * side // longest), max(1, height * side // longest)
        return Image.fromarray(np.ascontiguousarray(image)).resize(size, Image.Resampling.BOX)
    zoom = side // longest
    return Image.fromarray(image.repeat(zoom, axis=0).repeat(zoom, axis=1))


def tiles(levels: np.ndarray, repeat: tuple[int, int]) -> np.ndarray:
    """One picture (height, width) of levels (rows, columns, h, w): tiles (h, w) in a grid, SPACE between them.

    `repeat`: so many pixels, downwards and across, show one level.
    """
    grown = levels.repeat(repeat[0], axis=2).repeat(repeat[1], axis=3)
    rows, columns, height, width = grown.shape
    spaced = np.full((rows, columns, height + SPACE, width + SPACE), GAP, np.uint8)
    spaced[:, :, :height, :width] = grown
    image = spaced.transpose(0, 2, 1, 3).reshape(rows * (height + SPACE), columns * (width + SPACE))
    return image[:-SPACE, :-SPACE]


def painted(levels: np.ndarray, colours: ColourMap) -> Image.Image:
    """The picture of levels (height, width), which has no more than the colours that occur, and their opacities."""
    used, places = np.unique(levels, return_inverse=True)
    image = Image.fromarray(places.reshape(levels.shape).astype(np.uint8))
    image.putpalette(colours.palette[used, :3].tobytes())
    image.info["transparency"] = colours.palette[used, 3].tobytes()
    return image


def inline(image: Image.Image, text: str, pixel: int = 1) -> Markup:
    """An element that holds the image, each of its pixels so many wide; `text` stands for it where it is not seen."""
    file = BytesIO()
    image.save(file, "PNG", optimize=True)
    source = "data:image/png;base64," + b64encode(file.getvalue()).decode()
    return element("img", src=source, width=pixel * image.width, height=pixel * image.height, alt=text)
