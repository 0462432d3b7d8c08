"""Pictures seen through a moved grid: each pixel takes its value from where the displacement points.

    di[i,j] = sum over a, b of rows[i,a] noise[0,a,b] columns[b,j]          dj likewise, from noise[1]
    i'      = cos (i - ci) + sin (j - cj) + ci - down  + di[i,j]            (ci, cj): the picture's centre
    j'      = cos (j - cj) - sin (i - ci) + cj - right + dj[i,j]
    y[s,c,i,j] = x[s,c,i',j'], by straight lines between the four pixels around; beyond an edge, the edge's pixels

It is a kernel because NumPy takes ten times as long.
"""

import numpy as np

from chainrule.engine.runtime.jit import kernel

F32 = np.float32
HALF = F32(0.5)
WHOLE = 16
"""Numbers of a whole number of vectors, on any processor: rows that are a multiple of it need one loop."""


def resample(
    x: np.ndarray, turns: np.ndarray, noise: np.ndarray, *, rows: np.ndarray, columns: np.ndarray, y: np.ndarray
) -> None:
    """y (s, c, i, j) uint8 from x, likewise.

    turns (s, 4): cos, sin, down, right of each sample; noise (s, 2, a, b), rows (i, a) and columns (b, j); all float32.
    """
    samples, channels, height, width = x.shape
    wide = -(-width // WHOLE) * WHOLE
    padded = np.zeros((len(columns), wide), np.float32)
    padded[:, :width] = columns
    room = np.empty((3, max(height, 4, rows.shape[1]), wide), np.float32)  # a kernel allocates nothing
    corners = np.empty((4, width), np.uint32)
    flat = (samples, channels, height * width)
    resample_all(x.reshape(flat), turns, noise, rows, padded, y.reshape(flat), room, corners)


@kernel
def resample_all(x, turns, noise, rows, columns, y, room, corners):
    """The same, with room for displacements (room[:2]), other rows of numbers, and corners; x and y (s, c, pixels)."""
    height, width = len(rows), corners.shape[1]
    ci, cj = HALF * F32(height - 1), HALF * F32(width - 1)
    last_i, last_j = F32(height - 1), F32(width - 1)
    for s in range(len(x)):
        cos, sin, down, right = turns[s, 0], turns[s, 1], turns[s, 2], turns[s, 3]
        displace(noise[s, 0], rows, columns, room[2], room[0])
        displace(noise[s, 1], rows, columns, room[2], room[1])
        for i in range(height):
            at_i, at_j = room[0, i, :width], room[1, i, :width]
            from_i = F32(i) - ci
            for j in range(width):
                from_j = F32(j) - cj
                at_i[j] = min(max(cos * from_i + sin * from_j + ci - down + at_i[j], F32(0)), last_i)
                at_j[j] = min(max(cos * from_j - sin * from_i + cj - right + at_j[j], F32(0)), last_j)
            find_corners(at_i, at_j, height, corners)
            for c in range(x.shape[1]):
                interpolate(x[s, c], corners, at_i, at_j, room[2], y[s, c, i * width : (i + 1) * width])


@kernel
def displace(noise, rows, columns, across, out):
    """out[i,j] = sum over a of rows[i,a] across[a,j], across[a,j] = sum over b of noise[a,b] columns[b,j]."""
    wide = out.shape[1] // WHOLE * WHOLE
    for a in range(noise.shape[0]):
        across[a, :wide] = F32(0)
        for b in range(noise.shape[1]):
            for j in range(wide):
                across[a, j] += noise[a, b] * columns[b, j]
    for i in range(len(rows)):
        out[i, :wide] = F32(0)
        for a in range(noise.shape[0]):
            for j in range(wide):
                out[i, j] += rows[i, a] * across[a, j]


@kernel
def find_corners(at_i, at_j, height, corners):
    """The four pixels around each place, none of which is beyond an edge; of the places what is behind the point."""
    width = len(at_i)
    for j in range(width):
        i0, j0 = np.int32(at_i[j]), np.int32(at_j[j])
        at_i[j] -= F32(i0)
        at_j[j] -= F32(j0)
        first, right = i0 * width + j0, 1 if j0 < width - 1 else 0
        down = width if i0 < height - 1 else 0
        corners[0, j], corners[1, j], corners[2, j], corners[3, j] = (
            first,
            first + right,
            first + down,
            first + down + right,
        )


@kernel
def interpolate(plane, corners, at_i, at_j, values, out):
    """out[j] by straight lines between the plane's pixels at four corners; `values` is room for these.

    They are collected first, one by one, so that LLVM makes vectors of the rest.
    """
    width = len(out)
    a, b, c, d = values[0, :width], values[1, :width], values[2, :width], values[3, :width]
    for j in range(width):
        a[j], b[j] = plane[np.uint64(corners[0, j])], plane[np.uint64(corners[1, j])]
        c[j], d[j] = plane[np.uint64(corners[2, j])], plane[np.uint64(corners[3, j])]
    for j in range(width):
        wi, wj = at_i[j], at_j[j]
        above = (F32(1) - wj) * a[j] + wj * b[j]
        below = (F32(1) - wj) * c[j] + wj * d[j]
        out[j] = np.int32((F32(1) - wi) * above + wi * below + HALF)
