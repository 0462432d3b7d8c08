"""The transforms of Winograd's F(4x4, 3x3), of one vector's channels at once.

`winograd` says what they are. The definition: chainrule/layers/convolution.py.

A transform works along both dimensions. Each function `..._line` is the one along the second. Along the first, rows
that share terms are made together, and the lines of x or m are read again rather than all kept: a transformed patch has
36 vectors, more than there are registers, and to read a vector takes less time than to write one.
"""

from chainrule.engine.runtime.jit import kernel
from chainrule.engine.simd import LANES, add, add_multiple, join, load, scale, split, store, subtract


@kernel
def input_line(line):
    """B^T times a line of 6 vectors."""
    x0, x1, x2, x3, x4, x5 = split(line)
    even = add_multiple(x4, -4, x2)
    odd = add_multiple(x3, -4, x1)
    even_2 = subtract(x4, x2)
    odd_2 = subtract(x3, x1)
    return join(
        (
            add_multiple(add_multiple(x4, -5, x2), 4, x0),
            add(even, odd),
            subtract(even, odd),
            add_multiple(even_2, 2, odd_2),
            add_multiple(even_2, -2, odd_2),
            add_multiple(add_multiple(x5, -5, x3), 4, x1),
        )
    )


@kernel
def input_transform(x, at, row, v, v_at, v_stride):
    """v = B^T x B of the 6 x 6 pixels of x[at:], rows `row` floats apart, into vectors v_stride apart."""
    step = 6 * v_stride
    x0 = load(1, 6, x, at, 0)
    x2 = load(1, 6, x, at + 2 * row, 0)
    x4 = load(1, 6, x, at + 4 * row, 0)
    store(input_line(add_multiple(add_multiple(x4, -5, x2), 4, x0)), v, v_at, v_stride)

    x1 = load(1, 6, x, at + row, 0)
    x3 = load(1, 6, x, at + 3 * row, 0)
    even = add_multiple(x4, -4, x2)
    odd = add_multiple(x3, -4, x1)
    store(input_line(add(even, odd)), v, v_at + step, v_stride)
    store(input_line(subtract(even, odd)), v, v_at + 2 * step, v_stride)

    x1 = load(1, 6, x, at + row, 0)
    x2 = load(1, 6, x, at + 2 * row, 0)
    x3 = load(1, 6, x, at + 3 * row, 0)
    x4 = load(1, 6, x, at + 4 * row, 0)
    even = subtract(x4, x2)
    odd = subtract(x3, x1)
    store(input_line(add_multiple(even, 2, odd)), v, v_at + 3 * step, v_stride)
    store(input_line(add_multiple(even, -2, odd)), v, v_at + 4 * step, v_stride)

    x1 = load(1, 6, x, at + row, 0)
    x3 = load(1, 6, x, at + 3 * row, 0)
    x5 = load(1, 6, x, at + 5 * row, 0)
    store(input_line(add_multiple(add_multiple(x5, -5, x3), 4, x1)), v, v_at + 5 * step, v_stride)


@kernel
def output_line(line, bias):
    """A^T times a line of 6 vectors, plus b: A^T takes (0 b 0 0 0 0) to (b b b b)."""
    m0, m1, m2, m3, m4, m5 = split(line)
    m1 = add(m1, bias)
    sum_1 = add(m1, m2)
    sum_2 = add(m3, m4)
    difference_1 = subtract(m1, m2)
    difference_2 = subtract(m3, m4)
    return join(
        (
            add(m0, add(sum_1, sum_2)),
            add_multiple(difference_1, 2, difference_2),
            add_multiple(sum_1, 4, sum_2),
            add_multiple(add(difference_1, m5), 8, difference_2),
        )
    )


@kernel
def output_transform(m, at, m_stride, bias, y, y_at, row):
    """y = A^T m A + b, 4 x 4 pixels with rows `row` floats apart, from vectors m[at:] m_stride apart."""
    step = 6 * m_stride
    m0 = load(6, 1, m, at, m_stride)
    m1 = load(6, 1, m, at + step, m_stride)
    m2 = load(6, 1, m, at + 2 * step, m_stride)
    m3 = load(6, 1, m, at + 3 * step, m_stride)
    m4 = load(6, 1, m, at + 4 * step, m_stride)
    sum_1 = add(m1, m2)
    sum_2 = add(m3, m4)
    store(output_line(add(m0, add(sum_1, sum_2)), bias), y, y_at, LANES)
    store(output_line(add_multiple(sum_1, 4, sum_2), bias), y, y_at + 2 * row, LANES)

    m1 = load(6, 1, m, at + step, m_stride)
    m2 = load(6, 1, m, at + 2 * step, m_stride)
    m3 = load(6, 1, m, at + 3 * step, m_stride)
    m4 = load(6, 1, m, at + 4 * step, m_stride)
    m5 = load(6, 1, m, at + 5 * step, m_stride)
    difference_1 = subtract(m1, m2)
    difference_2 = subtract(m3, m4)
    store(output_line(add_multiple(difference_1, 2, difference_2), bias), y, y_at + row, LANES)
    store(output_line(add(add_multiple(difference_1, 8, difference_2), m5), bias), y, y_at + 3 * row, LANES)


@kernel
def filter_line(line):
    """G times a line of 3 vectors."""
    w0, w1, w2 = split(line)
    outer = scale(-1 / 6, add(w0, w2))
    outer_2 = add_multiple(scale(1 / 24, w0), 1 / 6, w2)
    return join(
        (
            scale(1 / 4, w0),
            add_multiple(outer, -1 / 6, w1),
            add_multiple(outer, 1 / 6, w1),
            add_multiple(outer_2, 1 / 12, w1),
            add_multiple(outer_2, -1 / 12, w1),
            w2,
        )
    )


@kernel
def filter_transform(w, at, u, u_at, u_stride):
    """u = G w G^T of the 3 x 3 vectors of w[at:], into vectors u_stride apart; w[at + 9 L:] is overwritten."""
    half = at + 9 * LANES
    for j in range(3):
        store(filter_line(load(3, 1, w, at + j * LANES, 3 * LANES)), w, half + j * LANES, 3 * LANES)
    for i in range(6):
        line = load(1, 3, w, half + i * 3 * LANES, 0)
        store(filter_line(line), u, u_at + i * 6 * u_stride, u_stride)
