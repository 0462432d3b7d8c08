"""The cases of linear layers."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from chainrule.engine.kernels.linear import layer
from chainrule.engine.kernels.linear.layer import Share, WeightRows
from chainrule.engine.kernels.linear.sparse import WORD_BITS
from chainrule.engine.layout import View, image
from chainrule.engine.runtime.calls import PerWorker
from chainrule.engine.simd import padded
from chainrule.layers import linear as definition
from torture.kernels.rig import LARGEST, Rig, case, exactly

LIVE = 0.0, 0.1, 0.4, 0.6, 1.0
BEFORE = 3  # numbers of w that are others'


class Problem(NamedTuple):
    """A layer and a batch: W (out, in), b, x (s, in), gy (s, out); and the first and the last three as kernels see
    them."""

    W: np.ndarray
    b: np.ndarray
    X: np.ndarray
    GY: np.ndarray
    rows: WeightRows
    x: View
    gy: View

    @property
    def row(self) -> int:
        return padded(len(self.b))

    @property
    def exact(self) -> list[np.ndarray]:
        return exactly(self.X, self.W, self.b, self.GY)

    @property
    def magnitudes(self) -> list[np.ndarray]:
        return [np.abs(array) for array in self.exact]


def problem(rig: Rig) -> Problem:
    samples, inputs, outputs = rig.sizes(LARGEST, 5 * LARGEST, 2 * LARGEST)
    W, b = rig.normal(outputs, inputs), rig.normal(outputs)
    X, GY = rig.rare(samples, inputs, live=rig.any_of(*LIVE)), rig.normal(samples, outputs)
    table = np.zeros((inputs, padded(outputs)), rig.number)
    table[:, :outputs] = W.T
    rows = WeightRows(rig.given(np.concatenate([rig.normal(BEFORE), table.ravel()])), BEFORE, inputs, outputs)
    return Problem(W, b, X, GY, rows, vectors(rig, X), vectors(rig, GY))


def vectors(rig: Rig, values: np.ndarray) -> View:
    return rig.picture(values.reshape(*values.shape, 1, 1))


def biases(rig: Rig, p: Problem) -> np.ndarray:
    return rig.given(np.pad(p.b, (0, p.row - len(p.b))))


def words(rig: Rig) -> PerWorker:
    return PerWorker(rig.room(rig.threads * WORD_BITS, np.uint64).reshape(rig.threads, WORD_BITS))


def shares(rig: Rig, p: Problem) -> tuple[Share, int, int]:
    """By samples or by inputs: with the length of the range, and of what it is cut at."""
    samples, inputs = p.X.shape
    return rig.any_of((Share(0, inputs), samples, 1), (Share(1, samples), inputs, WORD_BITS))


@case("linear.layer:forward")
def forward(rig: Rig) -> None:
    p = problem(rig)
    y, (samples, inputs) = rig.blank(len(p.X), image(len(p.b), 1, 1)), p.X.shape
    rig.run(layer.forward, p.rows, biases(rig, p), p.x, y, Share(0, inputs), words(rig), count=samples)
    X, W, b, _ = p.exact
    magnitude = definition.linear(*p.magnitudes[:3])
    rig.close("y", rig.numbers(y, "y")[:, :, 0, 0], definition.linear(X, W, b), magnitude, inputs + 1)


@case("linear.layer:add_parts")
def parts(rig: Rig) -> None:
    samples, outputs, count = *rig.sizes(LARGEST, LARGEST), int(rig.random.integers(1, 9))
    at = image(outputs, 1, 1)
    values, b = rig.normal(count, samples, outputs), rig.normal(outputs)
    table = np.zeros((count, samples, at.stride), rig.number)
    table[:, :, :outputs] = values
    y, bias = rig.blank(samples, at), rig.given(np.pad(b, (0, padded(outputs) - outputs)))
    rig.run(layer.add_parts, bias, rig.given(table), y, count, samples * at.stride, count=samples)
    expected = np.add.accumulate([np.broadcast_to(b, values.shape[1:]), *values])[-1]
    rig.same("y", rig.numbers(y, "y")[:, :, 0, 0], expected)


@case("linear.layer:weight_gradient")
def weight_gradient(rig: Rig) -> None:
    p = problem(rig)
    samples, inputs = p.X.shape
    gw, start = rig.room(BEFORE + inputs * p.row), rig.given(np.zeros(p.row, rig.number))
    rows = p.rows._replace(values=gw)
    rig.run(layer.weight_gradient, p.x, p.gy, start, rows, samples, words(rig), count=inputs, block=WORD_BITS)
    table = gw[BEFORE:].reshape(inputs, p.row)
    X, _, _, GY = p.exact
    magnitude = definition.linear_weight_gradient(p.magnitudes[3], p.magnitudes[0])
    rig.close("gw", table[:, : len(p.b)].T, definition.linear_weight_gradient(GY, X), magnitude, samples)
    rig.check(not table[:, len(p.b) :].any(), "the padding of gw is not 0")
    rig.check(np.isnan(gw[:BEFORE]).all(), "the gradient of other weights is written")


def check_input_gradient(rig: Rig, p: Problem, run: Callable[[View, Share, int, int], None], live: bool) -> None:
    gx = rig.blank(len(p.X), image(p.X.shape[1], 1, 1))
    run(gx, *shares(rig, p))
    _, W, _, GY = p.exact
    reached = p.X != 0 if live else np.ones(p.X.shape, bool)
    expected, magnitude = definition.linear_input_gradient(GY, W), definition.linear_input_gradient(abs(GY), abs(W))
    found = rig.numbers(gx, "gx")[:, :, 0, 0]
    rig.close("gx", found, expected * reached, magnitude * reached, len(p.b))


@case("linear.layer:input_gradient")
def input_gradient(rig: Rig) -> None:
    p, floats = problem(rig), WORD_BITS * WORD_BITS
    turned = PerWorker(rig.room(rig.threads * floats).reshape(rig.threads, floats))

    def run(gx: View, share: Share, count: int, block: int) -> None:
        rig.run(layer.input_gradient, p.rows, p.gy, gx, share, turned, count=count, block=block)

    check_input_gradient(rig, p, run, live=False)


@case("linear.layer:live_input_gradient")
def live_input_gradient(rig: Rig) -> None:
    p = problem(rig)

    def run(gx: View, share: Share, count: int, block: int) -> None:
        rig.run(layer.live_input_gradient, p.rows, p.gy, p.x, gx, share, count=count, block=block)

    check_input_gradient(rig, p, run, live=True)


@case("linear.layer:bias_gradient", "linear.layer:shifted_start", "linear.layer:shifted_bias")
def biases_and_shifts(rig: Rig) -> None:
    p, c = problem(rig), rig.number(-0.4)
    samples, inputs = p.X.shape
    outputs, b = len(p.b), biases(rig, p)
    gb, start, bias = rig.room(BEFORE + p.row), rig.room(p.row), rig.room(p.row)
    rig.run(layer.bias_gradient, p.gy, gb, BEFORE, samples)
    rig.run(layer.shifted_start, p.gy, start, c, samples)
    rig.run(layer.shifted_bias, p.rows, b, bias, c)
    _, W, exact_b, GY = p.exact
    rig.close("gb", gb[BEFORE:][:outputs], GY.sum(0), abs(GY).sum(0), samples)
    rig.close("start", start[:outputs], float(c) * GY.sum(0), abs(GY).sum(0), samples + 1)
    rig.close("bias", bias[:outputs], exact_b + float(c) * W.sum(1), abs(exact_b) + abs(W).sum(1), inputs + 2)
    for array in gb[BEFORE:], start, bias:
        rig.check(not array[outputs:].any(), "padding is not 0")
