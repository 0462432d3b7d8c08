"""What takes the place of transforms where a convolution is computed pixel by pixel: each pixel and tap gets a matrix.

    v[q,s,ic] = x[s,ic,q]        u[(di,dj),ic,oc] = w[oc,ic,di,dj]        y[s,oc,p] = m[p,s,oc] + b[oc]

and dL/dm is made of dL/dy as v of x, dL/dx of dL/dv as y of m. A table leaves out the taps that see only zeros: of an
image of 2 x 2 pixels in a halo of 1, 20 of 36. The products: `products`. The definition:
chainrule/layers/convolution.py.
"""

from chainrule.engine.kernels.convolution.batched.products import FILTERS, TAPS, put_filters, take_filters, u_at
from chainrule.engine.layout import place
from chainrule.engine.runtime.jit import range_kernel
from chainrule.engine.simd import LANES, add, load, store


@range_kernel
def pack_taps(w, at, u, sizes, scratch, first, last):
    """u of w[at:] (oc, ic, di, dj), of blocks first .. last-1 of ic."""
    for c in range(first * LANES, last * LANES, LANES):
        for o in range(0, sizes.out_channels, sizes.group):
            vectors = take_filters(w, at, sizes, scratch, o, c)
            for k in range(LANES):
                for g in range(vectors):
                    taps = load(TAPS, 1, scratch, g * FILTERS + k * TAPS * LANES, LANES)
                    store(taps, u, u_at(sizes, c + k, o + g * LANES), sizes.u_place)


@range_kernel
def unpack_taps(gu, gw, at, sizes, scratch, first, last):
    """dL/dw into gw[at:] (oc, ic, di, dj), of blocks first .. last-1 of ic."""
    for c in range(first * LANES, last * LANES, LANES):
        for o in range(0, sizes.out_channels, sizes.group):
            vectors = min(sizes.group, sizes.out_channels - o) // LANES
            for k in range(LANES):
                for g in range(vectors):
                    taps = load(TAPS, 1, gu, u_at(sizes, c + k, o + g * LANES), sizes.u_place)
                    store(taps, scratch, g * FILTERS + k * TAPS * LANES, LANES)
            put_filters(scratch, 0, gw, at, sizes, o, c)


@range_kernel
def take_pixels(x, v, row, place_floats, first, last):
    """v of samples first .. last-1."""
    values, image = x.values, x.image
    for s in range(first, last):
        for c in range(0, image.channels, LANES):
            for i in range(image.height):
                for j in range(image.width):
                    to = (i * image.width + j) * place_floats + s * row + c
                    store(load(1, 1, values, place(image, s, c, i, j), 0), v, to, 0)


@range_kernel
def put_pixels(m, row, place_floats, b, y, first, last):
    """y of samples first .. last-1."""
    values, image = y.values, y.image
    for s in range(first, last):
        for c in range(0, image.channels, LANES):
            bias = load(1, 1, b, c, 0)
            for i in range(image.height):
                for j in range(image.width):
                    at = (i * image.width + j) * place_floats + s * row + c
                    store(add(load(1, 1, m, at, 0), bias), values, place(image, s, c, i, j), 0)
