"""The checker finds right gradients right, in every layer, loss and preset, and wrong ones wrong, by name."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import SupportsFloat

import numpy as np
import pytest

from chainrule.base.errors import NetworkError, UsageError
from chainrule.checks.gradients import direction_check, gradient_check, relative
from chainrule.checks.networks import WithInputs, alone, check_layer, check_network, random_batch, shrink
from chainrule.engine import execute
from chainrule.layers import (
    AveragePooling,
    Convolution,
    Dropout,
    Layer,
    Linear,
    LogSoftmax,
    MaxPooling,
    ReLU,
    Residual,
    Sequential,
    Sigmoid,
    Softmax,
    Standardise,
    Tanh,
)
from chainrule.losses import (
    LOSSES,
    NLL,
    BinaryCrossEntropy,
    LogSoftmaxNLL,
    Loss,
    SigmoidBinaryCrossEntropy,
    SquaredError,
)
from chainrule.network.network import Network
from chainrule.network.reference import Reference
from chainrule.regression.polynomial import PolynomialObjective
from chainrule.tasks.presets import PRESETS, preset
from chainrule.training.objective import Batch, Layout, Objective
from messages import exactly
from strategies import OURS

EMPTY = Batch(np.empty(0), np.empty(0))
WITH_ROOM = 0.1  # right gradients stay at least this far inside the bound


class Function(Objective):
    """L(w) and dL/dw as given, and where it has kinks."""

    def __init__(
        self,
        f: Callable[[np.ndarray], SupportsFloat],
        g: Callable[[np.ndarray], np.ndarray],
        kinks: Callable[[np.ndarray], np.ndarray] | None = None,
    ) -> None:
        self.f, self.g, self.k = f, g, kinks

    def loss(self, w: np.ndarray, batch: Batch) -> float:
        return float(self.f(w))

    def loss_and_gradient(self, w: np.ndarray, batch: Batch, out: np.ndarray) -> float:
        out[:] = self.g(w)
        return float(self.f(w))

    def kinks(self, w: np.ndarray, batch: Batch) -> list[np.ndarray]:
        return [self.k(w)] if self.k else []


def squares(factor: float = 1.0) -> Function:
    """L = sum w^2, dL/dw = 2 w, wrong by the factor."""
    return Function(lambda w: w @ w, lambda w: 2 * w * factor)


def network_of(*layers: Layer, shape: tuple[int, ...] = (1, 8, 7), loss: Loss | None = None, seed: int = 1) -> Network:
    return Network(layers, shape, loss, seed=seed, dtype=np.float64)


# (a) every entry


def test_a_hand_worked_gradient() -> None:
    """L = (w0 + 2 w1 - 3)^2 at w = (1, 2): dL/dw = 2 * 2 * (1, 2)."""
    check = [
        gradient_check(PolynomialObjective(1), np.array([1.0, 2.0]), Batch(np.array([2.0]), np.array([3.0])), [k])
        for k in (0, 1)
    ]
    assert [c.worst.analytic for c in check] == [4.0, 8.0]
    assert [c.worst.numerical for c in check] == pytest.approx([4.0, 8.0], rel=1e-11)
    assert all(c.passed and c.entries == 1 and c.kinks == c.moved == 0 for c in check)


@pytest.mark.parametrize(("factor", "error"), [(1 + 5e-7, 0.5), (1 - 5e-7, 0.5), (1 + 1e-5, 10.0), (1 - 1e-5, 10.0)])
def test_the_error_is_relative_to_the_bound(factor: float, error: float) -> None:
    check = gradient_check(squares(factor), np.array([0.5, -2.0]), EMPTY)
    assert check.worst.error == pytest.approx(error, rel=1e-3)
    assert check.passed == (error <= 1)


@pytest.mark.parametrize(("wrong_by", "error"), [(5e-10, 0.5), (2e-9, 2.0)])
def test_small_entries_are_bounded_by_a_thousandth_of_the_largest(wrong_by: float, error: float) -> None:
    """L = w0, and dL/dw1 = wrong_by instead of 0: bound 1e-6 * 1e-3 * 1."""
    check = gradient_check(Function(lambda w: w[0], lambda w: np.array([1.0, wrong_by])), np.ones(2), EMPTY, [1])
    assert check.worst.error == pytest.approx(error, rel=1e-6)


@pytest.mark.parametrize("degree", [0, 1, 2, 5])
def test_polynomials(degree: int) -> None:
    rng = np.random.default_rng(degree)
    batch = Batch(rng.normal(size=9), rng.normal(size=9), sample_weight=rng.uniform(size=9))
    w = 10.0 ** rng.uniform(-3, 3, degree + 1)
    check = gradient_check(PolynomialObjective(degree), w, batch)
    assert check.entries == degree + 1
    assert check.worst.error < WITH_ROOM


def test_large_parameters_take_large_steps() -> None:
    check = gradient_check(squares(), np.array([1e8, 1e6]), EMPTY)
    assert check.worst.error < WITH_ROOM


def test_a_gradient_of_zero_needs_a_constant_loss() -> None:
    assert gradient_check(Function(lambda w: 3.0, lambda w: 0 * w), np.ones(2), EMPTY).worst.error == 0
    assert not gradient_check(Function(lambda w: 1e-9 * w[0], lambda w: 0 * w), np.ones(2), EMPTY).passed


@pytest.mark.parametrize(
    ("difference", "scale", "expected"), [(0, 0, 0), (-2, 4, 0.5), (np.nan, 1, np.inf), (np.inf, 1, np.inf)]
)
def test_relative(difference: float, scale: float, expected: float) -> None:
    assert relative(difference, scale) == expected


def test_neither_w_nor_x_is_changed_and_float32_is_checked_in_float64() -> None:
    network = Network([Convolution(2), ReLU(), Linear(3)], (1, 5, 4))
    batch = random_batch(network, 2)
    x, w = batch.x.copy(), network.w.copy()
    assert network.w.dtype == np.float32
    assert check_network(network, batch).worst.error < WITH_ROOM
    assert np.array_equal(network.w, w)
    assert np.array_equal(batch.x, x)


def test_no_entries() -> None:
    with pytest.raises(UsageError, match="no entries to check"):
        gradient_check(squares(), np.ones(2), EMPTY, [])


class Reversed(Layout):
    def pack(self, w: np.ndarray) -> np.ndarray:
        return w[::-1].copy()

    def unpack(self, w: np.ndarray) -> np.ndarray:
        return w[::-1].copy()


def test_entries_are_counted_in_canonical_order() -> None:
    objective = Function(lambda w: w[0] ** 2 + w[2], lambda w: np.array([2 * w[0], 0.0, 1 + 1e-3]))
    objective.layout = Reversed()
    check = gradient_check(objective, np.array([1.0, 2.0, 3.0]), EMPTY)
    assert check.worst.index == 0
    assert check.worst.numerical == pytest.approx(1)


# (b) one random direction


def test_a_direction_of_one_entry_by_hand() -> None:
    """L = w^2 at 3 along d = +-1e-4: A = B = 6 d."""
    check = direction_check(squares(), np.array([3.0]), EMPTY)
    assert abs(check.analytic) == pytest.approx(6e-4, rel=1e-12)
    assert check.numerical == pytest.approx(check.analytic, rel=1e-10)
    assert check.passed


def test_a_direction_finds_a_wrong_gradient() -> None:
    w = np.linspace(-1, 2, 50)
    assert direction_check(squares(), w, EMPTY).passed
    wrong = direction_check(squares(1 + 1e-5), w, EMPTY)
    assert not wrong.passed
    assert wrong.error == pytest.approx(1e-5, rel=1e-3)


def test_the_seed_draws_the_direction() -> None:
    w = np.linspace(-1, 2, 50)
    first, again, other = (direction_check(squares(), w, EMPTY, seed) for seed in (0, 0, 1))
    assert first == again
    assert first.analytic != other.analytic


# every layer, alone


EVERY_LAYER = [
    (Convolution(3), (2, 6, 5)),
    (Convolution(2, 1), (3, 3, 4)),
    (Convolution(2, 2, stride=2), (2, 7, 6)),
    (Convolution(2, 3, padding=1), (1, 4, 5)),
    (Convolution(2, 3, stride=2, padding=2), (2, 5, 6)),
    (Convolution(2, 3, stride=4), (1, 8, 7)),
    (Linear(4), (7,)),
    (Linear(3), (2, 3, 2)),
    (Linear(1), (1,)),
    (ReLU(), (2, 5, 4)),
    (ReLU(derivative_at_zero=1), (20,)),
    (MaxPooling(), (2, 6, 4)),
    (MaxPooling(), (1, 5, 7)),
    (MaxPooling(3, 2), (2, 7, 6)),
    (MaxPooling(3, 1), (1, 5, 6)),
    (MaxPooling(2, 3), (1, 8, 6)),
    (AveragePooling(), (2, 5, 4)),
    (AveragePooling(3, 1), (1, 5, 6)),
    (AveragePooling(2, 3), (1, 8, 6)),
    (Dropout(0.5), (30,)),
    (Dropout(0.25), (2, 4, 3)),
    (Dropout(0.0), (5,)),
    (Sequential([Convolution(2), ReLU(), MaxPooling()]), (1, 6, 5)),
    (Residual([Linear(4), Tanh()]), (4,)),
    (Residual([Convolution(2, padding=1), ReLU(), Dropout(0.3), Convolution(2, padding=1), ReLU()]), (2, 4, 5)),
    (Residual([Convolution(3), ReLU(), Residual([Convolution(3, 1), Dropout(0.5)])], Convolution(3)), (2, 5, 4)),
    (Softmax(), (6,)),
    (LogSoftmax(), (6,)),
    (Sigmoid(), (2, 3, 3)),
    (Tanh(), (9,)),
    (Standardise((1.0, 2.0), (0.5, 3.0)), (2, 3, 2)),
]


def test_no_layer_is_forgotten() -> None:
    assert {type(layer) for layer, _ in EVERY_LAYER} == set(OURS)


@pytest.mark.parametrize(("layer", "shape"), EVERY_LAYER, ids=str)
def test_every_layer(layer: Layer, shape: tuple[int, ...]) -> None:
    network = alone(layer, shape)
    check = check_layer(layer, shape, samples=3)
    assert check.entries == network.size + 3 * int(np.prod(shape))
    assert check.worst.error < WITH_ROOM


# every loss, through a network


EVERY_LOSS = [
    ([Linear(4)], LogSoftmaxNLL()),
    ([Linear(4), Softmax()], NLL()),
    ([Linear(4), Tanh()], SquaredError()),
    ([Convolution(2)], SquaredError()),
    ([Linear(1), Sigmoid()], BinaryCrossEntropy()),
    ([Linear(3), Sigmoid()], BinaryCrossEntropy()),
    ([Linear(1)], SigmoidBinaryCrossEntropy()),
    ([Linear(3)], SigmoidBinaryCrossEntropy()),
]


def test_no_loss_is_forgotten() -> None:
    assert {type(loss) for _, loss in EVERY_LOSS} == set(LOSSES)


@pytest.mark.parametrize(("layers", "loss"), EVERY_LOSS, ids=str)
@pytest.mark.parametrize("weighted", [False, True])
def test_every_loss(layers: list[Layer], loss: Loss, weighted: bool) -> None:
    network = network_of(Convolution(2), Tanh(), *layers, shape=(1, 6, 5), loss=loss)
    batch = random_batch(network, 3)
    if weighted:
        batch = replace(batch, sample_weight=np.array([0.5, 0.0, 3.0]))
    check = check_network(network, batch)
    assert check.entries == network.size + batch.x.size
    assert check.worst.error < WITH_ROOM


def test_a_target_of_one_number_a_sample() -> None:
    network = network_of(Linear(3), Tanh(), Linear(1), shape=(4,), loss=SquaredError())
    batch = random_batch(network, 5)
    assert check_network(network, replace(batch, t=batch.t.ravel())).worst.error < WITH_ROOM


# whole networks, at every entry of w and x


@pytest.mark.parametrize("seed", range(6))
def test_random_networks(seed: int) -> None:
    rng = np.random.default_rng(seed)
    smooth = [ReLU(), Tanh(), Sigmoid(), Dropout(0.3)]
    first = Convolution(2, int(rng.integers(1, 4)), int(rng.integers(1, 3)), int(rng.integers(0, 2)))
    pooling = MaxPooling(2, int(rng.integers(1, 3))) if rng.random() < 0.7 else AveragePooling()
    layers = [first, smooth[rng.integers(4)], pooling, smooth[rng.integers(4)], Linear(5), smooth[rng.integers(4)]]
    network = network_of(*layers, Linear(3), shape=(2, int(rng.integers(6, 9)), int(rng.integers(6, 9))), seed=seed)
    batch = replace(random_batch(network, 2, seed), step=int(rng.integers(9)), offset=int(rng.integers(9)))
    check = check_network(network, batch, seed=seed)
    assert check.entries == network.size + batch.x.size
    assert check.worst.error < WITH_ROOM, WithInputs(Reference(network)).name(check.worst.index)


@pytest.mark.parametrize("name", PRESETS)
def test_presets_made_small(name: str) -> None:
    layers = [shrink(layer, (9,))[0] for layer in preset(name).layers]
    network = network_of(*layers, shape=(1, 8, 9))
    batch = replace(random_batch(network, 2), step=3)
    check = check_network(network, batch)
    assert check.entries == network.size + batch.x.size
    assert check.worst.error < WITH_ROOM
    objective = WithInputs(Reference(network))
    for seed in range(5):
        assert direction_check(objective, objective.join(network.w, batch.x), batch, seed).passed


# wrong gradients


@dataclass(frozen=True)
class WrongConvolution(Convolution):
    """dL/db left at zero."""

    def parameter_gradients(self, gy, saved, w, context):
        return {**super().parameter_gradients(gy, saved, w, context), "b": np.zeros(self.out_channels)}


@dataclass(frozen=True)
class UnfinishedLinear(Linear):
    """dL/db never given."""

    def parameter_gradients(self, gy, saved, w, context):
        return {"w": super().parameter_gradients(gy, saved, w, context)["w"]}


@dataclass(frozen=True)
class WrongTanh(Tanh):
    """dL/dx wrong by a factor of 1 + 1e-5."""

    def backward(self, gy, saved, w, context):
        gx, gw = super().backward(gy, saved, w, context)
        return gx * (1 + 1e-5), gw


@dataclass(frozen=True)
class WrongMaxPooling(MaxPooling):
    """dL/dx[0, 0, 2, 1] is wrong."""

    def backward(self, gy, saved, w, context):
        gx, gw = super().backward(gy, saved, w, context)
        gx[0, 0, 2, 1] += 1e-3
        return gx, gw


@pytest.mark.parametrize(
    ("layer", "shape", "name"),
    [
        (WrongConvolution(3), (2, 4, 4), "conv1.b["),
        (WrongTanh(), (8,), "x["),
        (WrongMaxPooling(), (1, 4, 6), "x[0, 0, 2, 1]"),
    ],
    ids=str,
)
def test_wrong_layers_are_found_and_named(layer: Layer, shape: tuple[int, ...], name: str) -> None:
    check = check_layer(layer, shape)
    assert not check.passed
    assert WithInputs(Reference(alone(layer, shape))).name(check.worst.index).startswith(name)
    deep = network_of(*[Convolution(2), layer] if len(shape) == 3 else [Linear(8), layer], Linear(3))
    assert not check_network(deep).passed


def test_a_gradient_that_nobody_gives_is_told_by_name() -> None:
    message = "fc1: backward gave nothing for dL/db; expected floats of shape (3,)"
    with pytest.raises(NetworkError, match=exactly(message)):
        check_layer(UnfinishedLinear(3), (4,))
    network = Network([UnfinishedLinear(3)], 4)
    for engine in ("reference", "compiled"):
        objective = execute(network, engine)
        w = objective.layout.pack(network.w)
        with pytest.raises(NetworkError, match="fc1: backward gave nothing for dL/db"):
            objective.loss_and_gradient(w, random_batch(network, 2), np.zeros_like(w))


class Tampered(Objective):
    """A network's objective whose gradient is changed afterwards."""

    def __init__(self, objective: Objective, change: Callable[[np.ndarray], None]) -> None:
        self.objective, self.change = objective, change

    def loss(self, w: np.ndarray, batch: Batch) -> float:
        return self.objective.loss(w, batch)

    def loss_and_gradient(self, w: np.ndarray, batch: Batch, out: np.ndarray) -> float:
        loss = self.objective.loss_and_gradient(w, batch, out)
        self.change(out)
        return loss

    def kinks(self, w: np.ndarray, batch: Batch) -> list[np.ndarray]:
        return self.objective.kinks(w, batch)


def test_one_wrong_entry_of_a_network_is_found() -> None:
    network = network_of(Convolution(2), ReLU(), MaxPooling(), Linear(3))
    batch = random_batch(network, 2)

    def change(g: np.ndarray) -> None:
        g[17] += 1e-5 * np.abs(g).max()

    check = gradient_check(Tampered(Reference(network), change), network.w, batch)
    assert not check.passed
    assert check.worst.index == 17


def test_a_gradient_scaled_by_a_hundred_thousandth_is_found_both_ways() -> None:
    network = network_of(Convolution(2), ReLU(), MaxPooling(), Linear(3))
    batch = random_batch(network, 2)

    def change(g: np.ndarray) -> None:
        g *= 1 + 1e-5

    objective = Tampered(Reference(network), change)
    assert gradient_check(objective, network.w, batch).worst.error == pytest.approx(10, rel=0.05)
    assert direction_check(objective, network.w, batch).error == pytest.approx(1e-5, rel=0.05)


# kinks


def absolute(reported: bool) -> Function:
    return Function(lambda w: np.abs(w).sum(), np.sign, (lambda w: w > 0) if reported else None)


def test_near_a_kink_the_step_is_smaller() -> None:
    """|w| at 1e-3: the largest step of 1e-3 reaches the kink, 1e-4 does not."""
    check = gradient_check(absolute(reported=True), np.array([1e-3]), EMPTY)
    assert check.passed
    assert (check.kinks, check.moved) == (1, 0)


def test_at_a_kink_the_entry_is_checked_beside_it() -> None:
    check = gradient_check(absolute(reported=True), np.array([0.0, 1.0, 1e-6]), EMPTY)
    assert check.passed
    assert (check.entries, check.kinks, check.moved) == (3, 2, 2)
    direction = direction_check(absolute(reported=True), np.array([0.0]), EMPTY)
    assert direction.passed
    assert direction.moved


def test_a_kink_that_nobody_reports_fails() -> None:
    """sign(0) = 0 is also what differences give, but next to the kink they straddle it."""
    assert not gradient_check(absolute(reported=False), np.array([1e-4]), EMPTY).passed


def test_kinks_everywhere_are_no_excuse() -> None:
    """Where no move helps, the entry is still checked."""
    everywhere = Function(lambda w: w @ w, lambda w: 2.1 * w, kinks=lambda w: w)
    check = gradient_check(everywhere, np.ones(2), EMPTY)
    assert not check.passed
    assert check.moved == check.entries == 2


@pytest.mark.parametrize("derivative_at_zero", [0, 1])
def test_relu_at_zero_by_hand(derivative_at_zero: int) -> None:
    """x = 0: dL/dx is what was chosen for 0; the check moves on to where there is a derivative."""
    network = alone(ReLU(derivative_at_zero), 3)
    objective, x = WithInputs(Reference(network)), np.array([[0.0, 1.0, 0.0]])
    batch = Batch(x, np.array([[2.0, 3.0, 5.0]]))
    g = np.empty(3)
    assert objective.loss_and_gradient(objective.join(network.w, x), batch, g) == 3
    assert g.tolist() == [2 * derivative_at_zero, 3, 5 * derivative_at_zero]
    check = check_network(network, batch)
    assert check.worst.error < WITH_ROOM
    assert (check.kinks, check.moved) == (2, 2)


def test_equal_pool_values_by_hand() -> None:
    """A patch of four equal values: the first wins; the check moves them apart."""
    network = alone(MaxPooling(), (1, 2, 4))
    objective, x = WithInputs(Reference(network)), np.array([[[[1.0, 1.0, 1.0, 2.0], [1.0, 1.0, 3.0, 3.0]]]])
    batch = Batch(x, np.array([[[[7.0, 5.0]]]]))
    g = np.empty(8)
    assert objective.loss_and_gradient(objective.join(network.w, x), batch, g) == 7 + 15
    assert g.reshape(2, 4).tolist() == [[7, 0, 0, 0], [0, 0, 5, 0]]
    check = check_network(network, batch)
    assert check.worst.error < WITH_ROOM
    assert check.moved == 6  # the four, and the two threes


@pytest.mark.parametrize(
    ("w_factor", "x_factor"), [(0.0, 1.0), (1.0, 0.0), (0.0, 0.0)], ids=["w = 0", "x = 0", "both = 0"]
)
def test_a_network_exactly_at_kinks(w_factor: float, x_factor: float) -> None:
    network = network_of(Convolution(2), ReLU(), MaxPooling(), Linear(4), ReLU(), Linear(3))
    network.w *= w_factor
    if x_factor == 0:
        network.named()["conv1.b"][:] = 0  # so that every ReLU reads 0, every pool a tie
    batch = random_batch(network, 2)
    check = check_network(network, replace(batch, x=batch.x * x_factor))
    assert check.worst.error < WITH_ROOM
    assert check.moved > 0


# names and contracts


def test_names() -> None:
    network = network_of(Convolution(2), ReLU(), Linear(3), shape=(2, 4, 5))
    name = WithInputs(Reference(network)).name
    assert name(0) == "conv1.w[0, 0, 0, 0]"
    assert name(35) == "conv1.w[1, 1, 2, 2]"
    assert name(37) == "conv1.b[1]"
    assert name(38 + 13) == "fc1.w[1, 1]"
    assert name(network.size - 1) == "fc1.b[2]"
    assert name(network.size) == "x[0, 0, 0, 0]"
    assert name(network.size + 40 + 20 + 7) == "x[1, 1, 1, 2]"


def test_w_and_x_are_one_objective() -> None:
    network = network_of(Linear(3), Tanh(), Linear(2), shape=(4,))
    objective, batch = WithInputs(Reference(network)), random_batch(network, 3)
    wx = objective.join(network.w, batch.x)
    g, gw = np.empty_like(wx), np.empty_like(network.w)
    loss = objective.loss_and_gradient(wx, batch, g)
    assert loss == objective.loss(wx, batch) == Reference(network).loss_and_gradient(network.w, batch, gw)
    assert np.array_equal(g[: network.size], gw)


@pytest.mark.parametrize(
    ("layer", "shape", "small", "small_shape"),
    [
        (Convolution(64), (32, 26, 26), Convolution(4), (3, 6, 7)),
        (Convolution(64, 7, stride=4, padding=1), (32, 26, 26), Convolution(4, 7, 4, 1), (3, 9, 10)),
        (Convolution(2, 9), (1, 9, 9), Convolution(2, 9), (1, 9, 9)),
        (Linear(128), (64, 12, 12), Linear(6), (3, 6, 7)),
        (Linear(2), (9216,), Linear(2), (20,)),
        (MaxPooling(5), (32, 26, 26), MaxPooling(5), (3, 10, 11)),
        (Convolution(64, padding=1, groups=64), (64, 26, 26), Convolution(2, padding=1, groups=2), (2, 6, 7)),
        (Convolution(64, groups=4), (32, 26, 26), Convolution(4, groups=2), (4, 6, 7)),
        (Convolution(64, 5), (32, 500), Convolution(4, 5), (3, 6)),
        (ReLU(), (3,), ReLU(), (3,)),
        (ReLU(), (8, 1, 1), ReLU(), (3, 1, 1)),
    ],
    ids=str,
)
def test_shrink(layer: Layer, shape: tuple[int, ...], small: Layer, small_shape: tuple[int, ...]) -> None:
    assert shrink(layer, shape) == (small, small_shape)
