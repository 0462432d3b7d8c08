"""Pictures of arrays: the right pixel at the right place."""

from base64 import b64decode
from io import BytesIO

import numpy as np
from PIL import Image

from chainrule.views.colours import DIVERGING, GAP, LEVELS, NOT_FINITE, SEQUENTIAL
from chainrule.views.pictures import inline, painted, tiles
from markup import read


def test_tiles_stand_in_a_grid_with_gaps_between() -> None:
    levels = np.arange(2 * 3 * 2 * 1, dtype=np.uint8).reshape(2, 3, 2, 1)
    assert tiles(levels, (1, 2)).tolist() == [
        [0, 0, GAP, GAP, 2, 2, GAP, GAP, 4, 4],
        [1, 1, GAP, GAP, 3, 3, GAP, GAP, 5, 5],
        [GAP] * 10,
        [GAP] * 10,
        [6, 6, GAP, GAP, 8, 8, GAP, GAP, 10, 10],
        [7, 7, GAP, GAP, 9, 9, GAP, GAP, 11, 11],
    ]


def test_a_png_holds_each_level_in_its_colour() -> None:
    levels = np.array([[0, 63, LEVELS - 1], [NOT_FINITE, GAP, 1]], np.uint8)
    for colours in (SEQUENTIAL, DIVERGING):
        source = read(inline(painted(levels, colours), "levels")).attrib["src"]
        with Image.open(BytesIO(b64decode(source.removeprefix("data:image/png;base64,")))) as image:
            assert image.format == "PNG"
            assert np.array_equal(np.asarray(image.convert("RGBA")), colours.palette[levels])


def test_a_picture_has_a_size_and_a_text_in_its_place() -> None:
    image = read(inline(painted(np.array([[0, 1, 2]], np.uint8), SEQUENTIAL), 'dL/d<x> "1"', pixel=2))
    assert (image.attrib["width"], image.attrib["height"]) == ("6", "2")
    assert image.attrib["alt"] == 'dL/d<x> "1"'
