"""Other data as a network's training data were: columns by name, pixels by their range, ink by its colour.

What can be matched is matched; what cannot is a DataError; what is doubtful is used, with a warning in a line.
"""

from collections.abc import Sequence
from math import prod

import numpy as np

from chainrule.base.errors import DataError, warn
from chainrule.data.dataset import Dataset
from chainrule.data.doubts import FAR, doubt
from chainrule.data.full_scale import Scale, scale_of, span_of
from chainrule.data.ink import polarity
from chainrule.data.names import shortened
from chainrule.data.schema import AS_THEY_SAY, Classes, Features, Given, Images, Reals

LUMA = np.array([0.299, 0.587, 0.114])
"""Of red, green and blue in grey, as in JPEG (ITU-R BT.601)."""
WHOLE = 1e-3
"""How near to whole numbers pixels must be that are bytes again."""


def matched_inputs(
    inputs: Features | Images, x: np.ndarray, columns: Sequence[str] | None, given: Given = AS_THEY_SAY
) -> np.ndarray:
    """x as in training. `columns`: the names of its columns, if they have some."""
    if len(x) == 0:
        return x
    if isinstance(inputs, Images):
        return _pixels(inputs, _as_images(inputs, x), given)
    if inputs.pixels is not None:
        images = _as_rows(inputs, x).reshape(len(x), *inputs.pixels.shape)
        return _pixels(inputs.pixels, images, given).reshape(len(x), -1)
    x = _by_name(inputs, x, columns) if inputs.named and columns else _as_rows(inputs, x)
    _check_finite(inputs, x)
    # Bytes are scaled where a network reads them, so that they stay bytes only where the training's were.
    return x.astype(np.float64) if x.dtype == np.uint8 and not inputs.in_bytes else x


def _by_name(inputs: Features, x: np.ndarray, columns: Sequence[str]) -> np.ndarray:
    """x with the training's columns, in their order; others are left out."""
    places = {name: k for k, name in enumerate(columns)}
    missing = [name for name in inputs.names if name not in places]
    if missing:
        there = f"the columns are {shortened(columns)}"
        raise DataError(
            f"there is no column {missing[0]!r}: {there}; expected {shortened(inputs.names)}, as in training"
        )
    order = [places[name] for name in inputs.names]
    return x if order == list(range(len(columns))) else x[:, order]


def _check_finite(inputs: Features, x: np.ndarray) -> None:
    """DataError naming the first value that is missing, or infinite."""
    if x.dtype.kind == "f" and not np.isfinite(x).all():
        row, column = np.argwhere(~np.isfinite(x))[0]
        raise DataError(f"{inputs.columns[column].name} of x[{row}] is {x[row, column]}; expected a finite number")


def _as_rows(inputs: Features, x: np.ndarray) -> np.ndarray:
    """x (n, features); of pixels, also from images."""
    n = inputs.count
    if x.ndim != 2 and prod(x.shape[1:]) == n and (inputs.scale or x.ndim == 1):
        return x.reshape(len(x), n)
    if x.ndim != 2 or x.shape[1] != n:
        raise DataError(f"x has shape {x.shape}; expected (samples, {n}), as in training: {inputs}")
    return x


def _as_images(inputs: Images, x: np.ndarray) -> np.ndarray:
    """x (n, c, i, j) from that, or from rows, images without an axis for the channel, or with that axis last."""
    c, h, w = inputs.shape
    if x.shape[1:] == inputs.shape:
        return x
    if x.ndim == 2 and x.shape[1] == c * h * w:
        return x.reshape(len(x), c, h, w)
    if x.ndim == 3:
        x = x[:, np.newaxis]
    elif x.ndim == 4 and x.shape[1:3] == (h, w) and x.shape[3] in (1, 3):
        x = np.moveaxis(x, 3, 1)
    if x.ndim == 4 and x.shape[2:] == (h, w):
        if x.shape[1] == c:
            return x
        if (x.shape[1], c) == (1, 3):
            return np.repeat(x, 3, axis=1)
        if (x.shape[1], c) == (3, 1):
            return _grey(x)
    raise DataError(f"x has shape {x.shape}; expected (samples, {c}, {h}, {w}), as in training: {inputs}")


def _grey(x: np.ndarray) -> np.ndarray:
    """(n, 1, i, j) of x (n, 3, i, j), in its type."""
    red, green, blue = (x[:, [k]] * part for k, part in enumerate(LUMA))
    grey = red + green + blue  # in that order, which a product of matrices would not promise
    return (np.rint(grey) if x.dtype.kind in "iu" else grey).astype(x.dtype)


def _pixels(inputs: Images, x: np.ndarray, given: Given) -> np.ndarray:
    """Pixels in the training's range, with ink of the training's colour; bytes where those were and these can be."""
    scale = given.scale or _scale(inputs, x)
    ink = inputs.ink
    if ink and (found := given.ink or polarity(x)) and found != ink:
        kinds = {"light": "light ink on dark", "dark": "dark ink on light"}
        warn(f"the images show {kinds[found]}: they are inverted, as the model was trained on {kinds[ink]}")
        x = scale.inverted(x)
    if scale == inputs.scale and (x.dtype == np.uint8) == inputs.in_bytes:
        return x
    numbers = scale.convert(x, inputs.scale)
    if not inputs.in_bytes:
        return numbers
    whole = np.rint(numbers)
    return whole.astype(np.uint8) if np.abs(numbers - whole).max() < WHOLE else numbers


def _scale(inputs: Images, x: np.ndarray) -> Scale:
    """What black and white are in x; DataError where that cannot be said."""
    own = inputs.scale
    if not inputs.standard:
        span = span_of(x)
        wide = Scale(own.lowest - FAR * own.width, own.highest + FAR * own.width)
        if not wide.holds(span):
            raise DataError(f"x goes from {span}; expected numbers as in training, which were {own}")
        return own
    span, usual = span_of(x), scale_of(x)
    known = [scale for scale in (own, usual) if scale is not None and scale.holds(span)]
    if not known:
        raise DataError(f"x goes from {span}; expected pixels from {own}, as in training, or bytes, 0 to 1, -1 to 1")
    scale = min(known, key=lambda each: each.width)
    if x.dtype != np.uint8 and scale != own and (not inputs.in_bytes or not scale.is_filled_by(span)):
        warn(f"x goes from {span}: taken for pixels from {scale}, where the model was trained on {own}")
    elif not span.width:
        warn(f"x is {span.lowest:.6g} all over: there is nothing in the images")
    elif not scale.is_filled_by(span):
        warn(f"x goes from {span} only: the model was trained on pixels from {own}")
    return scale


def matched_answers(answers: Classes | Reals, data: Dataset) -> tuple[np.ndarray, tuple[str, ...] | None]:
    """t by the training's class numbers, and the classes' names."""
    t = data.t
    if isinstance(answers, Reals):
        if t.dtype.kind in "fiu" and t.size:
            doubt(t.reshape(len(t), -1), answers.columns)
        return t, data.classes
    if data.classes is None or data.classes == answers.names:
        return t, answers.classes
    if answers.classes is None and len(data.classes) == len(answers.names) and not {*answers.names} & {*data.classes}:
        return t, data.classes  # names for what had only numbers
    strange = {data.classes[k] for k in np.unique(t)} - set(answers.names)
    if strange:
        name = min(strange)
        raise DataError(f"there is a class {name!r}; expected one of those in training: {shortened(answers.names, 12)}")
    numbers = np.array([answers.names.index(name) if name in answers.names else -1 for name in data.classes])
    return numbers[t], answers.classes
