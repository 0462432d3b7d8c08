"""An image's pixels as bytes on white paper, whatever they are stored as: transparent, in 16 or 32 bits, as reals.

A large image is changed strip by strip, as what is computed on the way takes up to 24 bytes a pixel.
"""

from collections.abc import Callable, Iterator

import numpy as np
from PIL import Image

FULL_SCALES = (1.0, 255.0, 4095.0, 65535.0)
"""White in images whose pixels are not bytes is the first of these that no pixel exceeds."""
VISIBLE = 20
"""Levels by which some of what is drawn must differ from white paper to be seen on it."""
STRIP = 1 << 20
"""Pixels of a strip, about."""


def is_wide(image: Image.Image) -> bool:
    """Whether its pixels are no bytes, but numbers of 16 or 32 bits, or reals."""
    return image.mode[0] in "IF"


def white_of(image: Image.Image, least: float = 0.0) -> float:
    """What white is in a wide image, given what it was at `least`, in other images of the same origin.

    The first of `FULL_SCALES` that is enough for both; else the pixels' maximum. Fractions up to 1 are parts of white.
    """
    highest, fractions = 0.0, False
    for _, strip in _strips(image):
        pixels = np.asarray(strip, np.float64)
        pixels = pixels[np.isfinite(pixels)]
        highest = float(np.max(pixels, initial=highest))
        fractions = highest <= 1 and (fractions or bool((pixels % 1 > 0).any()))
    if fractions:
        return 1.0
    needed = max(highest, least)
    return next((scale for scale in FULL_SCALES if needed <= scale), needed)


def flat(image: Image.Image, mode: str, least: float = 0.0) -> Image.Image:
    """The image in `mode`, "L" or "RGB", on white paper; for `least` see `white_of`."""
    if is_wide(image):
        white = white_of(image, least)
        return _changed(image, mode, lambda strip: _narrowed(strip, white))
    if "A" in image.mode or "a" in image.mode or "transparency" in image.info:
        return _changed(image, mode, _paper_for(image))
    return image.convert(mode)


def is_drawn(image: Image.Image) -> bool:
    """Whether an RGB image is not of one colour all over."""
    low, high = np.array(image.getextrema()).T
    return bool((low < high).any())


def _strips(image: Image.Image) -> Iterator[tuple[tuple[int, int], Image.Image]]:
    """Where each strip of whole rows is, from the top, and the strip."""
    width, height = image.size
    rows = max(1, STRIP // max(1, width))
    if height <= rows:
        yield (0, 0), image
        return
    for top in range(0, height, rows):
        yield (0, top), image.crop((0, top, width, min(top + rows, height)))


def _changed(image: Image.Image, mode: str, change: Callable[[Image.Image], Image.Image]) -> Image.Image:
    """The image in `mode`, each strip changed."""
    out = Image.new(mode, image.size)
    for place, strip in _strips(image):
        out.paste(change(strip).convert(mode), place)
    return out


def _narrowed(image: Image.Image, white: float) -> Image.Image:
    """Wide pixels as bytes; what is no number, or below 0, is black, and what is transparent is white."""
    pixels = np.asarray(image, np.float64)
    clear = image.info.get("transparency")
    if isinstance(clear, int):
        pixels = np.where(pixels == clear, white, pixels)
    parts = np.nan_to_num(pixels / white, nan=0.0, posinf=0.0, neginf=0.0).clip(0, 1)
    return Image.fromarray(np.rint(parts * 255).astype(np.uint8))


def _paper_for(image: Image.Image) -> Callable[[Image.Image], Image.Image]:
    """How to lay a transparent image on white paper; or its negative, if all that is drawn is white, not seen there.

    Where transparency is the same all over, the shape is not in it: then it does not count.
    """
    alphas, levels = np.zeros(256, np.int64), np.zeros(256, np.int64)
    low, high = np.full(3, 255), np.zeros(3, int)
    for strip in (strip.convert("RGBA") for _, strip in _strips(image)):
        alpha = strip.getchannel("A")
        alphas += alpha.histogram()
        there = alpha.point([255 * (level > 127) for level in range(256)])
        levels += _over(strip, "white").convert("L").histogram(there)
        least, most = np.array(strip.convert("RGB").getextrema()).T
        low, high = np.minimum(low, least), np.maximum(high, most)
    if np.count_nonzero(alphas) == 1 and (low < high).any():
        return lambda strip: strip.convert("RGBA").convert("RGB")
    some = 0 < levels.sum() < alphas.sum()
    if some and quantile(levels[::-1], 0.99) < VISIBLE:  # from the end: ink is 255 - level
        return lambda strip: Image.eval(_over(strip.convert("RGBA"), "black").convert("RGB"), lambda level: 255 - level)
    return lambda strip: _over(strip.convert("RGBA"), "white")


def quantile(counts: np.ndarray, q: float) -> float:
    """That quantile of the numbers 0, 1, ... of which there are so many, as NumPy has it: linear in between."""
    place = q * (counts.sum() - 1)
    low, high = np.searchsorted(counts.cumsum(), [np.floor(place), np.ceil(place)], side="right")
    return float(low + (high - low) * (place % 1))


def _over(image: Image.Image, colour: str) -> Image.Image:
    return Image.alpha_composite(Image.new("RGBA", image.size, colour), image)
