"""The fully connected layer on a batch: three products of matrices and a sum.

    y[s]     = b + sum over n of x[s][n] W[n]
    gx[s][n] = gy[s] . W[n]
    gw[n]    = sum over s of x[s][n] gy[s]
    gb       = sum over s of gy[s]

The definition: chainrule/layers/linear.py. W[n] is the row of input n: its weights to all outputs, padded with zeros to
whole vectors, as are y[s], gy[s] and b. x[s] and gx[s] are padded likewise, in the engine's order of the input. Ranges
of inputs begin at multiples of 64.

Each sum is taken in one order, whatever ranges it is cut into and whether inputs are walked over (`sparse`) or taken
whole (`dense`), which differ only where 0 times an infinity or NaN would be added: so any number of threads gives the
same finite results.
"""

from typing import Any, NamedTuple

from chainrule.engine.kernels.linear.dense import MatrixProduct, add_product
from chainrule.engine.kernels.linear.sparse import (
    WORD_BITS,
    LiveDots,
    add_live,
    add_live_dots,
    find_live,
    live_bits,
    prefetch_rows,
    transpose_bits,
)
from chainrule.engine.kernels.rectangles import zero_vectors
from chainrule.engine.layout import vectors_of
from chainrule.engine.runtime.jit import kernel, range_kernel
from chainrule.engine.simd import LANES, add, get, load, prefetch, put, scale, store, transpose, zeros

SPARSE = 0.5  # inputs of which fewer are live are walked over
SPARSE_VECTORS = 3  # rows of fewer vectors are not worth a walk


class WeightRows(NamedTuple):
    """The rows W[n], or those of their gradient, in w or a part of it."""

    values: Any
    at: int  # where W[0] stands
    inputs: int
    outputs: int


class Share(NamedTuple):
    """What a kernel's range counts: samples, each with all inputs; or inputs, each of all samples."""

    by_inputs: int
    whole: int  # how many there are of the other


@kernel
def shares(share, first, last):
    """(samples, inputs), each (first, last)."""
    whole = 0, share.whole
    return (whole, (first, last)) if share.by_inputs else ((first, last), whole)


@kernel
def fill_rows(row, y, at, stride, rows, vectors):
    """Each of the rows of y = the given row."""
    for r in range(rows):
        for j in range(0, vectors * LANES, LANES):
            store(load(1, 1, row, j, 0), y, at + r * stride + j, 0)


@kernel
def inputs_at_once(vectors):
    """How many inputs to take at a time: those of a live word, or more where rows are too short for a walk."""
    return WORD_BITS if vectors >= SPARSE_VECTORS else 4 * WORD_BITS


@kernel
def few_live(x, live, at, stride, rows, n, vectors):
    """Whether a walk over the live elements beats taking all; if so, the live words say which they are."""
    if vectors < SPARSE_VECTORS:
        return False
    prefetch_rows(x, at + WORD_BITS, stride, rows)
    return find_live(x, live, at, stride, rows, n) < SPARSE * rows * n


@kernel
def add_inputs(weights, x, y, live, samples, inputs):
    """y[s] += sum over the inputs in range of x[s][n] W[n], for the samples in range."""
    (first, last), (n_first, n_last) = samples, inputs
    vectors, stride = vectors_of(weights.outputs), y.image.stride
    row = vectors * LANES
    x_values, x_stride = x.values, x.image.stride
    at_once = inputs_at_once(vectors)
    for n in range(n_first, n_last, at_once):
        depth = min(at_once, n_last - n)
        w_at = weights.at + n * row
        for s in range(first, last, WORD_BITS):
            rows = min(WORD_BITS, last - s)
            x_at = s * x_stride + n
            p = MatrixProduct(
                x_values, weights.values, y.values, x_at, x_stride, 1, w_at, row, s * stride, stride, WORD_BITS * row
            )
            if few_live(x_values, live, x_at, x_stride, rows, depth, vectors):
                add_live(p, live, rows, vectors)
            else:
                add_product(p, rows, depth, vectors)


@range_kernel
def forward(weights, start, x, y, share, live, first, last):
    """y[s] = start + W x[s] of the samples in range; or what the inputs in range add to all samples (`add_parts` sums
    these parts). `start` is a row; live is scratch for 64 words."""
    samples, inputs = shares(share, first, last)
    stride = y.image.stride
    fill_rows(start, y.values, samples[0] * stride, stride, samples[1] - samples[0], vectors_of(weights.outputs))
    add_inputs(weights, x, y, live, samples, inputs)


@range_kernel
def add_parts(b, parts, y, count, apart, first, last):
    """y[s] = b + the sum over the parts, in order, of parts[k][s]; parts are `apart` floats apart."""
    values, image = y.values, y.image
    for s in range(first, last):
        for j in range(0, vectors_of(image.channels) * LANES, LANES):
            at = s * image.stride + j
            acc = load(1, 1, b, j, 0)
            for k in range(count):
                acc = add(acc, load(1, 1, parts, k * apart + at, 0))
            store(acc, values, at, 0)


@range_kernel
def weight_gradient(x, gy, start, gw, samples, live, first, last):
    """gw[n] = start + sum over s of x[s][n] gy[s] for the inputs first .. last-1.

    start is a row: zeros, or what a shift of x asks for (`shifted_start`). live is scratch for 64 words.
    """
    vectors = vectors_of(gw.outputs)
    row = vectors * LANES
    x_values, x_stride, stride = x.values, x.image.stride, gy.image.stride
    at_once = inputs_at_once(vectors)
    for n in range(first, last, at_once):
        rows = min(at_once, last - n)
        gw_at = gw.at + n * row
        fill_rows(start, gw.values, gw_at, row, rows, vectors)
        for s in range(0, samples, WORD_BITS):
            depth = min(WORD_BITS, samples - s)
            x_at = s * x_stride + n
            p = MatrixProduct(x_values, gy.values, gw.values, x_at, 1, x_stride, s * stride, stride, gw_at, row, 0)
            if few_live(x_values, live, x_at, x_stride, depth, rows, vectors):
                transpose_bits(live)
                add_live(p, live, rows, vectors)
            else:
                add_product(p, rows, depth, vectors)


@kernel
def bias_gradient(gy, gb, at, samples):
    """gb[at:] = sum over s of gy[s], padded to whole vectors."""
    values, image = gy.values, gy.image
    for j in range(0, vectors_of(image.channels) * LANES, LANES):
        acc = zeros(1, 1, values)
        for s in range(samples):
            acc = add(acc, load(1, 1, values, s * image.stride + j, 0))
        store(acc, gb, at + j, 0)


@kernel
def fetch_row(w, at, floats):
    """Ask for a row of weights that is read soon."""
    for j in range(0, floats, WORD_BITS):
        prefetch(WORD_BITS, w, at + j)


@range_kernel
def live_input_gradient(weights, gy, x, gx, share, first, last):
    """dL/dx, of the samples in range or by the inputs in range, where x is live, and 0 elsewhere. It is rounded
    otherwise than by `input_gradient`."""
    (s_first, s_last), (n_first, n_last) = shares(share, first, last)
    vectors, w = vectors_of(weights.outputs), weights.values
    row = vectors * LANES
    x_values, values, stride = x.values, gx.values, gx.image.stride
    for n in range(n_first, n_last, WORD_BITS):
        count = min(WORD_BITS, n_last - n)
        for s in range(s_first, s_last):
            at, x_at = s * stride + n, s * x.image.stride + n
            zero_vectors(values, at, 0, 1, vectors_of(count))
            prefetch(WORD_BITS, x_values, x_at + WORD_BITS)
            prefetch(WORD_BITS, values, at + WORD_BITS)
            fetch_row(w, weights.at + (n + WORD_BITS + s - s_first) * row, row)
            bits = live_bits(x_values, x_at, count)
            dots = LiveDots(bits, gy.values, w, values, s * gy.image.stride, weights.at + n * row, row, at)
            add_live_dots(dots, vectors)


@kernel
def transpose_block(w, turned, at, row, inputs, outputs):
    """turned[m][k] = w[at + k row + m] for k < inputs, zeros from there to 64; m < outputs, up to whole vectors."""
    whole = inputs // LANES * LANES
    for m in range(0, outputs, LANES):
        for k in range(0, whole, LANES):
            store(transpose(load(LANES, 1, w, at + k * row + m, row)), turned, m * WORD_BITS + k, WORD_BITS)
        zero_vectors(turned, m * WORD_BITS + whole, WORD_BITS, LANES, vectors_of(WORD_BITS - whole))
        for lane in range(m, m + LANES):
            for k in range(whole, inputs):
                put(turned, lane * WORD_BITS + k, get(w, at + k * row + lane))


@range_kernel
def input_gradient(weights, gy, gx, share, turned, first, last):
    """dL/dx, of the samples in range or by the inputs in range; turned is scratch for 64 x 64 floats."""
    (s_first, s_last), (n_first, n_last) = shares(share, first, last)
    row = vectors_of(weights.outputs) * LANES
    values, stride, gy_stride = gx.values, gx.image.stride, gy.image.stride
    for n in range(n_first, n_last, WORD_BITS):
        count = min(WORD_BITS, n_last - n)
        gx_at = s_first * stride + n
        zero_vectors(values, gx_at, stride, s_last - s_first, vectors_of(count))
        prefetch_rows(values, gx_at + WORD_BITS, stride, s_last - s_first)
        for m in range(0, weights.outputs, WORD_BITS):
            outputs = min(WORD_BITS, weights.outputs - m)
            transpose_block(weights.values, turned, weights.at + n * row + m, row, count, outputs)
            gy_at = s_first * gy_stride + m
            p = MatrixProduct(gy.values, turned, values, gy_at, gy_stride, 1, 0, WORD_BITS, gx_at, stride, 0)
            add_product(p, s_last - s_first, outputs, vectors_of(count))


@kernel
def shifted_bias(weights, b, bias, c):
    """bias = b + c sum over n of W[n]: started from it and given x - c for x, `forward` gives y = W x + b."""
    row = vectors_of(weights.outputs) * LANES
    for j in range(0, row, LANES):
        acc = zeros(1, 1, bias)
        for n in range(weights.inputs):
            acc = add(acc, load(1, 1, weights.values, weights.at + n * row + j, 0))
        store(add(load(1, 1, b, j, 0), scale(c, acc)), bias, j, 0)


@kernel
def shifted_start(gy, start, c, samples):
    """start = c sum over s of gy[s]: started from it and given x - c for x, `weight_gradient` gives gw."""
    bias_gradient(gy, start, 0, samples)
    for j in range(0, vectors_of(gy.image.channels) * LANES, LANES):
        store(scale(c, load(1, 1, start, j, 0)), start, j, 0)
