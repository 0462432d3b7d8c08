"""The fully connected layer on a batch: three products of matrices and a sum.

    y[s]     = b + sum over n of x[s][n] W[n]
    gx[s][n] = gy[s] . W[n]
    gw[n]    = sum over s of x[s][n] gy[s]
    gb       = sum over s of gy[s]

W[n] is the row of input n: its weights to all outputs, padded with zeros to whole vectors, as are y[s], gy[s] and b.
x[s] and gx[s] are padded likewise, in the engine's order of the input. Ranges of inputs begin at multiples of BLOCK.

Each sum is taken in one order, whatever ranges it is cut into and whether a block is walked over (`linear_sparse`) or
taken whole, which differ only where 0 times an infinity or NaN would be added: so any number of threads gives the same
finite results.
"""

from typing import NamedTuple

from chainrule.engine.kernels.linear.sparse import (
    BLOCK,
    Product,
    add_live,
    add_live_dots,
    clear,
    find_live,
    live_bits,
    prefetch_rows,
    transpose_bits,
)
from chainrule.engine.runtime.jit import kernel, range_kernel
from chainrule.engine.simd import (
    LANES,
    REGISTERS,
    add,
    get,
    load,
    multiply_add,
    prefetch,
    put,
    scale,
    store,
    transpose,
    zeros,
)

COLUMNS = 4 if REGISTERS == 32 else 2  # vectors in a tile
SPARSE = 0.5  # a block with fewer live elements is walked over
SPARSE_VECTORS = 3  # rows of fewer vectors are not worth a walk


class Linear(NamedTuple):
    """The sizes of a layer, and where its operands stand in their arrays (floats)."""

    inputs: int
    outputs: int
    w_at: int
    x_at: int
    x_stride: int  # from sample to sample; of gx too
    y_stride: int  # of y, gy and each part


class Share(NamedTuple):
    """What a kernel's range is of: the samples, each with all inputs; or the inputs, each of all samples."""

    by_inputs: int
    whole: int  # how many there are of the other


@kernel
def row_vectors(layer):
    """Vectors in a row of outputs."""
    return (layer.outputs + LANES - 1) // LANES


def tile_columns(columns):
    """Add the products to `columns` vectors of c from column j on, of all rows, in register tiles."""

    @kernel
    def add_columns(a, b, c, p, rows, depth, j):
        i = 0
        while i + 6 <= rows:
            acc = load(6, columns, c, p.c_at + i * p.c_row + j, p.c_row)
            for k in range(depth):
                acc = multiply_add(acc, a, p.a_at + i * p.a_row + k * p.a_step, p.a_row, b, p.b_at + k * p.b_step + j)
            store(acc, c, p.c_at + i * p.c_row + j, p.c_row)
            i += 6
        while i + 2 <= rows:
            pair = load(2, columns, c, p.c_at + i * p.c_row + j, p.c_row)
            for k in range(depth):
                pair = multiply_add(pair, a, p.a_at + i * p.a_row + k * p.a_step, p.a_row, b, p.b_at + k * p.b_step + j)
            store(pair, c, p.c_at + i * p.c_row + j, p.c_row)
            i += 2
        if i < rows:
            one = load(1, columns, c, p.c_at + i * p.c_row + j, p.c_row)
            for k in range(depth):
                one = multiply_add(one, a, p.a_at + i * p.a_row + k * p.a_step, p.a_row, b, p.b_at + k * p.b_step + j)
            store(one, c, p.c_at + i * p.c_row + j, p.c_row)

    return add_columns


tile_full, tile_3, tile_2, tile_1 = (tile_columns(n) for n in (COLUMNS, 3, 2, 1))


@kernel
def add_product(a, b, c, p, rows, depth, vectors):
    """c[i] += sum over k of a[i][k] b[k], dense."""
    j = 0
    while j < vectors:
        n, at = vectors - j, j * LANES
        if n >= COLUMNS:
            tile_full(a, b, c, p, rows, depth, at)
            j += COLUMNS
        elif n == 3:
            tile_3(a, b, c, p, rows, depth, at)
            j += 3
        elif n == 2:
            tile_2(a, b, c, p, rows, depth, at)
            j += 2
        else:
            tile_1(a, b, c, p, rows, depth, at)
            j += 1


@kernel
def fill_rows(y, at, stride, rows, vectors, row):
    """Each of the rows of y = the given row."""
    for r in range(rows):
        for j in range(0, vectors * LANES, LANES):
            store(load(1, 1, row, j, 0), y, at + r * stride + j, 0)


@kernel
def block_inputs(vectors):
    """How many inputs to take at a time: those of a word, or more where rows are too short for a walk."""
    return BLOCK if vectors >= SPARSE_VECTORS else 4 * BLOCK


@kernel
def few_live(words, x, at, stride, rows, n, vectors):
    """Whether a walk over the live elements of the block beats taking all; if so, words say which they are."""
    if vectors < SPARSE_VECTORS:
        return False
    prefetch_rows(x, at + BLOCK, stride, rows)
    return find_live(words, x, at, stride, rows, n) < SPARSE * rows * n


@kernel
def add_inputs(w, x, y, layer, words, samples, inputs):
    """y[s] += sum over the inputs in range of x[s][n] W[n], for the samples in range."""
    (first, last), (n_first, n_last) = samples, inputs
    vectors = row_vectors(layer)
    row, stride = vectors * LANES, layer.y_stride
    block = block_inputs(vectors)
    for n in range(n_first, n_last, block):
        depth = min(block, n_last - n)
        for s in range(first, last, BLOCK):
            rows = min(BLOCK, last - s)
            x_at = layer.x_at + s * layer.x_stride + n
            p = Product(x_at, layer.x_stride, 1, layer.w_at + n * row, row, s * stride, stride, BLOCK * row)
            if few_live(words, x, x_at, layer.x_stride, rows, depth, vectors):
                add_live(words, x, w, y, p, rows, vectors)
            else:
                add_product(x, w, y, p, rows, depth, vectors)


@range_kernel
def ranges(share, first, last):
    """(samples, inputs), each (first, last)."""
    whole = 0, share.whole
    return (whole, (first, last)) if share.by_inputs else ((first, last), whole)


@range_kernel
def forward(w, start, x, y, layer, words, share, first, last):
    """y[s] = start + W x[s] of the samples in range; or what the inputs in range add to all samples (`add_parts` sums
    these parts). `start` is a row; words is scratch for BLOCK words."""
    samples, inputs = ranges(share, first, last)
    rows = samples[1] - samples[0]
    fill_rows(y, samples[0] * layer.y_stride, layer.y_stride, rows, row_vectors(layer), start)
    add_inputs(w, x, y, layer, words, samples, inputs)


@range_kernel
def add_parts(b, part, part_stride, parts, y, layer, first, last):
    """y[s] = b + the sum over the parts, in order, of part[s]; parts are part_stride apart."""
    for s in range(first, last):
        for j in range(0, row_vectors(layer) * LANES, LANES):
            at = s * layer.y_stride + j
            acc = load(1, 1, b, j, 0)
            for p in range(parts):
                acc = add(acc, load(1, 1, part, p * part_stride + at, 0))
            store(acc, y, at, 0)


@range_kernel
def weight_gradient(x, gy, gw, gw_at, start, layer, samples, words, first, last):
    """gw[n] = start + sum over s of x[s][n] gy[s] for the inputs first .. last-1; gw[0] would stand at gw_at.

    start is a row: zeros, or what a shift of x asks for (`shifted_start`). words is scratch for BLOCK words.
    """
    vectors = row_vectors(layer)
    row = vectors * LANES
    block = block_inputs(vectors)
    for n in range(first, last, block):
        rows = min(block, last - n)
        fill_rows(gw, gw_at + n * row, row, rows, vectors, start)
        for s in range(0, samples, BLOCK):
            depth = min(BLOCK, samples - s)
            x_at = layer.x_at + s * layer.x_stride + n
            p = Product(x_at, 1, layer.x_stride, s * layer.y_stride, layer.y_stride, gw_at + n * row, row, 0)
            if few_live(words, x, x_at, layer.x_stride, depth, rows, vectors):
                transpose_bits(words)
                add_live(words, x, gy, gw, p, rows, vectors)
            else:
                add_product(x, gy, gw, p, rows, depth, vectors)


@kernel
def bias_gradient(gy, gb, gb_at, layer, B):
    """gb = sum over s of gy[s]."""
    for j in range(0, row_vectors(layer) * LANES, LANES):
        acc = zeros(1, 1)
        for s in range(B):
            acc = add(acc, load(1, 1, gy, s * layer.y_stride + j, 0))
        store(acc, gb, gb_at + j, 0)


@kernel
def fetch_row(w, at, vectors):
    """Ask for a row of weights that is read soon."""
    for j in range(0, vectors * LANES, BLOCK):
        prefetch(BLOCK, w, at + j)


@range_kernel
def live_input_gradient(w, gy, x, gx, layer, share, first, last):
    """dL/dx, of the samples in range or by the inputs in range, where x is live, and 0 elsewhere. It is rounded
    otherwise than by `input_gradient`."""
    (s_first, s_last), (n_first, n_last) = ranges(share, first, last)
    vectors = row_vectors(layer)
    for n in range(n_first, n_last, BLOCK):
        count = min(BLOCK, n_last - n)
        for s in range(s_first, s_last):
            at = s * layer.x_stride + n
            clear(gx, at, count)
            prefetch(BLOCK, x, layer.x_at + at + BLOCK)
            prefetch(BLOCK, gx, at + BLOCK)
            fetch_row(w, layer.w_at + (n + BLOCK + s - s_first) * vectors * LANES, vectors)
            bits = live_bits(x, layer.x_at + at, count)
            add_live_dots(bits, gy, s * layer.y_stride, w, layer.w_at + n * vectors * LANES, vectors, gx, at)


@kernel
def transpose_block(w, at, row, inputs, outputs, turned):
    """turned[m][k] = w[at + k row + m] for k < inputs, zeros from there to BLOCK; m < outputs, up to whole vectors."""
    whole = inputs // LANES * LANES
    for m in range(0, outputs, LANES):
        for k in range(0, whole, LANES):
            store(transpose(load(LANES, 1, w, at + k * row + m, row)), turned, m * BLOCK + k, BLOCK)
        for lane in range(m, m + LANES):
            clear(turned, lane * BLOCK + whole, BLOCK - whole)
            for k in range(whole, inputs):
                put(turned, lane * BLOCK + k, get(w, at + k * row + lane))


@range_kernel
def input_gradient(w, gy, gx, layer, turned, share, first, last):
    """dL/dx, of the samples in range or by the inputs in range; turned is scratch for BLOCK^2."""
    (s_first, s_last), (n_first, n_last) = ranges(share, first, last)
    row = row_vectors(layer) * LANES
    for n in range(n_first, n_last, BLOCK):
        count = min(BLOCK, n_last - n)
        for s in range(s_first, s_last):
            clear(gx, s * layer.x_stride + n, count)
        prefetch_rows(gx, s_first * layer.x_stride + n + BLOCK, layer.x_stride, s_last - s_first)
        for m in range(0, layer.outputs, BLOCK):
            outputs = min(BLOCK, layer.outputs - m)
            transpose_block(w, layer.w_at + n * row + m, row, count, outputs, turned)
            gy_at, gx_at = s_first * layer.y_stride + m, s_first * layer.x_stride + n
            p = Product(gy_at, layer.y_stride, 1, 0, BLOCK, gx_at, layer.x_stride, 0)
            add_product(gy, turned, gx, p, s_last - s_first, outputs, (count + LANES - 1) // LANES)


@kernel
def shifted_bias(w, b, c, layer, bias):
    """bias = b + c sum over n of W[n]: started from it and given x - c for x, `forward` gives y = W x + b."""
    row = row_vectors(layer) * LANES
    for j in range(0, row, LANES):
        acc = zeros(1, 1)
        for n in range(layer.inputs):
            acc = add(acc, load(1, 1, w, layer.w_at + n * row + j, 0))
        store(add(load(1, 1, b, j, 0), scale(c, acc)), bias, j, 0)


@kernel
def shifted_start(gy, c, layer, samples, start):
    """start = c sum over s of gy[s]: started from it and given x - c for x, `weight_gradient` gives gw."""
    bias_gradient(gy, start, 0, layer, samples)
    for j in range(0, row_vectors(layer) * LANES, LANES):
        store(scale(c, load(1, 1, start, j, 0)), start, j, 0)
