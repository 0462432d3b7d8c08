"""BatchNormalisation and LayerNormalisation: by hand, running statistics, against PyTorch."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from torch import nn

from chainrule.base.errors import NetworkError
from chainrule.layers import BatchNormalisation, Context, LayerNormalisation
from chainrule.layers.batch_normalisation import batch_moments, normalised
from chainrule.layers.layer_normalisation import normalised_samples
from messages import exactly
from oracles import EVALUATION, TRAINING, assert_agrees, check_layer, normal, variable, with_statistics
from strategies import drawn_cases, sizes, small

ONES = {"gamma": np.ones(2), "beta": np.zeros(2)}


def statistics() -> dict[str, np.ndarray]:
    return {"mean": np.array([1.0, -1.0]), "variance": np.array([4.0, 0.25])}


def test_by_hand() -> None:
    x = np.array([[1.0, 10.0], [3.0, 10.0], [5.0, 16.0]])
    moments = batch_moments(x)
    assert moments.mean.tolist() == [3, 12]
    assert_agrees(moments.variance, np.array([8 / 3, 8]), 1e-15)
    z, r = normalised(x, moments, 1.0)
    assert_agrees(r, np.sqrt([11 / 3, 9]), 1e-15)
    assert_agrees(z[:, 1], np.array([-2 / 3, -2 / 3, 4 / 3]), 1e-15)
    z, r = normalised_samples(np.array([[1.0, 3.0, 5.0]]), eps=4 / 3)
    assert_agrees(r, np.array([[2.0]]), 1e-15)
    assert_agrees(z, np.array([[-1.0, 0, 1]]), 1e-15)


def test_a_batch_moves_the_running_statistics_by_its_unbiased_variance() -> None:
    kept = statistics()
    x = np.array([[1.0, 10.0], [3.0, 10.0], [5.0, 16.0]])
    BatchNormalisation(momentum=0.5).forward(x, ONES, Context(True, statistics=kept))
    assert_agrees(kept["mean"], np.array([2.0, 5.5]), 1e-15)
    assert_agrees(kept["variance"], np.array([4.0, 6.125]), 1e-14)


def test_evaluation_takes_them_and_leaves_them() -> None:
    kept, x = statistics(), normal(3, 2, 4, 5)
    y, saved = BatchNormalisation(eps=0.25).forward(x, ONES, Context(statistics=kept))
    r = np.sqrt([4.25, 0.5]).reshape(2, 1, 1)
    assert_agrees(y, (x - np.array([1.0, -1.0]).reshape(2, 1, 1)) / r, 1e-15)
    assert {name: a.tolist() for name, a in kept.items()} == {name: a.tolist() for name, a in statistics().items()}
    gx, _ = BatchNormalisation(eps=0.25).backward(x, saved, ONES, EVALUATION)
    assert_agrees(gx, x / r, 1e-15)


def test_a_single_number_has_no_variance() -> None:
    kept, x = statistics(), normal(1, 2)
    training, evaluation = (
        BatchNormalisation().forward(x, ONES, Context(training, statistics=kept))[0] for training in (True, False)
    )
    assert training.tobytes() == evaluation.tobytes()
    assert kept["mean"].tolist() == [1, -1]
    several = BatchNormalisation().forward(normal(1, 2, 1, 3), ONES, Context(True, statistics=kept))[0]
    assert_agrees(several.mean(axis=(0, 2, 3)), np.zeros(2), 1e-15)


@drawn_cases
@given(samples=small, channels=small, n=sizes)
def test_agree_with_pytorch(samples: int, channels: int, n: int) -> None:
    for layer in (BatchNormalisation(0.3, 0.01), LayerNormalisation(0.01)):
        for context in (TRAINING, EVALUATION):
            check_layer(layer, normal(samples, channels, n, 3), context)
            check_layer(layer, normal(samples, channels, n), context)
            check_layer(layer, normal(samples, n), context)


@pytest.mark.parametrize(
    ("shape", "module"), [((4,), nn.BatchNorm1d(4)), ((3, 5, 4), nn.BatchNorm2d(3)), ((3, 8), nn.BatchNorm1d(3))]
)
def test_statistics_are_pytorchs_over_many_batches(shape: tuple[int, ...], module: nn.Module) -> None:
    layer, module = BatchNormalisation(), module.double()
    context = Context(True, statistics={"mean": np.zeros(shape[0]), "variance": np.ones(shape[0])})
    w = {"gamma": np.ones(shape[0]), "beta": np.zeros(shape[0])}
    for k in range(20):
        x = 3 * normal(6, *shape, seed=k) + 2
        assert_agrees(layer.forward(x, w, context)[0], module(torch.tensor(x)).detach().numpy())
    assert_agrees(context.statistics["mean"], module.running_mean.numpy())  # type: ignore[operator, union-attr]
    assert_agrees(context.statistics["variance"], module.running_var.numpy())  # type: ignore[operator, union-attr]
    module.eval()
    y = layer.forward(normal(2, *shape), w, replace(context, training=False))[0]
    assert_agrees(y, module(variable(normal(2, *shape))).detach().numpy())


def test_a_mean_far_from_zero_costs_no_digits() -> None:
    x = (1000 + normal(64, 3, 8, 8)).astype(np.float32)
    layer, w = BatchNormalisation(), {"gamma": np.ones(3), "beta": np.zeros(3)}
    context = with_statistics(TRAINING, layer, (3, 8, 8))
    double = layer.forward(x.astype(np.float64), w, context)[0]
    single = layer.forward(x, {k: v.astype(np.float32) for k, v in w.items()}, context)[0]
    assert np.abs(single - double).max() < 2e-3


@pytest.mark.parametrize(
    ("kind", "option", "value", "expected"),
    [
        (BatchNormalisation, "momentum", -0.1, "a number from 0 to 1"),
        (BatchNormalisation, "momentum", None, "a number from 0 to 1"),
        (BatchNormalisation, "momentum", 1.5, "a number from 0 to 1"),
        (BatchNormalisation, "eps", 0, "a number above 0"),
        (LayerNormalisation, "eps", np.nan, "a number above 0"),
        (LayerNormalisation, "eps", 0, "a number above 0"),
    ],
)
def test_impossible_options(kind: type, option: str, value: float, expected: str) -> None:
    with pytest.raises(NetworkError, match=exactly(f"{kind.__name__}: {option} is {value!r}; expected {expected}")):
        kind(**{option: value})


def test_decay_leaves_their_parameters_alone() -> None:
    for layer in (BatchNormalisation(), LayerNormalisation()):
        assert [(name, p.initial, p.decays) for name, p in layer.parameters_for((3, 2, 2)).items()] == [
            ("gamma", "ones", False), ("beta", "zeros", False),
        ]  # fmt: skip


@pytest.mark.parametrize("shape", [(4, 3), (3, 2, 4, 5)])
def test_without_running_statistics_evaluation_is_by_the_batch_too(shape: tuple[int, ...]) -> None:
    """As PyTorch's with track_running_stats=False."""
    layer, x = BatchNormalisation(running=False), normal(*shape)
    w = {"gamma": normal(shape[1]), "beta": normal(shape[1])}
    expected = torch.nn.functional.batch_norm(
        torch.tensor(x), None, None, torch.tensor(w["gamma"]), torch.tensor(w["beta"]), training=True
    )
    assert not layer.statistics_for(shape[1:])
    for context in (Context(), Context(training=True)):
        assert_agrees(layer.forward(x, w, context)[0], expected.numpy(), 1e-10)


def test_without_running_statistics_a_single_number_is_left_as_it_is() -> None:
    layer, x, gy = BatchNormalisation(running=False), normal(1, 4), normal(1, 4)
    w = {"gamma": normal(4), "beta": normal(4)}
    y, saved = layer.forward(x, w, Context(training=True))
    gx, gw = layer.backward(gy, saved, w, Context(training=True))
    np.testing.assert_array_equal(y, x)
    np.testing.assert_array_equal(gx, gy)
    assert not any(g.any() for g in gw.values())
