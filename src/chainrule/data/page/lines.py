"""Where long lines may be in a mask: those along which most of its pixels are set."""

import numpy as np

STEEPEST = 0.42
"""The slope up to which lines are found: 23 degrees."""
LONG = 0.66
"""A line goes along at least this part of the way from one side of the picture to the other."""
WHOLE = 0.8
"""The part of a line that is there; the rest may be broken."""
CORNER = 0.3
"""Lines across a corner are looked for if they go along this part of the picture's side."""
SAME = 4
"""Lines that are nowhere so many rows apart are one."""
MOST = 60
"""Lines in one direction."""


def likely_lines(mask: np.ndarray) -> np.ndarray:
    """(n, 2): the rows, in the first column and in the last, of what may be lines; those least broken come first."""
    height, width = mask.shape
    ends, shares = [], []
    for flipped in (False, True):
        counts = sums_along_lines(mask[::-1] if flipped else mask)
        fall, row = np.nonzero(counts >= LONG * WHOLE * CORNER * width)
        start, slope = row - len(counts), fall / (_power_of_two(width) - 1)
        steep = np.maximum(slope, 1e-9)
        first, last = (-start / steep).clip(min=0), ((height - 1 - start) / steep).clip(max=width - 1)
        inside = np.floor(last) - np.ceil(first) + 1  # columns in which it is in the picture
        share = counts[fall, row] / np.maximum(inside, 1)
        good = (share >= LONG * WHOLE) & (inside >= CORNER * width)
        end = np.stack([start, start + slope * (width - 1)], axis=1)[good]
        ends.append(height - 1 - end if flipped else end)
        shares.append(share[good])
    end = np.concatenate(ends)[np.argsort(-np.concatenate(shares), kind="stable")]
    found = []
    while len(end) and len(found) < MOST:
        found.append(end[0])
        end = end[np.abs(end - end[0]).max(axis=1) >= SAME]
    return np.reshape(found, (-1, 2))


def sums_along_lines(mask: np.ndarray) -> np.ndarray:
    """(reach, reach + h): how many pixels of the mask (h, w) lie on the line that falls by so many rows on its way.

    The way is n columns, w made a power of two; the second index, less `reach`, is the line's row in the first column.
    Brady's fast Radon transform: a line over 2 m columns is two lines over m columns of half its fall.
    """
    height, width = mask.shape
    n = _power_of_two(width)
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


def _power_of_two(width: int) -> int:
    """The first that is not below the width."""
    return 1 << (width - 1).bit_length()
