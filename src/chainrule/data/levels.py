"""An image's pixels as bytes on white paper, whatever they are stored as: transparent, in 16 or 32 bits, as reals."""

import numpy as np
from PIL import Image

FULL_SCALES = (1.0, 255.0, 4095.0, 65535.0)
"""White in images whose pixels are not bytes is the first of these that no pixel exceeds."""
VISIBLE = 20
"""Levels by which some of what is drawn must differ from white paper to be seen on it."""


def is_wide(image: Image.Image) -> bool:
    """Whether its pixels are no bytes, but numbers of 16 or 32 bits, or reals."""
    return image.mode[0] in "IF"


def white_of(pixels: np.ndarray, least: float = 0.0) -> float:
    """What white is in such pixels, given what it was at `least`, in other images of the same origin.

    The first of `FULL_SCALES` that is enough for both; else the pixels' maximum. Fractions up to 1 are parts of white.
    """
    pixels = pixels[np.isfinite(pixels)]
    highest = float(np.max(pixels, initial=0.0))
    if highest <= 1 and (pixels % 1 > 0).any():
        return 1.0
    needed = max(highest, least)
    return next((scale for scale in FULL_SCALES if needed <= scale), needed)


def flat(image: Image.Image, mode: str, least: float = 0.0) -> Image.Image:
    """The image in `mode`, "L" or "RGB", on white paper; for `least` see `white_of`."""
    if is_wide(image):
        return _narrowed(image, least).convert(mode)
    if "A" in image.mode or "a" in image.mode or "transparency" in image.info:
        return _on_paper(image.convert("RGBA")).convert(mode)
    return image.convert(mode)


def is_drawn(image: Image.Image) -> bool:
    """Whether an RGB image is not of one colour all over."""
    return bool(np.ptp(np.asarray(image), axis=(0, 1)).any())


def _narrowed(image: Image.Image, least: float) -> Image.Image:
    """Wide pixels as bytes; what is no number, or below 0, is black, and what is transparent is white."""
    pixels = np.asarray(image, np.float64)
    white = white_of(pixels, least)
    clear = image.info.get("transparency")
    if isinstance(clear, int):
        pixels = np.where(pixels == clear, white, pixels)
    parts = np.nan_to_num(pixels / white, nan=0.0, posinf=0.0, neginf=0.0).clip(0, 1)
    return Image.fromarray(np.rint(parts * 255).astype(np.uint8))


def _on_paper(image: Image.Image) -> Image.Image:
    """An RGBA image on white paper; its negative, if all that is drawn is white and would not be seen there.

    Where transparency is the same all over, the shape is not in it: then it does not count.
    """
    alpha = np.asarray(image.getchannel("A"))
    if np.ptp(alpha) == 0 and is_drawn(image.convert("RGB")):
        return image
    shown = _over(image, "white")
    there = alpha > 127
    if there.any() and not there.all():
        ink = 255 - np.asarray(shown.convert("L"))[there].astype(int)
        if np.quantile(ink, 0.99) < VISIBLE:
            return Image.eval(_over(image, "black").convert("RGB"), lambda level: 255 - level)
    return shown


def _over(image: Image.Image, colour: str) -> Image.Image:
    return Image.alpha_composite(Image.new("RGBA", image.size, colour), image)
