"""Many image files as one array of bytes: what they have in common, and their pixels."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageOps

from chainrule.base.errors import DataError, UsageError
from chainrule.data.images import opened_image, pillow_quiet
from chainrule.data.levels import flat, is_drawn, is_wide, white_of

GREY = ("1", "L", "LA", "La", "I", "I;16", "I;16L", "I;16B", "I;16N", "F")
"""Pillow's modes of images without colour."""
ORIENTATION = 0x0112
"""The EXIF tag for how an image is to be turned."""
SIDEWAYS = (5, 6, 7, 8)
"""Its values where rows are shown as columns."""

Size = tuple[int, int]  # height, width


class Form(NamedTuple):
    """The form that all images of a data set have in common."""

    channels: int  # 1: grey, 3: colour
    size: Size
    white: float = 0.0  # what it is, at least, where pixels are not bytes (`levels.white_of`)


def common_form(paths: Sequence[Path], channels: int | None, size: Size | None) -> Form:
    """The form of all these images: as asked, and for None as the files say.

    DataError naming the first file that is no image, or of another size than those before it; UsageError if no images
    are as asked.
    """
    _check_asked(channels, size)
    common = size
    all_grey, white = True, 0.0
    with pillow_quiet():
        for path in paths:
            grey, found, white = _described(path, white)
            all_grey &= grey
            common = common or found
            if size is None and found != common:
                first, other = (f"{height} x {width} pixels" for height, width in (common, found))
                given = f"{other}, but {paths[0].name} has {first}"
                raise DataError(f"{path}: {given}; expected one size, or an image size")
    return Form(channels or (1 if all_grey else 3), common or (0, 0), white)


def read_images(paths: Sequence[Path], form: Form, resize: bool) -> np.ndarray:
    """(n, c, i, j) uint8: the images in these files, upright; resized if `resize`, else they are of that size."""
    x = np.empty((len(paths), form.channels, *form.size), np.uint8)
    with pillow_quiet():
        for path, out in zip(paths, x, strict=True):
            with opened_image(path) as image:
                pixels = _pixels(image, form, resize)
            if pixels.shape != out.shape:
                raise DataError(f"{path}: (c, i, j) is {pixels.shape}; expected {out.shape}")
            out[...] = pixels
    return x


def readable(paths: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    """Those of the files that hold a picture, and those that cannot be read, or are of one level all over."""
    parts: tuple[list[Path], list[Path]] = ([], [])
    with pillow_quiet():
        for path in paths:
            try:
                with opened_image(path) as image:
                    drawn = is_drawn(flat(image, "RGB"))
            except DataError:
                drawn = False
            parts[not drawn].append(path)
    return parts


def _check_asked(channels: int | None, size: Size | None) -> None:
    if channels not in (None, 1, 3):
        raise UsageError(f"channels is {channels}; expected 1 (grey) or 3 (colour)")
    if size is not None and (len(size) != 2 or not all(isinstance(side, int) and side > 0 for side in size)):
        raise UsageError(f"the image size is {size}; expected (height, width) in pixels")


def _described(path: Path, white: float) -> tuple[bool, Size, float]:
    """Whether a file's image has no colour, its height and width upright, and white in it and those before.

    An image of bytes is mostly not decoded.
    """
    with opened_image(path) as image:
        grey = _is_grey(image)
        width, height = image.size
        if _is_sideways(image):
            width, height = height, width
            if image.format == "TIFF":
                ImageOps.exif_transpose(image, in_place=True)
                width, height = image.size  # some versions of Pillow turn these themselves
        if is_wide(image):
            white = white_of(image, white)
        return grey, (height, width), white


def _is_sideways(image: Image.Image) -> bool:
    """Whether its rows are shown as columns."""
    decodes = image.format == "PNG" and "exif" not in image.info  # Pillow would read it all to look for more
    return not decodes and image.getexif().get(ORIENTATION) in SIDEWAYS


def _is_grey(image: Image.Image) -> bool:
    if image.mode not in ("P", "PA"):
        return image.mode in GREY
    red, green, blue = np.reshape(image.getpalette() or [0, 0, 0], (-1, 3)).T
    return bool((red == green).all() and (green == blue).all())


def _pixels(image: Image.Image, form: Form, resize: bool) -> np.ndarray:
    """(c, i, j) uint8: an image upright, on white paper, of the form's size if it is to be resized."""
    mode, (height, width) = "L" if form.channels == 1 else "RGB", form.size
    if resize:
        image.draft(mode, (max(form.size), max(form.size)))  # a JPEG is decoded no larger than needed
    ImageOps.exif_transpose(image, in_place=True)
    image = flat(image, mode, form.white)
    if resize and image.size != (width, height):
        image = image.resize((width, height), Image.Resampling.BILINEAR)
    pixels = np.asarray(image)
    return pixels[np.newaxis] if form.channels == 1 else np.moveaxis(pixels, 2, 0)
