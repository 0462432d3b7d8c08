"""The keep masks of dropout: Philox4x32-10 of `chainrule.base.random`, many counters at a time.

    keep[e] = 1 where word e % 4 of philox4x32(counter = (e // 4, position, layer, step), key = seed) >= threshold

and 0 elsewhere. The definition: `Draws.keep` in chainrule/base/random.py, which chainrule/layers/dropout.py asks. The
counters are independent, so LLVM makes vectors of the plain loops: it sees that only the low 32 bits of a factor count
and multiplies 32 x 32 -> 64 bits in one instruction.
"""

from typing import NamedTuple

import numpy as np

from chainrule.base.random import HIGH, KEY_STEPS, LOW, MULTIPLIERS, ROUNDS, Draws, threshold_of
from chainrule.engine.runtime.jit import inlined, kernel, range_kernel
from chainrule.engine.simd import LANES

M0, M1 = MULTIPLIERS
STEP0, STEP1 = np.uint64(KEY_STEPS[0]), np.uint64(KEY_STEPS[1])


class Mask(NamedTuple):
    """One layer's masks in one step; all are whole numbers below 2**32."""

    key0: int
    key1: int
    layer: int
    step: int
    threshold: int


def step_words(draws: Draws) -> tuple[int, int, int, int]:
    """The draws of a step, as `draw_masks` takes them: key0, key1, step, offset."""
    seed = int(draws.seed)
    return seed & 0xFFFFFFFF, seed >> 32, draws.step & 0xFFFFFFFF, draws.offset


def mask(draws: Draws, p: float) -> Mask:
    """The masks that a Dropout(p) draws there; `draws.offset` is left to the positions."""
    key0, key1, step, _ = step_words(draws)
    return Mask(key0, key1, draws.layer, step, threshold_of(p))


@inlined
def random_words(mask, position, quad):
    """The four 32-bit words (uint64) of the elements 4 quad .. 4 quad + 3."""
    c0 = np.uint64(quad)
    c1 = np.uint64(position)
    c2 = np.uint64(mask.layer)
    c3 = np.uint64(mask.step)
    k0, k1 = np.uint64(mask.key0), np.uint64(mask.key1)
    for _ in range(ROUNDS):
        product0, product1 = M0 * (c0 & LOW), M1 * (c2 & LOW)
        c0, c2 = (product1 >> HIGH) ^ c1 ^ k0, (product0 >> HIGH) ^ c3 ^ k1
        c1, c3 = product1, product0
        k0, k1 = (k0 + STEP0) & LOW, (k1 + STEP1) & LOW
    return c0 & LOW, c1 & LOW, c2 & LOW, c3 & LOW


@kernel
def keep_sample(mask, position, keep, at, elements):
    """keep[at + e] of the sample at that position of the global batch, in canonical order (c, i, j)."""
    threshold = np.uint64(mask.threshold)
    quads = keep[at : at + elements // 4 * 4]
    for quad in range(elements // 4):
        w0, w1, w2, w3 = random_words(mask, position, quad)
        quads[4 * quad] = w0 >= threshold
        quads[4 * quad + 1] = w1 >= threshold
        quads[4 * quad + 2] = w2 >= threshold
        quads[4 * quad + 3] = w3 >= threshold
    rest = random_words(mask, position, elements // 4)
    for k in range(elements % 4):
        keep[at + elements // 4 * 4 + k] = rest[k] >= threshold


@kernel
def keep_image(mask, position, keep, s):
    """keep[place(image, s, c, i, j)] of the sample at that position, 0 in padded lanes; the image has no halo."""
    values, image = keep.values, keep.image
    pixels, at = image.height * image.width, s * image.stride
    if image.lanes == 1 or pixels == 1:  # the image's order is the canonical one
        keep_sample(mask, position, values, at, image.channels * pixels)
        return
    for c in range(0, image.channels, LANES):
        block = values[at + c * pixels : at + (c + LANES) * pixels]
        if pixels % 4 == 0:
            keep_quads(mask, position, block, c, image.channels)
        else:
            keep_pixels(mask, position, block, c, image.channels)


@range_kernel
def draw_masks(draws, keep, layer, threshold, first, last):
    """The masks of samples first .. last-1; draws = (key0, key1, step, offset), which change from step to step."""
    mask = Mask(draws[0], draws[1], layer, draws[2], threshold)
    for s in range(first, last):
        keep_image(mask, draws[3] + s, keep, s)


@kernel
def keep_quads(mask, position, keep, first, channels):
    """The block of channels from `first` on; the words of a counter fall on four pixels of one channel."""
    threshold, quads = np.uint64(mask.threshold), len(keep) // (4 * LANES)
    for quad in range(quads):
        y = keep[4 * quad * LANES : 4 * (quad + 1) * LANES]
        for lane in range(LANES):
            w0, w1, w2, w3 = random_words(mask, position, (first + lane) * quads + quad)
            here = first + lane < channels
            y[lane] = here & (w0 >= threshold)
            y[LANES + lane] = here & (w1 >= threshold)
            y[2 * LANES + lane] = here & (w2 >= threshold)
            y[3 * LANES + lane] = here & (w3 >= threshold)


@kernel
def keep_pixels(mask, position, keep, first, channels):
    """As `keep_quads` where the number of pixels is no multiple of 4: of each counter's words only one is taken."""
    threshold, pixels = np.uint64(mask.threshold), len(keep) // LANES
    for pixel in range(pixels):
        y = keep[pixel * LANES : (pixel + 1) * LANES]
        for lane in range(LANES):
            e = (first + lane) * pixels + pixel
            w0, w1, w2, w3 = random_words(mask, position, e >> 2)
            even, odd = (w2, w3) if e & 2 else (w0, w1)
            y[lane] = (first + lane < channels) & ((odd if e & 1 else even) >= threshold)
