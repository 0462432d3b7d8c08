"""Long straight lines in a picture's ink: rulings, margins, frames. They are taken out; strokes across them stay."""

from typing import NamedTuple

import numpy as np

from chainrule.data.morphology import sliding

STEEPEST = 0.42
"""The slope up to which lines are found, from horizontal and from vertical: 23 degrees."""
LONG = 0.66
"""A line goes along at least this part of the way from one side of the picture to the other."""
WHOLE = 0.8
"""The part of a line that is there; the rest may be broken."""
CORNER = 0.3
"""Lines across a corner are looked for if they go along this part of the picture's side."""
THIN = 0.04
"""A line's thickness is at most this part of the picture's longer side."""
BAND = 6
"""Pixels to either side of a line that are looked at."""
PIECES = 9
"""A line's place is found in so many pieces, of which strokes may hide two."""
MOST = 60
"""Lines in one direction."""
SEEN = 0.12
"""Lines with less than this part of the ink of the strongest strokes are not worth the trouble."""


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
    for left, right in _candidates(ink > level):
        line = _followed(ink, np.linspace(left, right, ink.shape[1]), level)
        if line is not None:
            _erase(ink, line, noise)
            slopes.append((line.rows[-1] - line.rows[0]) / (ink.shape[1] - 1))
    return slopes


def _candidates(mask: np.ndarray) -> list[tuple[float, float]]:
    """The rows, in the first column and in the last, of what may be lines; those most of which is there come first."""
    height, width = mask.shape
    ends, shares = [], []
    for flipped in (False, True):
        counts = sums_along_lines(mask[::-1] if flipped else mask)
        reach = len(counts)
        fall, row = np.indices(counts.shape)
        start = row - reach
        slope = fall / (padded_width(width) - 1)
        with np.errstate(divide="ignore", invalid="ignore"):
            first = np.where(start < 0, np.where(fall > 0, -start / slope, width), 0)
            last = np.where(fall > 0, (height - 1 - start) / slope, width - 1).clip(max=width - 1)
        inside = np.floor(last) - np.ceil(first) + 1
        share = np.where(inside >= CORNER * width, counts / np.maximum(inside, 1), 0)
        good = share >= LONG * WHOLE
        end = np.stack([start, start + slope * (width - 1)], axis=-1)[good]
        ends.append(height - 1 - end if flipped else end)
        shares.append(share[good])
    end, share = np.concatenate(ends), np.concatenate(shares)
    end = end[np.argsort(-share, kind="stable")]
    found = []
    while len(end) and len(found) < MOST:
        found.append((end[0, 0], end[0, 1]))
        end = end[np.abs(end - end[0]).max(axis=1) >= 4]
    return found


def padded_width(width: int) -> int:
    return 1 << (width - 1).bit_length()


def sums_along_lines(mask: np.ndarray) -> np.ndarray:
    """(reach, reach + h): how many pixels of the mask (h, w) lie on the line that falls by so many rows on its way.

    The way is n columns, w made a power of two; the second index, less `reach`, is the line's row in the first column.
    Brady's fast Radon transform: a line over 2 m columns is two lines over m columns of half its fall.
    """
    height, width = mask.shape
    n = padded_width(width)
    reach = int(STEEPEST * n) + 1
    sums = np.zeros((n, 1, height + 2 * reach), np.int16)  # strip, fall, row
    sums[:width, 0, reach : reach + height] = mask.T
    columns = 1
    while columns < n:
        columns *= 2
        falls = min(columns, int(STEEPEST * columns) + 2)
        joined = np.empty((len(sums) // 2, falls, sums.shape[2]), np.int16)
        for fall in range(falls):
            half = min(fall // 2, sums.shape[1] - 1)
            down = fall - half
            joined[:, fall] = sums[::2, half]
            joined[:, fall, : sums.shape[2] - down] += sums[1::2, half, down:]
        sums = joined
    return sums[0, :reach, : reach + height]


class _Line(NamedTuple):
    rows: np.ndarray  # (w,) where its middle is in each column
    columns: tuple[int, int]  # the first and the last that it is in
    across: tuple[int, int]  # the first and the last row of it, from its middle
    profile: np.ndarray  # (2 BAND + 1,) its ink across


def _followed(ink: np.ndarray, rows: np.ndarray, level: float) -> _Line | None:
    """The line near those rows, if it is one: long, thin, and there most of its way."""
    width = len(rows)
    for degree in (1, 2):
        band, inside = _band(ink, rows)
        if inside.sum() < CORNER * width:
            return None
        columns = np.flatnonzero(inside)
        cuts = columns[0] + np.arange(PIECES) * len(columns) // PIECES
        means = np.add.reduceat(band[1:-1, : columns[-1] + 1], cuts, axis=1)
        best = means.argmax(axis=0) - (BAND - 1)
        at = cuts + len(columns) / PIECES / 2
        bend = np.polynomial.Polynomial.fit(at, best, degree)
        keep = np.argsort(np.abs(bend(at) - best), kind="stable")[: PIECES - 2]
        bend = np.polynomial.Polynomial.fit(at[keep], best[keep], degree)
        rows = rows + bend(np.arange(width))
    band, inside = _band(ink, rows)
    columns = np.flatnonzero(inside)
    if len(columns) < CORNER * width:
        return None
    middle = band[BAND - 1 : BAND + 2].max(axis=0)
    there = inside & (middle > level)
    there &= middle > 0.4 * (np.median(middle[there]) if there.any() else 0)
    first, last = _longest(there)
    if last - first + 1 < LONG * (columns[-1] - columns[0] + 1) or there[first : last + 1].mean() < WHOLE:
        return None
    profile = np.median(band[:, first : last + 1], axis=1)
    across = _thickness(profile)
    if across is None or across[1] - across[0] + 1 > max(2, THIN * max(ink.shape)) + 2:
        return None
    outside = np.abs(np.arange(-BAND, BAND + 1) - sum(across) / 2) > (across[1] - across[0]) / 2
    end = 4  # where it fades
    return _Line(rows, (max(0, first - end), min(width - 1, last + end)), across, np.where(outside, 0, profile))


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


def _longest(there: np.ndarray) -> tuple[int, int]:
    """The first and the last of the stretch of which the part WHOLE, or more, is there."""
    total = np.cumsum(np.concatenate([[0], np.where(there, 1 - WHOLE, -WHOLE)]))
    end = int((total - np.minimum.accumulate(total)).argmax())
    return int(total[: end + 1].argmin()), end - 1


def _thickness(profile: np.ndarray) -> tuple[int, int] | None:
    """From where to where a line's ink goes across it, feet included; None if it goes on beyond the band."""
    peak = profile[BAND - 1 : BAND + 2].max()
    sides = []
    for side in (profile[BAND::-1], profile[BAND:]):
        under = np.flatnonzero(side < 0.5 * peak)
        if len(under) == 0:
            return None
        k = int(under[0])
        while k < BAND and side[k] > 0.12 * peak and side[k + 1] < side[k]:
            k += 1
        sides.append(k - 1 if side[k] <= 0.12 * peak else k)
    return -sides[0], sides[1]


def _erase(ink: np.ndarray, line: _Line, noise: float) -> None:
    """Take a line out of the ink, in place. What is darker than the line stays; a stroke on both sides goes through."""
    height, width = ink.shape
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
    stroke = given > 1.35 * expected + 3 * noise + 0.03
    ink[rows[on], columns[on]] = np.where(stroke, given, bridge)[on]


def _spread(values: np.ndarray, by: int) -> np.ndarray:
    """The largest of each value and those up to `by` places beside it."""
    return sliding(np.maximum, np.pad(values, by), 2 * by + 1, 0)
