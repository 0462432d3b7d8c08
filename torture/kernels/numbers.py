"""The cases of kernels that treat each number alone, of losses, and of sums and copies."""

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.base.random import Draws
from chainrule.engine.kernels import activations, elementwise, losses
from chainrule.engine.kernels.mask import copy_gradient
from chainrule.engine.kernels.philox import draw_masks, step_words, threshold_of
from chainrule.engine.kernels.samples import take_samples
from chainrule.engine.layout import View, image
from chainrule.engine.simd import LANES
from chainrule.layers import elu, gelu, leaky_relu, silu, softplus
from chainrule.layers.relu import relu, relu_input_gradient
from chainrule.layers.sigmoid import sigmoid, sigmoid_input_gradient
from chainrule.layers.tanh import tanh, tanh_input_gradient
from chainrule.losses import LOSSES, NLL, BinaryCrossEntropy, Loss
from chainrule.losses.loss import BinaryLoss, ClassLoss
from chainrule.losses.regression import RegressionLoss
from torture.kernels.rig import LARGEST, Rig, case, exactly, image_of

ONE_NUMBER: list[tuple[Any, Callable[..., np.ndarray], float, float]] = [  # kernel, definition, ULP, more for x^2
    (elementwise.identity, np.copy, 0, 0),
    (elementwise.relu, relu, 0, 0),
    (elementwise.sigmoid, sigmoid, 3, 0),
    (elementwise.tanh, tanh, 3, 0),
    (elementwise.of_one(activations.gaussian), gelu.gelu, 4, 1),  # the definition's erfc is a double's
    (elementwise.of_one(activations.approximate_gaussian), lambda x: gelu.gelu(x, True), 4, 4),
    (elementwise.of_one(activations.weighted), silu.silu, 3, 0),
    (elementwise.of_one(activations.smooth), softplus.softplus, 3, 0),
]
TWO_NUMBERS: list[tuple[Any, Callable[..., np.ndarray], float]] = [
    (elementwise.addition, np.add, 1),
    (elementwise.of_two(elementwise.rectified_gradient), relu_input_gradient, 0),
    (elementwise.of_two(elementwise.rectified_gradient_at_zero), lambda gy, x: relu_input_gradient(gy, x, 1), 0),
    (elementwise.of_two(elementwise.logistic_gradient), sigmoid_input_gradient, 4),
    (elementwise.of_two(elementwise.hyperbolic_tangent_gradient), tanh_input_gradient, 4),
    (elementwise.of_two(activations.gaussian_gradient), gelu.gelu_input_gradient, 4),
    (
        elementwise.of_two(activations.approximate_gaussian_gradient),
        lambda gy, x: gelu.gelu_input_gradient(gy, x, True),
        4,
    ),
    (elementwise.of_two(activations.weighted_gradient), silu.silu_input_gradient, 4),
    (elementwise.of_two(activations.smooth_gradient), softplus.softplus_input_gradient, 4),
]
BENT: list[tuple[Any, Any, Callable[..., np.ndarray], Callable[..., np.ndarray]]] = [  # scalar functions, definitions
    (activations.leaky, activations.leaky_gradient, leaky_relu.leaky_relu, leaky_relu.leaky_relu_input_gradient),
    (activations.bent, activations.bent_gradient, elu.elu, elu.elu_input_gradient),
]


def pictures(rig: Rig) -> tuple[int, int, int, int]:
    """(s, c, h, w)."""
    s, c, h, w = rig.sizes(*[LARGEST] * 4)
    return s, c, h, w


def output(rig: Rig, shape: tuple[int, ...], lanes: int) -> View:
    return rig.blank(shape[0], image_of(shape, rig.any_of(0, 1, 2), lanes=lanes))


@case("elementwise:elementwise_of_one")
def of_one(rig: Rig) -> None:
    kernel, definition, ulps, more = rig.any_of(*ONE_NUMBER)
    x, lanes = rig.normal(*pictures(rig)), rig.any_of(LANES, 1)
    y = output(rig, x.shape, lanes)
    rig.run(kernel, rig.picture(x, rig.any_of(0, 1), lanes), y, count=len(x))
    expected = definition(*exactly(x))
    rig.close("y", rig.numbers(y, "y"), expected, np.abs(expected) * (ulps + more * x * x), 0)


@case("elementwise:elementwise_of_two")
def of_two(rig: Rig) -> None:
    kernel, definition, ulps = rig.any_of(*TWO_NUMBERS)
    shape, lanes = pictures(rig), rig.any_of(LANES, 1)
    a, b = rig.normal(*shape), rig.rare(*shape, live=0.5)
    y = output(rig, shape, lanes)
    rig.run(kernel, rig.picture(a, 0, lanes), rig.picture(b, rig.any_of(0, 1), lanes), y, count=len(a))
    a, b = exactly(a, b)
    rig.close("y", rig.numbers(y, "y"), definition(a, b), (np.abs(a) * (1 + b * b) + np.abs(b)) * ulps, 0)


@case("elementwise:elementwise")
def bent_or_dropout(rig: Rig) -> None:
    rig.any_of(dropout, bent)(rig)


def bent(rig: Rig) -> None:
    """A curve with a parameter, and its gradient."""
    *kernels, definition, derivative = rig.any_of(*BENT)
    of_x, of_gy = map(elementwise.of_two_and_a_parameter, kernels)
    shape, lanes, parameter = pictures(rig), rig.any_of(LANES, 1), rig.number(0.3)
    x, gy = rig.normal(*shape), rig.normal(*shape)
    y, gx, given = output(rig, shape, lanes), output(rig, shape, lanes), rig.picture(x, rig.any_of(0, 1), lanes)
    rig.run(of_x, given, given, y, parameter, count=len(x))
    rig.run(of_gy, rig.picture(gy, 0, lanes), given, gx, parameter, count=len(x))
    exact, g = exactly(x, gy)
    expected = definition(exact, parameter)
    rig.close("y", rig.numbers(y, "y"), expected, np.abs(expected) * 3, 0)
    rig.close("gx", rig.numbers(gx, "gx"), derivative(g, exact, parameter), np.abs(g) * 4, 0)


def dropout(rig: Rig) -> None:
    x, lanes, p = rig.normal(*pictures(rig)), rig.any_of(LANES, 1), 0.3
    keep, y = (rig.random.random(x.shape) >= p).astype(np.uint8), output(rig, x.shape, lanes)
    scale = rig.number(1 / (1 - p))
    rig.run(elementwise.dropout, rig.picture(x, 1, lanes), rig.picture(keep, 0, lanes), y, scale, count=len(x))
    rig.same("y", rig.numbers(y, "y"), x * (keep * scale))


@case("elementwise:copy", "elementwise:zero_all", "elementwise:add_up")
def flat(rig: Rig) -> None:
    (n,) = rig.sizes(LARGEST)
    x, y, z = rig.normal(n), rig.room(n), rig.room(n)
    rig.run(elementwise.copy, rig.given(x), y)
    rig.run(elementwise.zero_all, z)
    rig.same("the copy", y, x)
    rig.same("what is zeroed", z, np.zeros(n))
    values, total = rig.random.standard_normal(n), rig.room(1, np.float64)
    rig.run(elementwise.add_up, rig.given(values), total, count=n, block=n)
    rig.same("the sum", total, np.add.accumulate(values)[-1:])


@case("mask:copy_gradient")
def masked(rig: Rig) -> None:
    s, c, h, w = pictures(rig)
    with_relu, factor = rig.any_of(0, 1), rig.number(1.25)
    gy, y = rig.normal(s, c, h, w), np.maximum(rig.rare(s, c, h, w, live=0.6), 0)
    halo = rig.any_of(0, 2)
    gz = rig.picture(np.zeros((s, c, h, w), rig.number), halo, written=True)
    views = rig.picture(gy), rig.picture(y, rig.any_of(0, 1)), gz
    rig.run(copy_gradient, *views, with_relu, factor, count=s)
    expected = np.where((y > 0) | (with_relu == 0), factor * gy, 0)
    found = rig.picture(expected, halo).values
    rig.same("gz", gz.values.view(np.uint8), found.view(np.uint8))


@case("philox:draw_masks")
def masks(rig: Rig) -> None:
    s, c, h, w = pictures(rig)
    p, at = rig.any_of(0.0, 0.3, 0.5), image(c, h, w, lanes=rig.any_of(LANES, 1))
    draws = Draws(seed=int(rig.random.integers(2**63)), layer=3, step=7, offset=100)
    keep = View(rig.room(s * at.stride, np.uint8), at)
    words = rig.given(np.array(step_words(draws), np.int64))
    rig.run(draw_masks, words, keep, 3, threshold_of(p), count=s)
    expected = draws.keep(p, s, c * h * w).reshape(s, c, h, w)
    if at.lanes > 1 and h * w == 1:  # padded lanes of vectors are left as they are
        keep.values.reshape(s, -1)[:, c : -(-c // LANES) * LANES] = 0
    rig.same("the mask", rig.numbers(keep, "the mask"), expected)


@case("samples:take_samples")
def samples(rig: Rig) -> None:
    s, c, h, w = pictures(rig)
    dtype, lanes = rig.any_of(np.uint8, np.float32, np.float64), rig.any_of(LANES, 1)
    x = (rig.random.random((s + 3, c, h, w)) * 255).astype(dtype)
    rows, zero, step = rig.random.integers(0, s + 3, s), rig.number(-0.4), rig.number(0.013)
    out = rig.picture(np.zeros((s, c, h, w), rig.number), rig.any_of(0, 1), lanes, written=True)
    rig.run(take_samples, rig.given(x), rig.given(rows), out, zero, step, count=s)
    expected = rig.picture(zero + step * x[rows].astype(rig.number), out.image.halo, lanes)
    rig.same("x", out.values.view(np.uint8), expected.values.view(np.uint8))


def of_a_loss(make: Callable[[Rig, int], Loss]) -> Callable[[Rig], None]:
    def run(rig: Rig) -> None:
        s, n = rig.sizes(LARGEST, LARGEST)
        loss, y = make(rig, n), rig.normal(s, n) * rig.number(3)
        if isinstance(loss, NLL | BinaryCrossEntropy):
            y = (1 / (1 + np.exp(-y))).astype(rig.number)
        t = rig.random.integers(0, n, s) if isinstance(loss, ClassLoss) else rig.random.integers(0, 2, (s, n))
        t = rig.normal(s, n) if isinstance(loss, RegressionLoss) else t
        if isinstance(loss, BinaryLoss) and rig.any_of(False, True):
            t = rig.random.random((s, n))
        weight, error, gy = rig.random.random(s), rig.room(s, np.float64), rig.blank(s, image(n, 1, 1))
        truth = t if isinstance(loss, ClassLoss) else t.astype(rig.number)
        at = rig.picture(y.reshape(s, n, 1, 1)), rig.given(truth), rig.given(weight), error, gy
        kernel, options = losses.kernel_of(loss, n)
        options = (tuple(map(rig.given, each)) if isinstance(each, tuple) else each for each in options)
        rig.run(kernel, *at, *options, count=s)
        (exact,) = exactly(y)
        expected, gradient = weight * loss.error(exact, truth), weight[:, None] * loss.gradient(exact, truth)
        rig.check(np.allclose(error, expected, rtol=1e-12, atol=1e-13), "the error is not as defined")
        found = rig.numbers(gy, "gy").reshape(s, n)
        terms = n if rig.number is np.float64 else 2  # of a float32 all is added up in float64
        rig.close("gy", found, gradient, np.maximum(np.abs(gradient), 1), terms)

    return run


for _kind in LOSSES:
    case(f"losses:{losses.KERNELS[_kind].py_func.__name__}")(of_a_loss(lambda rig, n, kind=_kind: kind()))
for _kind, _kernel in losses.SMOOTHED.items():
    case(f"losses:{_kernel.py_func.__name__}")(
        of_a_loss(lambda rig, n, kind=_kind: kind(rig.any_of(0.0, 0.1), rig.random.random(n) + 0.1))
    )
