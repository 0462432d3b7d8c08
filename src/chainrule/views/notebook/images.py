"""Arrays of colours' levels become small PNG images inside a page, each pixel drawn PIXEL screen pixels wide."""

from base64 import b64encode
from io import BytesIO

import numpy as np
from PIL import Image

from chainrule.views.notebook.colours import GAP, ColourMap
from chainrule.views.notebook.markup import Markup, element

PIXEL = 2
SPACE = 2  # pixels between two tiles


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


def png(levels: np.ndarray, colours: ColourMap) -> bytes:
    """A PNG file of levels (height, width), with the colours that occur and their opacities."""
    used, places = np.unique(levels, return_inverse=True)
    palette = colours.palette[used]
    image = Image.fromarray(places.reshape(levels.shape).astype(np.uint8))
    image.putpalette(palette[:, :3].tobytes())
    file = BytesIO()
    image.save(file, "PNG", optimize=True, transparency=palette[:, 3].tobytes())
    return file.getvalue()


def picture(levels: np.ndarray, colours: ColourMap, text: str) -> Markup:
    """The image of levels (height, width) as an element; `text` stands for it where it cannot be seen."""
    height, width = levels.shape
    source = "data:image/png;base64," + b64encode(png(levels, colours)).decode()
    return element("img", src=source, width=PIXEL * width, height=PIXEL * height, alt=text)
