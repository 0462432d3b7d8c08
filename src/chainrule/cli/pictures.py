"""Pictures and bars on a terminal, made of characters."""

from collections.abc import Mapping, Sequence

import numpy as np
from rich.columns import Columns
from rich.console import RenderableType
from rich.panel import Panel
from rich.text import Text

from chainrule.views.pictures import pixels, resized
from chainrule.views.report.gallery import probable

BAR = 24  # characters of a probability of 1
EIGHTHS = " ▏▎▍▌▋▊▉█"
MOST = 12  # probabilities that are shown
SIDE = 28  # pixels of an image


def thumbnail(x: np.ndarray, side: int = SIDE) -> np.ndarray:
    """(H, W) uint8 of an image x (c, i, j): grey, about `side` pixels high or wide, H even."""
    grey = np.asarray(resized(pixels(x), side).convert("L"))
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


def framed(x: np.ndarray, title: str, side: int = SIDE) -> Panel:
    """An image x (c, i, j) in a frame."""
    return Panel(half_blocks(thumbnail(x, side)), title=title, padding=0, expand=False)


def answer(
    x: np.ndarray, p: np.ndarray, names: Sequence[str], styles: Mapping[int, str], *, caption: str
) -> RenderableType:
    """The image, if x is one, beside the probabilities p (k,) of its classes as bars: of all, or of the highest.

    `styles` are those of the classes that stand out; the first of them is always shown.
    """
    shown = bars(p, names, styles)
    shown.append(f"\n{caption}", "bold")
    return Columns([Panel(half_blocks(thumbnail(x)), padding=0), shown], padding=(0, 2)) if x.ndim == 3 else shown


def bars(p: np.ndarray, names: Sequence[str], styles: Mapping[int, str], length: int = BAR) -> Text:
    """The probabilities p (k,) of classes, a line each; see `answer`."""
    order = range(len(p)) if len(p) <= MOST else probable(p, next(iter(styles)), MOST)
    width, text = max(len(names[k]) for k in order), Text()
    for k in order:
        line = f"{names[k]:<{width}} {bar(float(p[k]), length):<{length}} {p[k]:7.2%}\n"
        text.append(line, styles.get(k, "dim"))
    return text


def bar(probability: float, length: int = BAR) -> str:
    """A bar of eighths of a character; of `length` for 1."""
    eighths = round(probability * length * 8)
    return EIGHTHS[8] * (eighths // 8) + EIGHTHS[eighths % 8].strip()
