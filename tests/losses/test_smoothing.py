"""Label smoothing and class weights: PyTorch's, by hand, in both engines, and in a mean."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from chainrule import NLL, SGD, Dataset, Linear, LogSoftmaxNLL, Network, Softmax, Training, evaluate, examine, fit, load
from chainrule.base.errors import NetworkError
from chainrule.exchange.description import build_loss, describe_loss, load_network
from chainrule.layers.softmax import softmax
from chainrule.losses.smoothing import SmoothedLoss
from chainrule.tasks.astray import loss_range
from chainrule.tasks.calibration import calibrate
from messages import exactly
from oracles import assert_agrees, check_loss, normal
from strategies import drawn_cases, small

LOG2 = np.log(2)
C = (0.5, 2.0, 3.0)
both = pytest.mark.parametrize("kind", [NLL, LogSoftmaxNLL])
DATA = Dataset(normal(23, 4), np.random.default_rng(2).integers(0, 3, 23), np.random.default_rng(3).random(23))
"""With weights; 23 samples in batches of 5."""


def test_by_hand() -> None:
    p, t = np.array([[0.25, 0.5, 0.25]]), np.array([0])
    assert_agrees(NLL(0.3).error(p, t), np.array([(0.8 * 2 + 0.1 + 0.1 * 2) * LOG2]), 1e-15)
    assert_agrees(NLL(0.3).gradient(p, t), np.array([[-0.8 / 0.25, -0.1 / 0.5, -0.1 / 0.25]]), 1e-15)
    assert_agrees(NLL(0.0, C).error(p, t), np.array([0.5 * 2 * LOG2]), 1e-15)
    assert_agrees(NLL(0.3, C).error(p, t), np.array([(0.4 * 2 + 0.2 + 0.3 * 2) * LOG2]), 1e-15)


@drawn_cases
@given(samples=small, classes=st.integers(1, 6), e=st.sampled_from([0.0, 0.1, 0.9]), weighed=st.booleans())
def test_agrees_with_pytorch(samples: int, classes: int, e: float, weighed: bool) -> None:
    x, t = 3 * normal(samples, classes), np.random.default_rng(1).integers(0, classes, samples)
    c = tuple(np.exp(normal(classes, seed=4)).tolist()) if weighed else None
    check_loss(LogSoftmaxNLL(e, c), x, t)
    check_loss(NLL(e, c), softmax(x), t)


def test_a_class_without_a_share_costs_nothing() -> None:
    p = np.array([[0.0, 1.0]])
    assert NLL(0.0, (2, 1)).error(p, np.array([1])).tolist() == [0]
    assert NLL(0.0, (2, 1)).gradient(p, np.array([1])).tolist() == [[0, -1]]
    assert NLL(0.1).error(p, np.array([1])).tolist() == [np.inf]
    assert NLL(0.1).gradient(p, np.array([1])).tolist() == [[-np.inf, pytest.approx(-0.95)]]


def test_weights_alone_multiply_the_error() -> None:
    x, t, c = normal(5, 3), np.array([0, 1, 2, 1, 0]), np.array([1.0, 2.0, 0.5])
    weighed = LogSoftmaxNLL(class_weight=(1, 2, 0.5))
    assert_agrees(weighed.error(x, t), c[t] * LogSoftmaxNLL().error(x, t), 1e-15)
    assert_agrees(weighed.gradient(x, t), c[t][:, None] * LogSoftmaxNLL().gradient(x, t), 1e-15)


def test_far_scores_without_a_share_cost_nothing_and_warn_of_nothing() -> None:
    x = np.array([[3e38, -3e38]], np.float32)
    assert LogSoftmaxNLL(class_weight=(2, 1)).error(x, np.array([0])).tolist() == [0]
    assert LogSoftmaxNLL(class_weight=(2, 1)).error(x, np.array([1])).tolist() == [np.inf]


@both
def test_a_loss_is_plain_without_either(kind: type[SmoothedLoss]) -> None:
    assert kind().is_plain is True
    assert kind(0.1).is_plain is kind(class_weight=(1, 1)).is_plain is False


@pytest.mark.parametrize("engine", ["compiled", "reference"])
@pytest.mark.parametrize("e", [0.0, 0.1])
def test_a_mean_is_pytorch_s(engine: str, e: float) -> None:
    network = Network([Linear(3)], 4, LogSoftmaxNLL(e, C), dtype=np.float64)
    module = torch.nn.Linear(4, 3, dtype=torch.float64)
    w, b = network.named()["fc1.w"], network.named()["fc1.b"]
    module.load_state_dict({"weight": torch.tensor(w), "bias": torch.tensor(b)})
    criterion = torch.nn.CrossEntropyLoss(torch.tensor(C, dtype=torch.float64), label_smoothing=e)
    optimizer = torch.optim.SGD(module.parameters(), 0.1)
    x, t = torch.tensor(DATA.x), torch.tensor(DATA.t)
    for first, last in pairwise([*range(0, 23, 5), 23]):
        optimizer.zero_grad()
        criterion(module(x[first:last]), t[first:last]).backward()
        optimizer.step()
    data = Dataset(DATA.x, DATA.t)
    fit(network, data, Training(SGD(0.1), epochs=1, batch_size=5, order="file"), engine=engine)
    assert_agrees(network.named()["fc1.w"], module.weight.detach().numpy())
    loss = criterion(module(x), t).item()
    assert evaluate(network, data, engine, batch_size=7).loss == pytest.approx(loss, rel=1e-10)
    assert examine(network, data, engine).loss == pytest.approx(loss, rel=1e-10)


@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("engine", ["compiled", "reference"])
def test_class_weights_are_weights_of_samples(engine: str, reduction: Any) -> None:
    assert DATA.sample_weight is not None
    weighed = Dataset(DATA.x, DATA.t, DATA.sample_weight * np.array(C)[DATA.t])
    found = []
    for loss, data in ((LogSoftmaxNLL(0.0, C), DATA), (LogSoftmaxNLL(), weighed)):
        network = Network([Linear(3)], 4, loss, dtype=np.float64)
        history = fit(network, data, Training(SGD(0.1), epochs=2, batch_size=5, reduction=reduction), engine=engine)
        losses = history.epochs[-1].loss, evaluate(network, data, engine).loss, examine(network, data, engine).loss
        found.append((network.w.copy(), losses))
    assert_agrees(found[0][0], found[1][0])
    assert found[0][1] == pytest.approx(found[1][1], rel=1e-10)


def test_only_the_ratios_of_class_weights_matter_to_a_mean() -> None:
    losses = (LogSoftmaxNLL(0.1, tuple(k * c for c in C)) for k in (1, 1000))
    a, b = (Network([Linear(3)], 4, loss, dtype=np.float64) for loss in losses)
    for network in (a, b):
        fit(network, DATA, Training(SGD(0.1), epochs=2, batch_size=5))
    assert_agrees(a.w, b.w)
    assert evaluate(a, DATA).loss == pytest.approx(evaluate(b, DATA).loss, rel=1e-10)


@both
def test_how_it_shows_itself_and_comes_back(kind: type[SmoothedLoss]) -> None:
    name, many = kind.__name__, tuple(range(1, 11))
    for loss, text in (
        (kind(), f"{name}()"),
        (kind(0.1), f"{name}(label_smoothing=0.1)"),
        (kind(class_weight=(1, 2.5)), f"{name}(class_weight=1, 2.5)"),
        (kind(class_weight=(1, 2, 3, 4)), f"{name}(class_weight=1, 2, 3, 4)"),
        (kind(class_weight=(1, 2, 3, 4, 5)), f"{name}(class_weight=of 5 classes)"),
        (kind(0.1, many), f"{name}(label_smoothing=0.1, class_weight=of 10 classes)"),
        (kind(0.1, np.array([1.0, 2.0])), f"{name}(label_smoothing=0.1, class_weight=1, 2)"),  # type: ignore[arg-type]
    ):
        assert str(loss) == text
        assert build_loss(describe_loss(loss)) == loss


def test_toml_and_model_files_hold_them(tmp_path) -> None:
    (tmp_path / "net.toml").write_text(
        "input_shape = [4]\n[loss]\ntype = 'LogSoftmaxNLL'\nlabel_smoothing = 0.1\nclass_weight = [0.5, 2, 3]\n"
        "[[layers]]\ntype = 'Linear'\nout_features = 3\n"
    )
    network = load_network(tmp_path / "net.toml")
    assert network.loss == LogSoftmaxNLL(0.1, C)
    network.save(tmp_path / "net.safetensors")
    assert load(tmp_path / "net.safetensors").loss == network.loss


@both
@pytest.mark.parametrize("wrong", [-0.1, 1.0, 1.5, np.nan, "a", None, True])
def test_wrong_smoothing(kind: type[SmoothedLoss], wrong: object) -> None:
    message = f"{kind.__name__}: label_smoothing is {wrong!r}; expected a number from 0 to below 1"
    with pytest.raises(NetworkError, match=exactly(message)):
        kind(wrong)  # type: ignore[arg-type]


@both
@pytest.mark.parametrize("wrong", [(1, -1), (1, 0), (1, np.nan), (1, np.inf), (), [[1, 2]], 2.0, "balanced", {0: 1}])
def test_wrong_weights(kind: type[SmoothedLoss], wrong: object) -> None:
    with pytest.raises(NetworkError, match=r"class_weight is .*; expected a number above 0 for each class"):
        kind(class_weight=wrong)  # type: ignore[arg-type]


@both
def test_as_many_weights_as_classes(kind: type[SmoothedLoss]) -> None:
    message = f"{kind.__name__}: class_weight has 2 numbers, but the network has 3 outputs; expected one for each class"
    with pytest.raises(NetworkError, match=exactly(message)):
        Network([Linear(3), Softmax()] if kind is NLL else [Linear(3)], 4, kind(class_weight=(1, 2)))


def test_knowing_nothing_costs_what_equal_chances_do() -> None:
    t = np.array([0, 1, 1, 2])
    for loss in (LogSoftmaxNLL(0.1), LogSoftmaxNLL(0.0, C), LogSoftmaxNLL(0.4, C)):
        counts = loss.counts(t)
        equal = loss.error(np.zeros((4, 3)), t).sum() / (4 if counts is None else counts.sum())
        assert loss.ignorance(t, (3,)) == pytest.approx(equal)
    network = Network([Linear(3)], 4, LogSoftmaxNLL(0.1, C))
    assert [each.ignorant for each in loss_range(network, DATA, Training())] == [pytest.approx(1.1, abs=0.1)]


def test_a_temperature_is_found_by_the_true_classes_alone() -> None:
    found = []
    for loss in (LogSoftmaxNLL(), LogSoftmaxNLL(0.3, C)):
        network = Network([Linear(3)], 4, loss)
        fit(network, DATA, Training(epochs=1))
        network.w[:] = np.linspace(-1, 1, network.size)
        found.append(calibrate(network, DATA))
    assert found[0] == found[1]
