"""Pictures in files, for tests of folders of them."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from chainrule.base.errors import DataError

RED, GREY = (200, 30, 40), 90


def picture(value: Any, size: tuple[int, int] = (6, 5)) -> Image.Image:
    """One colour, 6 wide and 5 high."""
    return Image.new("L" if isinstance(value, int) else "RGB", size, value)


def save(path: Path, image: Image.Image, **options: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path, **options)


def refuses(path: Path, message: str) -> "pytest.RaisesExc[DataError]":
    return pytest.raises(DataError, match=f"^{re.escape(f'{path}: {message}')}")


def shape(h: int = 12, w: int = 10, at: int = 3) -> np.ndarray:
    """(h, w) uint8: 255 in a rectangle, 0 elsewhere."""
    mask = np.zeros((h, w), np.uint8)
    mask[at : at + 5, 2:7] = 255
    return mask
