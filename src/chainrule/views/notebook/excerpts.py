"""Which part of an array is drawn, and how: the first samples and channels, as many as there is room for.

Images stand in a grid, a line for each sample and a column for each channel; vectors are strips, one below the other.
Filters w (oc, ic, di, dj) stand in a grid with a line for each input and a column for each output channel. A linear
layer behind an image has filters too, as large as the image. Between vectors its w is drawn as the matrix it is.
"""

from dataclasses import dataclass
from math import prod

import numpy as np

from chainrule.layers.layer import Shape
from chainrule.views.pictures import SPACE

EDGE, FILTER_EDGE, STRIP = 32, 12, 8  # pixels: of an image and of a filter, at most; of a strip's height
FILTER_LINES = 4


@dataclass(frozen=True)
class Room:
    """What one picture may take."""

    samples: int
    width: int  # in pixels


ROOMS = tuple(Room(samples, 168) for samples in (4, 3, 2, 1)) + tuple(Room(1, width) for width in (100, 66, 32))


@dataclass(frozen=True, eq=False)
class Excerpt:
    """What is drawn of an array."""

    values: np.ndarray  # (rows, columns, h, w): tiles in a grid
    repeat: tuple[int, int]  # how many pixels show one value, downwards and across
    shown: str  # as in "6 of 32 channels"; "" if it is all


def of_samples(x: np.ndarray, room: Room) -> Excerpt:
    """Of x (s, c, i, j), or (s, ...) as vectors."""
    x = x[: room.samples]
    if x.ndim != 4:
        x = x.reshape(len(x), prod(x.shape[1:]))
        columns = min(x.shape[1], room.width)
        across = min(STRIP, room.width // columns)
        return Excerpt(x[:, None, None, :columns], (STRIP, across), _part(columns, x.shape[1], "numbers"))
    step, repeat = _zoom(x.shape[2:], EDGE)
    columns = min(x.shape[1], _fitting(x.shape[3], step, repeat, room))
    shown = _part(columns, x.shape[1], "channels")
    return Excerpt(_shrunk(x[:, :columns], step), repeat, _both(shown, _scale(step)))


def of_parameter(w: np.ndarray, room: Room, input_shape: Shape) -> Excerpt:
    """Of a layer's w of any shape; `input_shape` is that of the layer's input."""
    if w.ndim == 2 and len(input_shape) == 3 and w.shape[1] == prod(input_shape):
        return _of_filters(w.reshape(len(w), *input_shape), room)
    if w.ndim in (3, 4):
        return _of_filters(w if w.ndim == 4 else w[:, :, np.newaxis], room)
    if w.ndim == 2:
        return _of_matrix(w, room)
    return of_samples(w.reshape(1, -1), room)


def _of_filters(w: np.ndarray, room: Room) -> Excerpt:
    """Of w (oc, ic, i, j); few input channels leave room for output channels in further lines."""
    outputs, inputs = w.shape[:2]
    w = w[:, :FILTER_LINES]
    channels, most = w.shape[1], FILTER_LINES // w.shape[1]
    step, repeat = _zoom(w.shape[2:], FILTER_EDGE)
    fitting = range(1, min(outputs, _fitting(w.shape[3], step, repeat, room)) + 1)
    columns = max(fitting, key=lambda columns: (columns * min(most, outputs // columns), columns))
    lines = min(most, outputs // columns)
    small = _shrunk(w[: lines * columns], step)
    grid = small.reshape(lines, columns, *small.shape[1:]).swapaxes(1, 2)
    shown = _both(_part(channels, inputs, "inputs"), _part(lines * columns, outputs, "outputs"))
    return Excerpt(grid.reshape(lines * channels, columns, *small.shape[2:]), repeat, _both(shown, _scale(step)))


def _of_matrix(w: np.ndarray, room: Room) -> Excerpt:
    """Of w (out, in): a line for each output."""
    outputs, inputs = w.shape
    w = w[:EDGE, : room.width]
    repeat = min(STRIP, EDGE // w.shape[0]), min(STRIP, room.width // w.shape[1])
    shown = _both(_part(w.shape[1], inputs, "inputs"), _part(w.shape[0], outputs, "outputs"))
    return Excerpt(w[None, None], repeat, shown)


def _zoom(shape: Shape, edge: int) -> tuple[int, tuple[int, int]]:
    """(step, repeat): of an image above EDGE the means of `step` x `step` values are drawn; a small one is enlarged."""
    repeat = max(1, edge // max(shape))
    return -(-max(shape) // EDGE), (max(repeat, STRIP // shape[0]), repeat)


def _fitting(width: int, step: int, repeat: tuple[int, int], room: Room) -> int:
    """How many images of so many values across, and the gaps between them, have room beside each other."""
    return max(1, (room.width + SPACE) // (-(-width // step) * repeat[1] + SPACE))


def _shrunk(x: np.ndarray, step: int) -> np.ndarray:
    """The means of x (..., i, j) over `step` x `step` values; at the edges over fewer."""
    if step == 1:
        return x
    with np.errstate(over="ignore", invalid="ignore"):  # infinities are shown as such
        for axis in (-2, -1):
            starts = np.arange(0, x.shape[axis], step)
            counts = np.diff(starts, append=x.shape[axis])
            x = np.add.reduceat(x, starts, axis) / (counts[:, None] if axis == -2 else counts)
    return x


def _part(shown: int, of: int, what: str) -> str:
    return "" if shown == of else f"{shown:,} of {of:,} {what}"


def _scale(step: int) -> str:
    return "" if step == 1 else f"1 : {step}"


def _both(first: str, second: str) -> str:
    return ", ".join(text for text in (first, second) if text)
