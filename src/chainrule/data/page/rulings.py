"""Rulings, margins, frames: long straight lines in a picture's ink. They are taken out; strokes across them stay."""

from typing import NamedTuple

import numpy as np

from chainrule.data.page.lines import CORNER, LONG, WHOLE, likely_lines
from chainrule.data.page.morphology import sliding

THIN, FEW = 0.03, 3
"""A line's thickness is at most this part of its length, or so many pixels: a pen's stroke is thicker, or shorter."""
BAND = 6
"""Pixels to either side of a line that are looked at."""
PIECES = 9
"""A line's place is found in so many pieces, of which strokes may hide two."""
SEEN = 0.12
"""Lines with less than this part of the ink of the strongest strokes are not worth the trouble."""
OUT = 1.5
"""So many times more ink than beside it is in a line."""
BROKEN = 0.4
"""Where a line has less than this part of its usual ink, it is broken."""
FOOT = 0.12
"""Across a line its ink falls to this part, or it is no thin line, but the edge of something."""
DARKER = 1.35
"""A stroke across a line shows where there is so many times the line's ink, and a little more."""
LITTLE = 0.03
FADED = 4
"""Pixels by which a line may go on, fading, beyond its end."""


class Unruled(NamedTuple):
    ink: np.ndarray  # (h, w): without the lines
    tilts: list[float]  # degrees by which each line is turned, clockwise, from horizontal or vertical


def without_lines(ink: np.ndarray, noise: float) -> Unruled:
    """The ink (h, w) of a picture less its long straight lines; `noise` is the paper's standard deviation."""
    level = max(4 * noise, SEEN * float(np.quantile(ink, 0.998)))
    rows = ink.copy()
    slopes = _erase_rows(rows, level, noise)
    columns = rows.T.copy()
    crossing = _erase_rows(columns, level, noise)
    return Unruled(columns.T.copy(), [float(np.rad2deg(np.arctan(v))) for v in (*slopes, *(-v for v in crossing))])


def _erase_rows(ink: np.ndarray, level: float, noise: float) -> list[float]:
    """Take the lines from left to right out of `ink`, in place; their slopes."""
    slopes: list[float] = []
    for left, right in likely_lines(ink > level):
        line = _followed(ink, np.linspace(left, right, ink.shape[1]), level)
        if line is not None:
            _erase(ink, line, noise)
            slopes.append((line.rows[-1] - line.rows[0]) / (ink.shape[1] - 1))
    return slopes


class _Line(NamedTuple):
    """A line from left to right."""

    rows: np.ndarray  # (w,) where its middle is in each column
    columns: tuple[int, int]  # the first and the last that it is in
    across: tuple[int, int]  # the first and the last row of it, from its middle
    profile: np.ndarray  # (2 BAND + 1,) its ink across


def _followed(ink: np.ndarray, rows: np.ndarray, level: float) -> _Line | None:
    """The line near those rows, if it is one: long, thin, and there most of its way."""
    width = len(rows)
    for degree in (1, 2):
        band, inside = _band(ink, rows)
        columns = np.flatnonzero(inside)
        if len(columns) < CORNER * width or not _stands_out(band.sum(axis=1)):
            return None
        cuts = columns[0] + np.arange(PIECES) * len(columns) // PIECES
        peaks = np.add.reduceat(band[1:-1, : columns[-1] + 1], cuts, axis=1).argmax(axis=0) - (BAND - 1)
        rows = rows + _curve((cuts + len(columns) / PIECES / 2) / width, peaks, degree, np.arange(width) / width)
    band, inside = _band(ink, rows)
    columns = np.flatnonzero(inside)
    if len(columns) < CORNER * width:
        return None
    middle = band[BAND - 1 : BAND + 2].max(axis=0)
    there = inside & (middle > level)
    there &= middle > BROKEN * (np.median(middle[there]) if there.any() else 0)
    first, last = _longest(there)
    if last - first + 1 < LONG * (columns[-1] - columns[0] + 1) or there[first : last + 1].mean() < WHOLE:
        return None
    profile = np.median(band[:, first : last + 1], axis=1)
    across = _across(profile)
    if across is None:
        return None
    profile[: BAND + across[0]] = profile[BAND + across[1] + 1 :] = 0
    if _thickness(profile) > max(FEW, THIN * (last - first + 1)):
        return None
    return _Line(rows, (max(0, first - FADED), min(width - 1, last + FADED)), across, profile)


def _band(ink: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(2 BAND + 1, w): the ink above, on and below a line; and (w,) in which columns the line is in the picture."""
    height, width = ink.shape
    at = rows + np.arange(-BAND, BAND + 1)[:, np.newaxis]
    low = np.floor(at).astype(np.intp)
    part = at - low
    inside = (low >= 0) & (low < height - 1)
    low = low.clip(0, height - 2) * width + np.arange(width)
    flat = ink.ravel()
    return np.where(inside, flat[low] * (1 - part) + flat[low + width] * part, 0), inside[BAND]


def _stands_out(profile: np.ndarray) -> bool:
    """Whether there is more ink (2 BAND + 1,) near the middle than on both sides of it."""
    return profile[BAND - 2 : BAND + 3].max() > OUT * max(profile[: BAND - 1].min(), profile[BAND + 2 :].min())


def _curve(at: np.ndarray, values: np.ndarray, degree: int, x: np.ndarray) -> np.ndarray:
    """The polynomial through values (PIECES,) that is nearest to all but two of them, at places x."""
    powers = at[:, np.newaxis] ** np.arange(degree + 1)
    rest = np.abs(powers @ np.linalg.lstsq(powers, values)[0] - values)
    keep = np.argsort(rest, kind="stable")[: PIECES - 2]
    return x[:, np.newaxis] ** np.arange(degree + 1) @ np.linalg.lstsq(powers[keep], values[keep])[0]


def _longest(there: np.ndarray) -> tuple[int, int]:
    """The first and the last of the stretch of which the part WHOLE, or more, is there."""
    total = np.cumsum(np.concatenate([[0], np.where(there, 1 - WHOLE, -WHOLE)]))
    end = int((total - np.minimum.accumulate(total)).argmax())
    return int(total[: end + 1].argmin()), end - 1


def _thickness(profile: np.ndarray) -> float:
    """Over how many pixels a line's ink lies, if all of it is as strong as the strongest."""
    return float(profile.sum() / profile.max())


def _across(profile: np.ndarray) -> tuple[int, int] | None:
    """From where to where a line's ink goes across it, feet included; None if it goes on beyond the band."""
    peak = profile[BAND - 1 : BAND + 2].max()
    sides = []
    for side in (profile[BAND::-1], profile[BAND:]):
        under = np.flatnonzero(side < 0.5 * peak)
        if len(under) == 0:
            return None
        k = int(under[0])
        while k < BAND and side[k] > FOOT * peak and side[k + 1] < side[k]:
            k += 1
        sides.append(k - 1 if side[k] <= FOOT * peak else k)
    return -sides[0], sides[1]


def _erase(ink: np.ndarray, line: _Line, noise: float) -> None:
    """Take a line out of the ink, in place. What is darker than the line stays; a stroke on both sides goes through."""
    height = len(ink)
    x = np.arange(line.columns[0], line.columns[1] + 1)
    middle = line.rows[x]
    top, bottom = line.across

    def at(distance: float) -> np.ndarray:
        rows = np.rint(middle + distance).astype(np.intp)
        return np.where((rows >= 0) & (rows < height), ink[rows.clip(0, height - 1), x], 0)

    above = np.maximum(at(top - 1), at(top - 2))
    below = np.maximum(at(bottom + 1), at(bottom + 2))
    slant = (bottom - top + 1) // 2 + 1
    bridge = np.maximum(np.minimum(above, _spread(below, slant)), np.minimum(_spread(above, slant), below))
    rows = np.floor(middle).astype(np.intp) + np.arange(top - 1, bottom + 3)[:, np.newaxis]
    offset = rows - middle
    on = (rows >= 0) & (rows < height) & (offset > top - 1) & (offset < bottom + 1)
    columns = np.broadcast_to(x, rows.shape)
    given = ink[rows.clip(0, height - 1), columns]
    expected = np.interp(offset, np.arange(-BAND, BAND + 1), line.profile)
    stroke = given > DARKER * expected + 3 * noise + LITTLE
    ink[rows[on], columns[on]] = np.where(stroke, given, bridge)[on]


def _spread(values: np.ndarray, by: int) -> np.ndarray:
    """The largest of each value and those up to `by` places beside it."""
    return sliding(np.maximum, np.pad(values, by), 2 * by + 1, 0)
