"""The checker finds right gradients right, in every layer, loss, network and preset, and names what it checks."""

from dataclasses import replace

import numpy as np
import pytest

from chainrule.checks.gradients import direction_check
from chainrule.checks.networks import WithInputs, alone, check_layer, check_network, random_batch, shrink
from chainrule.layers import (
    AveragePooling,
    Convolution,
    Dropout,
    Layer,
    Linear,
    MaxPooling,
    ReLU,
    Residual,
    Sequential,
    Sigmoid,
    Softmax,
    Tanh,
)
from chainrule.losses import (
    LOSSES,
    NLL,
    AbsoluteError,
    BinaryCrossEntropy,
    Huber,
    LogSoftmaxNLL,
    Loss,
    SigmoidBinaryCrossEntropy,
    SquaredError,
)
from chainrule.network.network import Network
from chainrule.network.reference import Reference
from chainrule.tasks.presets import PRESETS, preset
from every_layer import every_layer
from objectives import WITH_ROOM, network_of


def test_neither_w_nor_x_is_changed_and_float32_is_checked_in_float64() -> None:
    network = Network([Convolution(2), ReLU(), Linear(3)], (1, 5, 4))
    batch = random_batch(network, 2)
    x, w = batch.x.copy(), network.w.copy()
    assert network.w.dtype == np.float32
    assert check_network(network, batch).worst.error < WITH_ROOM
    assert np.array_equal(network.w, w)
    assert np.array_equal(batch.x, x)


@every_layer
def test_every_layer(layer: Layer, shape: tuple[int, ...]) -> None:
    network = alone(layer, shape)
    check = check_layer(layer, shape, samples=3)
    assert check.entries == network.size + 3 * int(np.prod(shape))
    assert check.worst.error < WITH_ROOM


EVERY_LOSS = [
    ([Linear(4)], LogSoftmaxNLL()),
    ([Linear(4), Softmax()], NLL()),
    ([Linear(4), Tanh()], SquaredError()),
    ([Convolution(2)], SquaredError()),
    ([Linear(4)], LogSoftmaxNLL(0.1, (0.5, 2, 1, 3))),
    ([Linear(4), Softmax()], NLL(0.1, (0.5, 2, 1, 3))),
    ([Linear(4), Tanh()], Huber(0.5)),
    ([Convolution(2)], Huber(0.5)),
    ([Linear(4), Tanh()], AbsoluteError(0.1, 2.0)),
    ([Convolution(2)], AbsoluteError()),
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


SMALL = {"quick": (1, 16, 17), "best": (1, 16, 17), "signal": (2, 70)}
"""What is as small as a preset can take, if that is not 8 x 9 pixels."""


def made_small(layer: Layer) -> Layer:
    """With few filters, also within blocks."""
    if not isinstance(layer, Residual):
        return shrink(layer, (9,))[0]
    shortcut = [made_small(part) for part in layer.added.layers] if isinstance(layer.added, Sequential) else None
    return Residual([*map(made_small, layer.layers)], shortcut)


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in ("mlp", "lecture") else pytest.mark.heavy) for name in PRESETS]
)
def test_presets_made_small(name: str) -> None:
    chosen, shape = preset(name), SMALL.get(name, (1, 8, 9))
    network = network_of(*map(made_small, chosen.layers), shape=chosen.shape_for(shape))
    batch = replace(random_batch(network, 3), step=3)  # two that are normalised are 1 and -1, whatever they were
    if network.work < 5000:  # each entry costs two passes
        check = check_network(network, batch)
        assert check.entries == network.size + batch.x.size
        assert check.worst.error < WITH_ROOM
    objective = WithInputs(Reference(network))
    for seed in range(5):
        assert direction_check(objective, objective.join(network.w, batch.x), batch, seed).passed


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
