import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tomli_w
from hypothesis import given

from chainrule import load
from chainrule.base.errors import DataError, NetworkError
from chainrule.data import chunks
from chainrule.exchange.description import build, describe
from chainrule.layers import Linear, Standardise
from chainrule.network.network import Network
from chainrule.network.scaling import Scaling
from messages import exactly
from oracles import EVALUATION, assert_agrees, check_layer, normal
from strategies import drawn_cases, sizes, small


def test_by_hand() -> None:
    layer = Standardise((1, -2), (2, 0.5))
    x = np.array([[1.0, -2.0], [5.0, -1.0]])
    y, saved = layer.forward(x, {}, EVALUATION)
    assert y.tolist() == [[0, 0], [2, 2]]
    gy = np.array([[1.0, 1.0], [3.0, 4.0]])
    assert layer.backward(gy, saved, {}, EVALUATION)[0].tolist() == [[0.5, 2], [1.5, 8]]


@drawn_cases
@given(samples=small, n=sizes)
def test_agrees_with_pytorch(samples: int, n: int) -> None:
    layer = Standardise(normal(n, seed=1).tolist(), np.exp(normal(n, seed=2)).tolist())
    check_layer(layer, normal(samples, n))
    check_layer(layer, normal(samples, n, 3, 4))


@pytest.mark.parametrize("shape", [(1000, 3), (50, 3, 4, 5)])
def test_of_data_gives_them_mean_0_and_std_1(shape: tuple[int, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "BYTES", 500)  # many parts
    x = 1e5 + np.arange(1, 4).reshape(-1, *[1] * (len(shape) - 2)) * normal(*shape)
    layer = Standardise.of(x)
    axes = (0, *range(2, len(shape)))
    assert_agrees(np.array(layer.mean), x.mean(axis=axes), 1e-14)
    assert_agrees(np.array(layer.std), x.std(axis=axes), 1e-12)
    y, _ = layer.forward(x, {}, EVALUATION)
    assert_agrees(y.mean(axis=axes), np.zeros(3), 1e-9)
    assert_agrees(y.std(axis=axes), np.ones(3), 1e-9)


@pytest.mark.parametrize("dtype", ["?", "i1", "i8", ">f4", "f2"])
def test_of_numbers_of_any_type(dtype: str) -> None:
    x = np.array([[0, 1], [1, 1], [1, 0]]).astype(dtype)
    layer = Standardise.of(np.asfortranarray(x))
    assert_agrees(np.array(layer.mean), np.array([2 / 3, 2 / 3]), 1e-15)
    assert_agrees(np.array(layer.std), np.full(2, np.sqrt(2) / 3), 1e-15)


def test_of_bytes_fits_what_a_network_makes_of_them() -> None:
    x = np.random.default_rng(0).integers(0, 256, (20, 2, 4, 4), np.uint8)
    layer = Standardise.of(x)
    y = Network([layer, Linear(2)], (2, 4, 4), dtype=np.float64).prepare(x, np.dtype(np.float64))
    assert_agrees(layer.forward(y, {}, EVALUATION)[0].std(axis=(0, 2, 3)), np.ones(2), 1e-12)
    assert_agrees(np.array(layer.mean), Scaling().table(np.dtype(np.float64))[x].mean(axis=(0, 2, 3)), 1e-15)


def test_a_feature_without_change_gets_std_1() -> None:
    x = np.zeros((1000, 4))
    x[:, 0] = 0.1  # its mean is not exactly 0.1
    x[:, 1] = 1e9 + np.arange(1000) % 2  # no change that float32 could hold
    x[:, 2] = np.arange(1000) * 1e-42  # nor this
    x[:, 3] = np.arange(1000) % 2 * 1e-30
    layer = Standardise.of(x)
    assert layer.std[:3] == (1, 1, 1)
    assert layer.std[3] == pytest.approx(5e-31)


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.zeros(3), "x has shape (3,); expected (samples, features) or (samples, c, i, j), none of them 0"),
        (np.zeros((0, 3)), "x has shape (0, 3); expected (samples, features) or (samples, c, i, j), none of them 0"),
        (np.array([[0, np.nan]]), "the mean of x[:, 1] is nan, its std nan; expected finite numbers"),
        (np.array([[0, 1e300], [0, -1e300]]), "the mean of x[:, 1] is 0.0, its std inf; expected finite numbers"),
        (np.array([[[1e300, -1e300]]]), "the mean of x[:, 0] is 0.0, its std nan; expected finite numbers"),
        (np.array([[[1.0, np.inf]]]), "the mean of x[:, 0] is inf, its std nan; expected finite numbers"),
    ],
)
def test_data_without_moments(x: np.ndarray, message: str) -> None:
    with pytest.raises(DataError, match=exactly(message)):
        Standardise.of(x)


@pytest.mark.parametrize(
    ("mean", "std", "message"),
    [
        ([0], [1, 2], "Standardise: 1 means but 2 stds; expected as many"),
        ([0, 0], [1, 0], "Standardise: std[1] is 0.0; expected a number above 0"),
        ([0, np.nan], [1, 1], "Standardise: mean[1] is nan; expected a finite number"),
        ([0], [np.inf], "Standardise: std[0] is inf; expected a finite number"),
        (0, 1, "Standardise: mean is 0; expected a list of numbers, one a feature"),
        ([], [], "Standardise: mean is []; expected a list of numbers, one a feature"),
        (["a"], [1], "Standardise: mean is ['a']; expected a list of numbers, one a feature"),
        ([[1], [1, 2]], [1], "Standardise: mean is [[1], [1, 2]]; expected a list of numbers, one a feature"),
    ],
)
def test_what_is_no_mean_or_std(mean: Any, std: Any, message: str) -> None:
    with pytest.raises(NetworkError, match=exactly(message)):
        Standardise(mean, std)


def test_the_input_must_have_as_many_features() -> None:
    layer = Standardise((0, 0), (1, 1))
    for shape, told in (((3,), "3 features"), ((1, 2, 2), "1 channels"), ((3, 7), "3 channels")):
        with pytest.raises(NetworkError, match=exactly(f"Standardise has 2 means, but its input has {told}")):
            layer.y_shape(shape)


def test_it_is_printed_in_few_words() -> None:
    assert str(Standardise((1 / 3, 200), (1, 2))) == "Standardise(mean=[0.3333, 200], std=[1, 2])"
    assert str(Standardise((1, 2, 3, 4), (1, 1, 1, 1))) == "Standardise(mean=[1, 2, 3, 4], std=[1, 1, 1, 1])"
    assert str(Standardise((1, 2, 3, 4, 5), (1, 1, 1, 1, 1))) == "Standardise(5 features)"
    many = Standardise.of(normal(10, 500))
    assert str(many) == repr(many) == "Standardise(500 features)"


def test_it_survives_descriptions_and_files_to_the_last_bit(tmp_path: Path) -> None:
    layer = Standardise.of(normal(10, 7))
    network = Network([layer, Linear(2)], 7)
    assert build(tomllib.loads(tomli_w.dumps(describe(network)))).layers[0] == layer
    network.save(tmp_path / "model.safetensors")
    assert load(tmp_path / "model.safetensors").layers[0] == layer
