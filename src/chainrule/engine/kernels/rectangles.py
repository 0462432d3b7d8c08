"""Rectangles of vectors in flat arrays, rows `row` floats apart: zeroed, copied."""

from chainrule.engine.runtime.jit import kernel
from chainrule.engine.simd import LANES, load, store, zeros


@kernel
def zero_vectors(y, at, row, rows, columns):
    """y[at:] = 0, `rows` x `columns` vectors."""
    for i in range(rows):
        for j in range(columns):
            store(zeros(1, 1, y), y, at + i * row + j * LANES, 0)


@kernel
def copy_vectors(x, x_at, x_row, y, y_at, y_row, rows, columns):
    """y[y_at:] = x[x_at:], `rows` x `columns` vectors."""
    for i in range(rows):
        for j in range(columns):
            store(load(1, 1, x, x_at + i * x_row + j * LANES, 0), y, y_at + i * y_row + j * LANES, 0)
