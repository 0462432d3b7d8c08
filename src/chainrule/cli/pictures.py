"""Pictures and bars on a terminal, made of characters."""

import numpy as np
from rich.text import Text

from chainrule.views.report.pictures import pixels, resized

BAR = 24  # characters of a probability of 1
EIGHTHS = " ▏▎▍▌▋▊▉█"
SIDE = 28  # pixels of an image


def thumbnail(x: np.ndarray) -> np.ndarray:
    """(H, W) uint8 of an image x (c, i, j): grey, about SIDE pixels high or wide, H even."""
    grey = np.asarray(resized(pixels(x), SIDE).convert("L"))
    return np.pad(grey, ((0, len(grey) % 2), (0, 0)))


def half_blocks(pixels: np.ndarray) -> Text:
    """(H, W) bytes as text: two rows of pixels to a line; in shades of grey, or as blocks where there is no colour."""
    return Text("\n").join(_line(upper, lower) for upper, lower in zip(pixels[::2], pixels[1::2], strict=True))


def _line(upper: np.ndarray, lower: np.ndarray) -> Text:
    text = Text()
    for a, b in zip(upper, lower, strict=True):
        if a > 127 and b > 127:
            text.append("█", f"rgb({a},{a},{a})")
        elif b > a:
            text.append("▄" if b > 127 else " ", f"rgb({b},{b},{b}) on rgb({a},{a},{a})")
        else:
            text.append("▀" if a > 127 else " ", f"rgb({a},{a},{a}) on rgb({b},{b},{b})")
    return text


def bar(probability: float) -> str:
    """A bar of eighths of a character."""
    eighths = round(probability * BAR * 8)
    return EIGHTHS[8] * (eighths // 8) + EIGHTHS[eighths % 8].strip()
