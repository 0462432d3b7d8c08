"""The transforms of Winograd's F(4x4, 3x3) the other way round, of one vector's channels at once: what gradients go
through.

    A g A^T     4 x 4 pixels of dL/dy to 6 x 6 places, dL/dm        from Y = A^T m A
    B g B^T     6 x 6 places, dL/dv, to a patch of dL/dx            from v = B^T x B
    G^T g G     6 x 6 places, dL/du, to the 3 x 3 of dL/dw          from u = G w G^T

The matrices: `winograd`. The definition: chainrule/layers/convolution.py.
"""

from typing import Any

from chainrule.engine.runtime.jit import kernel
from chainrule.engine.simd import LANES, add, add_multiple, join, load, scale, split, store, subtract


@kernel
def output_adjoint_line(line):
    """A times a line of 4 vectors."""
    g0, g1, g2, g3 = split(line)
    even, odd = add(g0, g2), add(g1, g3)
    even_4, odd_4 = add_multiple(g0, 4, g2), add_multiple(g1, 4, g3)
    return join(
        (g0, add(even, odd), subtract(even, odd), add_multiple(even_4, 2, odd_4), add_multiple(even_4, -2, odd_4), g3)
    )


@kernel
def output_adjoint(g, at, row, gm, gm_at, gm_stride):
    """gm = A g A^T of the 4 x 4 pixels of g[at:], rows `row` floats apart, into vectors gm_stride apart."""
    step = 6 * gm_stride
    g0 = load(1, 4, g, at, 0)
    g1 = load(1, 4, g, at + row, 0)
    g2 = load(1, 4, g, at + 2 * row, 0)
    g3 = load(1, 4, g, at + 3 * row, 0)
    store(output_adjoint_line(g0), gm, gm_at, gm_stride)
    even, odd = add(g0, g2), add(g1, g3)
    store(output_adjoint_line(add(even, odd)), gm, gm_at + step, gm_stride)
    store(output_adjoint_line(subtract(even, odd)), gm, gm_at + 2 * step, gm_stride)
    even, odd = add_multiple(g0, 4, g2), add_multiple(g1, 4, g3)
    store(output_adjoint_line(add_multiple(even, 2, odd)), gm, gm_at + 3 * step, gm_stride)
    store(output_adjoint_line(add_multiple(even, -2, odd)), gm, gm_at + 4 * step, gm_stride)
    store(output_adjoint_line(g3), gm, gm_at + 5 * step, gm_stride)


@kernel
def input_adjoint_line(line):
    """B times a line of 6 vectors."""
    d0, d1, d2, d3, d4, d5 = split(line)
    sum_1, difference_1 = add(d1, d2), subtract(d1, d2)
    sum_2, difference_2 = add(d3, d4), subtract(d3, d4)
    return join(
        (
            scale(4, d0),
            add_multiple(add_multiple(scale(-4, difference_1), -2, difference_2), 4, d5),
            subtract(add_multiple(scale(-5, d0), -4, sum_1), sum_2),
            add_multiple(add_multiple(difference_1, 2, difference_2), -5, d5),
            add(add(d0, sum_1), sum_2),
            d5,
        )
    )


@kernel
def filter_adjoint_line(line):
    """G^T times a line of 6 vectors."""
    d0, d1, d2, d3, d4, d5 = split(line)
    sum_1, sum_2 = scale(-1 / 6, add(d1, d2)), add(d3, d4)
    return join(
        (
            add_multiple(add_multiple(sum_1, 1 / 4, d0), 1 / 24, sum_2),
            add_multiple(scale(1 / 6, subtract(d2, d1)), 1 / 12, subtract(d3, d4)),
            add(add_multiple(sum_1, 1 / 6, sum_2), d5),
        )
    )


def make_transform(line: Any, before: int, behind: int) -> Any:
    """The kernel of a transform that makes `behind` vectors of `before` along both dimensions."""

    @kernel
    def transform(x, x_at, x_step, y, y_at, y_step, half):
        """y[y_at:] of x[x_at:], their vectors row by row, `step` floats apart; `half` is room for a transform along one
        dimension."""
        for j in range(before):
            line_j = line(load(before, 1, x, x_at + j * x_step, before * x_step))
            store(line_j, half, j * LANES, before * LANES)
        for i in range(behind):
            store(line(load(before, 1, half, i * before * LANES, LANES)), y, y_at + i * behind * y_step, y_step)

    return transform


input_adjoint = make_transform(input_adjoint_line, 6, 6)
filter_adjoint = make_transform(filter_adjoint_line, 6, 3)
