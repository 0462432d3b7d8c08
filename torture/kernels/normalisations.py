"""The cases of normalisations, of what is the same for a channel, and of what makes vectors of images."""

from typing import Any

import numpy as np

from chainrule.engine.kernels import channel_dropout, flatten
from chainrule.engine.kernels.normalisation import channels, samples
from chainrule.engine.kernels.normalisation.lines import KEPT
from chainrule.engine.kernels.pooling import whole
from chainrule.engine.layout import View
from chainrule.engine.runtime.calls import PerSlot, PerWorker
from chainrule.engine.simd import LANES, padded
from chainrule.engine.weights import element_order, elements
from chainrule.layers.batch_normalisation import (
    Moments,
    Normalised,
    batch_moments,
    batch_normalisation_input_gradient,
    normalised,
)
from chainrule.layers.channels import along_channels, sum_of_channels
from chainrule.layers.global_average_pooling import global_average_pooling, global_average_pooling_input_gradient
from chainrule.layers.layer_normalisation import layer_normalisation_input_gradient, normalised_samples
from torture.kernels.rig import LARGEST, Rig, case, exactly, image_of

EPS, MOMENTUM, TERMS = 1e-3, 0.25, 80.0  # terms: of a chunk's sums, and what follows


def problem(rig: Rig) -> tuple[np.ndarray, np.ndarray]:
    """x, of some mean, and dL/dy (s, c, h, w)."""
    s, c, h, w = rig.sizes(9, 2 * LARGEST, LARGEST, LARGEST)
    x = rig.normal(max(s, 2), c, h, w) + rig.number(rig.any_of(0, 3))
    return x, rig.normal(*x.shape)


def of_channels(rig: Rig, numbers: np.ndarray) -> np.ndarray:
    """The numbers (c,) as an input, and 0 in padded lanes."""
    whole_vectors = np.zeros(padded(len(numbers)), numbers.dtype)
    whole_vectors[: len(numbers)] = numbers
    return rig.given(whole_vectors)


def scratch(rig: Rig) -> PerWorker:
    return PerWorker(rig.room(rig.threads * KEPT).reshape(rig.threads, KEPT))


def three(rig: Rig, c: int) -> channels.Channels:
    """Of each of c channels, what is not yet known."""
    size = padded(c)
    return channels.Channels(rig.zeros(size), rig.zeros(size), rig.zeros(size))


def sums(rig: Rig, c: int, rows: int = 2) -> tuple[channels.Sums, PerSlot]:
    """Of one slot."""
    size = padded(c)
    values = rig.zeros(rows * size, np.float64)
    return channels.Sums(values, 1, size), PerSlot(values.reshape(1, -1))


@case(
    "normalisation.channels:channel_moments",
    "normalisation.channels:normalise_by_batch",
    "normalisation.channels:shift_and_scale",
    "normalisation.channels:channel_products",
    "normalisation.channels:normalisation_gradient",
    "normalisation.channels:normalisation_input_gradient",
    "normalisation.channels:normalise_by_running",
)
def batch_normalisation(rig: Rig) -> None:
    x, gy = problem(rig)
    s, c, h, w = x.shape
    n, by_batch = s * h * w, rig.any_of(True, False)
    mean, variance = rig.normal(c), np.abs(rig.normal(c)) + rig.number(0.1)
    running = channels.Running(rig.room(c), rig.room(c), MOMENTUM, EPS)
    running.mean[:], running.variance[:] = mean, variance
    gamma, beta = rig.normal(c), rig.normal(c)
    weights = channels.Weights(rig.given(np.concatenate([gamma, beta])), 0, c)
    by = three(rig, c)
    seen = channels.Seen(rig.room(c, np.float64), rig.room(c, np.float64))
    of_x, slot = sums(rig, c, rows=3)
    picture = rig.picture(x, rig.any_of(0, 1))
    rig.run(channels.channel_moments, picture, slot, of_x.size, scratch(rig), count=s, block=s)
    rig.run(channels.normalise_by_batch, of_x, n, weights, running, by, seen)
    exact, g, mean, variance, gamma, beta = exactly(x, gy, mean, variance, gamma, beta)
    moments = batch_moments(exact)
    kept = mean + MOMENTUM * (moments.mean - mean), variance + MOMENTUM * (moments.variance * n / (n - 1) - variance)
    for name, found, expected in zip(("mean", "variance"), running[:2], kept, strict=True):
        rig.close(f"the running {name}", found, expected, abs(expected) + abs(exact).max() ** 2, TERMS)
    constant = three(rig, c)
    other = channels.Seen(rig.room(c, np.float64), rig.room(c, np.float64))
    rig.run(channels.normalise_by_running, weights, running, constant, other)
    if not by_batch:
        by, seen, moments = constant, other, Moments(*exactly(running.mean, running.variance))
    y = rig.blank(s, image_of(x.shape, rig.any_of(0, 1)))
    rig.run(channels.shift_and_scale, picture, y, by, count=s)
    z, r = normalised(exact, moments, EPS)
    expected = along_channels(gamma, z) * z + along_channels(beta, z)
    size = along_channels(abs(gamma), z) * (abs(z) + 1) + along_channels(abs(beta), z)
    plain = rig.numbers(y, "y")
    rig.close("y", plain, expected, size, TERMS)
    relu = rig.any_of(0, 1, 2)
    by = by._replace(relu=relu)
    rig.run(channels.shift_and_scale, picture, y, by, count=s)
    rig.same("a rectified y", rig.numbers(y, "y"), np.maximum(plain, 0) if relu else plain)

    g = g * {0: True, 1: plain > 0, 2: plain >= 0}[relu]
    of_g, slot = sums(rig, c)
    gw, slopes = channels.Weights(rig.room(2 * c), 0, c), channels.Slopes(*(rig.zeros(padded(c)) for _ in range(2)))
    given = rig.picture(gy)
    rig.run(channels.channel_products, given, picture, by, slot, of_g.size, scratch(rig), count=s, block=s)
    rig.run(channels.normalisation_gradient, of_g, n if by_batch else 0, weights, gw, seen, slopes)
    grads = {"gamma": sum_of_channels(g * z), "beta": sum_of_channels(g)}
    sizes = sum_of_channels(abs(g) * (abs(z) + 1))
    rig.close("dL/dgamma", gw.values[:c], grads["gamma"], sizes, TERMS)
    rig.close("dL/dbeta", gw.values[c:], grads["beta"], sizes, TERMS)
    gx = rig.zeroed(x.shape)
    rig.run(channels.normalisation_input_gradient, given, picture, gx, by, slopes, count=s)
    expected = batch_normalisation_input_gradient(g, Normalised(z, r, by_batch), gamma, grads)
    size = along_channels(abs(gamma) / r, g) * (abs(g) + (1 + abs(z)) * (1 + along_channels(sizes, g) / n))
    rig.close("gx", rig.numbers(gx, "gx"), expected, size, TERMS)


@case("normalisation.channels:write_products")
def scale(rig: Rig) -> None:
    x, gy = problem(rig)
    s, c = x.shape[:2]
    of_g, slot = sums(rig, c)
    none, gw = three(rig, c), channels.Weights(rig.room(2 * c), 0, c)
    values = rig.picture(gy), rig.picture(x, rig.any_of(0, 1))
    rig.run(channels.channel_products, *values, none, slot, of_g.size, scratch(rig), count=s, block=s)
    rig.run(channels.write_products, of_g, c, gw)
    exact, g = exactly(x, gy)
    rig.close("dL/dw", gw.values[:c], sum_of_channels(g * exact), sum_of_channels(abs(g * exact)), TERMS)
    rig.close("dL/db", gw.values[c:], sum_of_channels(g), sum_of_channels(abs(g)), TERMS)


@case(
    "normalisation.samples:normalise_samples",
    "normalisation.samples:sample_weight_gradients",
    "normalisation.samples:sample_input_gradient",
)
def layer_normalisation(rig: Rig) -> None:
    x, gy = problem(rig)
    s, shape = len(x), x.shape[1:]
    own = image_of(x.shape)
    order, floats = element_order(own), elements(own)

    def as_a_sample(numbers: np.ndarray) -> View:
        laid = np.zeros(floats, rig.number)
        laid[order] = numbers.reshape(-1)
        return View(rig.given(laid), own)

    gamma, beta = rig.normal(*shape), rig.normal(*shape)
    scales, shifts = as_a_sample(gamma), as_a_sample(beta)
    kept = samples.SampleMoments(rig.room(s, np.float64), rig.room(s, np.float64))
    lanes = rig.room(rig.threads * 3 * samples.LAST, np.float64).reshape(rig.threads, -1)
    room: Any = samples.Scratch(PerWorker(lanes), scratch(rig))
    picture, y = rig.picture(x, rig.any_of(0, 1)), rig.blank(s, image_of(x.shape, rig.any_of(0, 1)))
    weights: Any = samples.SampleWeights(scales, shifts)
    rig.run(samples.normalise_samples, picture, y, weights, kept, EPS, room, count=s)
    exact, g, gamma, beta = exactly(x, gy, gamma, beta)
    z, r = normalised_samples(exact, EPS)
    rig.close("y", rig.numbers(y, "y"), gamma * z + beta, abs(gamma) * (abs(z) + 1) + abs(beta), TERMS)

    slot = [rig.zeros(floats) for _ in range(2)]
    given = rig.picture(gy)
    of_slot: Any = samples.SampleGradients(*(PerSlot(each.reshape(1, -1)) for each in slot))
    rig.run(samples.sample_weight_gradients, given, picture, scales, kept, of_slot, count=s, block=s)
    size = (abs(g) * (abs(z) + 1)).sum(0)
    for name, found, expected in zip(("gamma", "beta"), slot, ((g * z).sum(0), g.sum(0)), strict=True):
        rig.close(f"dL/d{name}", found[order].reshape(shape), expected, size, TERMS)
    gx = rig.zeroed(x.shape)
    rig.run(samples.sample_input_gradient, given, picture, gx, scales, kept, room, count=s)
    expected = layer_normalisation_input_gradient(g, z, r, gamma)
    h = abs(g * gamma)
    size = (h + (1 + abs(z)) * (h * (1 + abs(z))).mean((1, 2, 3), keepdims=True)) / r
    rig.close("gx", rig.numbers(gx, "gx"), expected, size, TERMS)


@case("flatten:flatten", "flatten:flatten_input_gradient")
def flattening(rig: Rig) -> None:
    x, gy = problem(rig)
    s = len(x)
    y = rig.blank(s, image_of((s, x[0].size, 1, 1)))
    rig.run(flatten.flatten, rig.picture(x, rig.any_of(0, 1), rig.any_of(LANES, 1)), y, count=s)
    rig.same("y", rig.numbers(y, "y"), x.reshape(s, -1, 1, 1))
    gx = rig.zeroed(x.shape)
    rig.run(flatten.flatten_input_gradient, rig.picture(gy.reshape(s, -1, 1, 1)), gx, count=s)
    rig.same("gx", rig.numbers(gx, "gx"), gy)


@case("pooling.whole:whole_average", "pooling.whole:whole_average_input_gradient")
def whole_average(rig: Rig) -> None:
    x, _ = problem(rig)
    s, c = x.shape[:2]
    y, gy = rig.blank(s, image_of((s, c, 1, 1))), rig.normal(s, c)
    rig.run(whole.whole_average, rig.picture(x, rig.any_of(0, 1)), y, count=s)
    exact, g = exactly(x, gy)
    size = global_average_pooling(abs(exact))[..., None, None]
    rig.close("y", rig.numbers(y, "y"), global_average_pooling(exact)[..., None, None], size, TERMS)
    gx = rig.zeroed(x.shape)
    rig.run(whole.whole_average_input_gradient, rig.picture(gy[..., None, None]), gx, count=s)
    expected = global_average_pooling_input_gradient(g, x.shape)
    rig.close("gx", rig.numbers(gx, "gx"), expected, abs(expected), 2)


@case("channel_dropout:drop_channels")
def dropped_channels(rig: Rig) -> None:
    x, _ = problem(rig)
    s, c = x.shape[:2]
    keep, factor = (rig.random.random((s, c, 1, 1)) < 0.6).astype(np.uint8), rig.number(1 / 0.6)
    y = rig.blank(s, image_of(x.shape, rig.any_of(0, 1)))
    rig.run(channel_dropout.drop_channels, rig.picture(x, rig.any_of(0, 1)), rig.picture(keep), y, factor, count=s)
    rig.same("y", rig.numbers(y, "y"), x * (keep * factor))
