"""Pictures seen through a moved grid: each pixel takes its value from where the displacement points.

    di[i,j] = sum over a, b of rows[i,a] columns[b,j] noise[0,a,b]          dj likewise, from noise[1]
    i'      = cos (i - ci) + sin (j - cj) + ci - down  + di[i,j]            (ci, cj): the picture's centre
    j'      = cos (j - cj) - sin (i - ci) + cj - right + dj[i,j]
    y[s,c,i,j] = x[s,c,i',j'], by straight lines between the four pixels around; beyond an edge, the edge's pixels

It is a kernel because NumPy takes ten times as long.
"""

import numpy as np

from chainrule.engine.runtime.jit import kernel

F32 = np.float32
HALF = F32(0.5)


def resample(
    x: np.ndarray, turns: np.ndarray, noise: np.ndarray, *, rows: np.ndarray, columns: np.ndarray, y: np.ndarray
) -> None:
    """y (s, c, i, j) uint8 from x, likewise.

    turns (s, 4): cos, sin, down, right of each sample; noise (s, 2, a, b), rows (i, a) and columns (b, j); all float32.
    """
    scratch = np.empty((3, max(x.shape[3], len(columns))), np.float32)  # a kernel allocates nothing
    resample_all(x, turns, noise, rows, columns, y, scratch)


@kernel
def resample_all(x, turns, noise, rows, columns, y, scratch):
    """The same, with room for three rows of numbers."""
    samples, channels, height, width = x.shape
    ci, cj = HALF * F32(height - 1), HALF * F32(width - 1)
    last_i, last_j = F32(height - 1), F32(width - 1)
    at_i, at_j, along = scratch[0, :width], scratch[1, :width], scratch[2, : len(columns)]
    for s in range(samples):
        cos, sin, down, right = turns[s, 0], turns[s, 1], turns[s, 2], turns[s, 3]
        for i in range(height):
            displace(noise[s, 0], rows[i], columns, along, at_i)
            displace(noise[s, 1], rows[i], columns, along, at_j)
            from_i = F32(i) - ci
            for j in range(width):
                from_j = F32(j) - cj
                at_i[j] = min(max(cos * from_i + sin * from_j + ci - down + at_i[j], F32(0)), last_i)
                at_j[j] = min(max(cos * from_j - sin * from_i + cj - right + at_j[j], F32(0)), last_j)
            for c in range(channels):
                interpolate(x[s, c], at_i, at_j, y[s, c, i])


@kernel
def displace(noise, row, columns, along, out):
    """out[j] = sum over b of columns[b,j] along[b], along[b] = sum over a of row[a] noise[a,b]: one row of pixels."""
    along[:] = F32(0)
    for a in range(len(row)):
        for b in range(len(along)):
            along[b] += row[a] * noise[a, b]
    out[:] = F32(0)
    for b in range(len(along)):
        for j in range(len(out)):
            out[j] += along[b] * columns[b, j]


@kernel
def interpolate(plane, at_i, at_j, out):
    """out[j] = plane[at_i[j], at_j[j]] by straight lines between pixels; none of these places is beyond an edge."""
    last_i, last_j = plane.shape[0] - 1, plane.shape[1] - 1
    for j in range(len(out)):
        i0, j0 = int(at_i[j]), int(at_j[j])
        i1, j1 = min(i0 + 1, last_i), min(j0 + 1, last_j)
        wi, wj = at_i[j] - F32(i0), at_j[j] - F32(j0)
        above = (F32(1) - wj) * F32(plane[i0, j0]) + wj * F32(plane[i0, j1])
        below = (F32(1) - wj) * F32(plane[i1, j0]) + wj * F32(plane[i1, j1])
        out[j] = np.uint8((F32(1) - wi) * above + wi * below + HALF)
