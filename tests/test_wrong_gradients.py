"""The checker finds wrong gradients wrong, by name."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from chainrule.base.errors import NetworkError
from chainrule.checks.gradients import direction_check, gradient_check
from chainrule.checks.networks import WithInputs, alone, check_layer, check_network, random_batch
from chainrule.engine import execute
from chainrule.layers import Convolution, Layer, Linear, MaxPooling, ReLU, Tanh
from chainrule.network.network import Network
from chainrule.network.reference import Reference
from chainrule.training.objective import Batch, Objective
from messages import exactly
from objectives import network_of


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
