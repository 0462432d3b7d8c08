"""Huber and the absolute error: by hand, beside PyTorch, in units, in files, exported, in both engines."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import onnxruntime
import pytest
from hypothesis import given
from hypothesis import strategies as st

import chainrule as cr
from chainrule import (
    AbsoluteError,
    Adam,
    Dataset,
    Huber,
    Linear,
    Network,
    SquaredError,
    Training,
    evaluate,
    examine,
    fit,
)
from chainrule.base.errors import DataWarning, NetworkError
from chainrule.exchange import to_onnx
from chainrule.exchange.description import build_loss, describe_loss
from chainrule.exchange.pytorch import from_pytorch, to_pytorch
from chainrule.losses.absolute_error import absolute_error, absolute_error_gradient
from chainrule.losses.huber import huber, huber_gradient
from chainrule.losses.regression import RegressionLoss
from messages import exactly
from oracles import check_loss, normal
from strategies import drawn_cases, sizes, small

every_kind = pytest.mark.parametrize("kind", [Huber, AbsoluteError])
X = normal(60, 4)
T = 1000 * X @ normal(4, 2, seed=1) + np.array([5e4, -1e3]) + normal(60, 2, seed=2)
DATA = Dataset(X, T)


def test_huber_by_hand() -> None:
    y, t = np.array([[3.0], [0.5], [-2.0], [1.0]]), np.array([0.0, 0.0, 1.0, 0.0])
    assert huber(y, t, 2.0).tolist() == [4.0, 0.125, 4.0, 0.5]
    assert huber_gradient(y, t, 2.0).tolist() == [[2.0], [0.5], [-2.0], [1.0]]
    assert huber(y, t).tolist() == [2.5, 0.125, 2.5, 0.5]


def test_the_absolute_error_by_hand() -> None:
    y, t = np.array([[3.0, 1.0], [-1.0, 0.5]]), np.array([[1.0, 1.0], [0.5, 0.0]])
    assert absolute_error(y, t).tolist() == [2.0, 2.0]
    assert absolute_error_gradient(y, t).tolist() == [[1, 0], [-1, 1]]


@drawn_cases
@given(samples=small, n=sizes, delta=st.sampled_from([0.1, 1.0, 5.0]))
def test_agrees_with_pytorch(samples: int, n: int, delta: float) -> None:
    for loss in (Huber(delta), AbsoluteError()):
        check_loss(loss, normal(samples, n), normal(samples, n, seed=1))
        check_loss(loss, normal(samples, 2, n, 3), normal(samples, 2, n, 3, seed=1))


@pytest.mark.parametrize("loss", [Huber(0.5), AbsoluteError()])
def test_a_far_error_is_infinite_and_its_derivative_finite(loss: RegressionLoss) -> None:
    y, t = np.array([[3e38]], np.float32), np.array([-3e38], np.float32)
    assert loss.error(y, t).tolist() == [np.inf]
    assert np.isfinite(loss.gradient(y, t)).all()
    assert np.isfinite(loss.error(y.astype(np.float64), t)).all()


@pytest.mark.parametrize("made", [Huber(0.5, mean=10.0, std=2.0), AbsoluteError(10.0, 2.0)])
def test_one_unit_for_all_by_hand(made: RegressionLoss) -> None:
    y, t = np.array([[1.0], [0.0]]), np.array([14.0, 9.0])
    assert made.learned(t, (1,)).reshape(-1).tolist() == [2.0, -0.5]
    assert made.error(y, t).tolist() == ([0.375, 0.125] if isinstance(made, Huber) else [1.0, 0.5])
    assert made.prediction(y).tolist() == [[12.0], [10.0]]


@every_kind
def test_units_are_found_checked_shown_and_kept(kind: type[RegressionLoss]) -> None:
    name = kind.__name__
    loss = kind.of(np.array([[1.0, 7.0], [5.0, 7.0]]))
    assert (loss.mean, loss.std) == ((3.0, 7.0), (2.0, 1.0))
    assert str(loss) == f"{name}(mean=3, 7, std=2, 1)"
    assert (str(kind()), str(kind(std=2))) == (f"{name}()", f"{name}(mean=0, std=2)")
    for each in (kind(), loss, kind(mean=2.0)):
        assert build_loss(describe_loss(each)) == each
    with pytest.raises(NetworkError, match=rf"{name}: mean has 2 numbers, but the network's output has \(3,\)"):
        Network([Linear(3)], 4, loss)
    with pytest.raises(NetworkError, match=f"{name}: std is 0"):
        kind(std=0)


def test_delta_is_the_first_option_and_checked() -> None:
    assert Huber(0.5) == Huber(delta=0.5) != Huber()
    assert str(Huber(0.25, std=2.0)) == "Huber(delta=0.25, mean=0, std=2)"
    assert Huber.of(T, 0.25).delta == 0.25
    assert build_loss(describe_loss(Huber.of(T, 0.25))) == Huber.of(T, 0.25)
    for wrong in (0, -1, np.nan, np.inf, "a", None, True, (1.0, 2.0)):
        with pytest.raises(NetworkError, match=exactly(f"Huber: delta is {wrong!r}; expected a number above 0")):
            Huber(wrong)  # type: ignore[arg-type]


def test_the_pieces_of_the_error_by_hand() -> None:
    """Between which a gradient check must not step: the two sides of t, or the two lines and what is between them."""
    y, t = np.array([[1.0], [2.0], [3.0], [4.0], [5.0]]), np.array([3.0] * 5)
    assert AbsoluteError().kinks(y, t).ravel().tolist() == [False, False, False, True, True]
    assert Huber(1.0).kinks(y, t).ravel().tolist() == [-1, 0, 0, 0, 1]
    assert Huber(0.5).kinks(y, t).ravel().tolist() == [-1, -1, 0, 1, 1]
    assert Huber(0.5, mean=3.0, std=2.0).kinks(y, 2 * t - 3).ravel().tolist() == [1, 1, 1, 1, 1]
    assert Huber(0.5).kinks(np.array([[0.0, 2.0, 0.4]]), np.array([1])).tolist() == [[0, 1, 0]]
    assert AbsoluteError().kinks(np.array([[0.0, 2.0, 1.0]]), np.array([1])).tolist() == [[False, True, True]]
    assert AbsoluteError(3.0, 2.0).kinks(y, 2 * t + 3).ravel().tolist() == [False, False, False, True, True]


def test_knowing_nothing_costs_what_the_median_does() -> None:
    t = np.array([1.0, 2.0, 9.0])
    assert AbsoluteError().ignorance(t, (1,)) == pytest.approx(8 / 3)
    assert AbsoluteError(0.0, 2.0).ignorance(t, (1,)) == pytest.approx(4 / 3)
    assert Huber(2.0).ignorance(t, (1,)) == pytest.approx((0.5 + 0 + 12) / 3)
    two = np.column_stack([t, 100 + t])  # each output by a median of its own
    assert AbsoluteError().ignorance(two, (2,)) == pytest.approx(16 / 3)


@pytest.mark.parametrize("loss", [Huber.of(T, 0.5), AbsoluteError.of(T)], ids=["Huber", "AbsoluteError"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_both_engines_learn_the_same_in_units_and_tell_its_errors(loss: RegressionLoss, dtype: type) -> None:
    found = []
    for engine in ("compiled", "reference"):
        network = Network([Linear(2)], 4, loss, dtype=dtype)
        fit(network, DATA, Training(Adam(0.05), epochs=40, batch_size=7), engine=engine)
        found.append(network.w)
        seen, examined = evaluate(network, DATA, engine), examine(network, DATA, engine)
        assert seen.accuracy is None
        assert seen.r2 is not None
        assert seen.r2 > 0.9
        assert examined.regression is not None
        assert examined.evaluation.rmse == pytest.approx(seen.rmse)
        assert np.abs(network.predict(X) - T).mean() == pytest.approx(examined.regression.mae.mean(), rel=1e-4)
    np.testing.assert_allclose(*found, atol=1e-3 if dtype == np.float32 else 1e-10)


@every_kind
def test_targets_far_from_1_are_doubted_by_the_loss_s_name(kind: type[RegressionLoss]) -> None:
    with pytest.warns(DataWarning, match=rf"far from 1: {kind.__name__}.of\(t\) as the network's loss"):
        fit(Network([Linear(2)], 4, kind()), DATA, Training(epochs=1))


@every_kind
def test_class_numbers_are_vectors(kind: type[RegressionLoss]) -> None:
    y, t = np.array([[0.1, 0.2, 0.6], [0.7, 0.2, 0.3]]), np.array([2, 0])
    assert np.array_equal(kind().error(y, t), kind().error(y, np.eye(3)[t]))
    network = Network([Linear(3)], 3, kind())
    fit(network, Dataset(np.eye(3)[[0, 1, 2] * 10], np.array([0, 1, 2] * 10)), Training(Adam(0.1), epochs=40))
    assert network.classify(np.eye(3)).tolist() == [0, 1, 2]


@pytest.mark.parametrize("loss", [Huber.of(T, 0.5), Huber(0.5, mean=(1.0, 2.0), std=3.0), AbsoluteError.of(T)], ids=str)
def test_exports_answer_in_the_target_s_unit(loss: RegressionLoss, tmp_path: Any) -> None:
    network = Network([Linear(2)], 4, loss)
    to_onnx(network, tmp_path / "a.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "a.onnx")
    x = X[:5].astype(np.float32)
    y: Any = session.run(None, {session.get_inputs()[0].name: x})[0]
    np.testing.assert_allclose(y, network.predict(x), rtol=1e-5)
    network.save(tmp_path / "a.safetensors")
    assert cr.load(tmp_path / "a.safetensors").loss == loss
    to_pytorch(network, tmp_path / "b.safetensors")
    back = from_pytorch(tmp_path / "b.safetensors", Network([Linear(2)], 4, replace(loss, mean=0.0, std=1.0)))
    np.testing.assert_allclose(back.predict(x), network.predict(x), rtol=1e-5)


def test_a_folded_huber_has_its_delta_in_the_target_s_unit_or_is_not_folded(tmp_path: Any) -> None:
    x, t, path = X[:9], T[:9] / 1e4, tmp_path / "c.safetensors"
    for loss, folded in ((Huber(0.5, std=3.0), True), (Huber(0.5, std=(3.0, 4.0)), False)):
        network = Network([Linear(2)], 4, loss)
        to_pytorch(network, path)
        back = from_pytorch(path, Network([Linear(2)], 4, Huber()))
        assert back.loss == (Huber(1.5) if folded else loss)
        factor = 9 if folded else 1
        assert evaluate(back, Dataset(x, t)).loss == pytest.approx(factor * evaluate(network, Dataset(x, t)).loss)


def test_units_of_a_file_are_taken_into_another_loss(tmp_path: Any) -> None:
    to_pytorch(Network([Linear(2)], 4, SquaredError.of(T)), tmp_path / "d.safetensors", fold=False)
    loss = from_pytorch(tmp_path / "d.safetensors", Network([Linear(2)], 4, Huber(0.5))).loss
    assert loss == Huber.of(T, 0.5)
    assert json.loads(json.dumps(describe_loss(loss)))["type"] == "Huber"
