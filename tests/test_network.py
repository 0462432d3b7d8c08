import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.base.errors import DataError, NetworkError, UsageError
from chainrule.layers import Convolution, Dropout, Layer, Linear, MaxPooling, ReLU, Softmax
from chainrule.losses import NLL, SquaredError
from chainrule.network.network import Network
from chainrule.network.reference import Reference
from chainrule.network.scaling import Scaling
from chainrule.network.tracing import trace_at
from messages import exactly
from oracles import assert_agrees, normal, torch_network
from strategies import batches, drawn_cases, networks

seeds = st.integers(0, 2**64 - 1)


def small_network(**options) -> Network:
    """Two convolutions and two linear layers: (1, 6, 6) to 3 scores."""
    layers = [Convolution(2, 3), ReLU(), Convolution(3, 2), ReLU(), MaxPooling(), Linear(4), ReLU(), Linear(3)]
    return Network(layers, (1, 6, 6), **{"dtype": np.float64, **options})


# --- the chain rule


@drawn_cases
@given(data=st.data(), network=networks(), seed=seeds)
def test_agrees_with_pytorch(data: st.DataObject, network: Network, seed: int) -> None:
    batch = data.draw(batches(network))
    engine, out = Reference(network, seed), np.full(network.size, np.nan)
    found = trace_at(engine, network.w, batch)
    loss = engine.loss_and_gradient(network.w, batch, out)
    torch_loss, torch_y, torch_gx, torch_gw = torch_network(network, network.w, batch, seed)
    assert_agrees(np.array(loss), np.array(torch_loss))
    assert_agrees(found.x[-1], torch_y)
    assert_agrees(found.gx[0], torch_gx)
    assert_agrees(out, torch_gw)
    assert_agrees(np.concatenate([np.zeros(0), *(g.ravel() for g in found.gw.values())]), out, 1e-14)


# --- one vector w


def test_w_is_in_canonical_order() -> None:
    found = [(p.name, p.shape, p.slice, p.parameter.fan_in) for p in small_network().parameters]
    assert found == [
        ("conv1.w", (2, 1, 3, 3), slice(0, 18), 9),
        ("conv1.b", (2,), slice(18, 20), 9),
        ("conv2.w", (3, 2, 2, 2), slice(20, 44), 8),
        ("conv2.b", (3,), slice(44, 47), 8),
        ("fc1.w", (4, 3), slice(47, 59), 3),
        ("fc1.b", (4,), slice(59, 63), 3),
        ("fc2.w", (3, 4), slice(63, 75), 4),
        ("fc2.b", (3,), slice(75, 78), 4),
    ]
    assert small_network().size == 78


def test_named_views_write_through() -> None:
    network = small_network()
    network.named()["conv2.w"][1, 0, 1, 1] = 7
    assert network.w[20 + 8 + 3] == 7
    other = np.zeros(network.size)
    network.named(other)["fc2.b"][:] = 1
    assert np.flatnonzero(other).tolist() == [75, 76, 77]


def test_initial_parameters_are_uniform_within_the_root_of_fan_in() -> None:
    network = Network([Linear(100), Linear(50)], 400)
    for p in network.parameters:
        view, bound = p.view(network.w), 1 / np.sqrt(p.parameter.fan_in)
        assert np.abs(view).max() <= bound
        assert view.std() == pytest.approx(bound / np.sqrt(3), rel=0.2)
        assert abs(view.mean()) < 4 * bound / np.sqrt(3 * view.size)


def test_the_seed_alone_draws_the_initial_parameters() -> None:
    assert np.array_equal(small_network(seed=3).w, small_network(seed=3).w)
    assert not (small_network(seed=3).w == small_network(seed=4).w).any()


def test_no_two_parameters_are_drawn_alike() -> None:
    network = Network([Linear(4), Linear(4)], 4)
    assert len(np.unique(network.w)) == network.size


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_w_and_y_have_the_type_asked_for(dtype: type) -> None:
    network = small_network(dtype=dtype)
    assert {network.w.dtype, network(normal(2, 1, 6, 6)).dtype} == {np.dtype(dtype)}


def test_the_default_type_is_float32() -> None:
    assert Network([Linear(1)], 1).w.dtype == np.float32


def test_a_bad_seed() -> None:
    with pytest.raises(UsageError, match=exactly("the seed is -1; expected a whole number from 0 to 2**64 - 1")):
        small_network(seed=-1)


# --- what it is asked


def test_shapes_are_inferred() -> None:
    network = small_network()
    expected = [(1, 6, 6), (2, 4, 4), (2, 4, 4), (3, 3, 3), (3, 3, 3), (3, 1, 1), (4,), (4,), (3,)]
    assert network.shapes == expected
    assert (network.input_shape, network.output_shape) == ((1, 6, 6), (3,))


def test_it_is_the_composition_of_its_layers() -> None:
    network, x = Network([Linear(4), ReLU()], 3, SquaredError(), dtype=np.float64), normal(5, 3)
    w, b = network.named().values()
    assert_agrees(network(x), np.maximum(x @ w.T + b, 0), 1e-14)


@pytest.mark.parametrize("batch_size", [1, 2, 5, 100])
def test_the_batch_size_does_not_change_y(batch_size: int) -> None:
    network, x = small_network(), normal(5, 1, 6, 6)
    assert_agrees(network(x, batch_size), network(x), 1e-14)


def test_no_samples_give_no_outputs() -> None:
    assert small_network()(np.zeros((0, 1, 6, 6))).shape == (0, 3)


def test_rows_are_shaped_into_images() -> None:
    network, x = small_network(), normal(2, 1, 6, 6)
    assert np.array_equal(network(x.reshape(2, 36)), network(x))


def test_bytes_are_scaled() -> None:
    network = Network([ReLU()], 3, SquaredError(), scaling=Scaling(mean=0.2, std=0.4), dtype=np.float64)
    pixels = np.array([[0, 51, 255]], np.uint8)
    assert_agrees(network.prepare(pixels, np.dtype(np.float64)), np.array([[-0.5, 0.0, 2.0]]), 1e-15)


def test_without_a_scaling_bytes_become_0_to_1() -> None:
    prepared = small_network().prepare(np.full((1, 36), 255, np.uint8), np.dtype(np.float32))
    assert prepared.dtype == np.float32
    assert np.unique(prepared) == 1


def test_numbers_are_not_scaled() -> None:
    network, x = Network([ReLU()], 3, SquaredError(), scaling=Scaling(mean=0.2, std=0.4)), normal(2, 3)
    assert np.array_equal(network.prepare(x, np.dtype(np.float64)), x)
    assert network.prepare(np.array([[1, 2, 3]]), np.dtype(np.float32)).tolist() == [[1, 2, 3]]


@pytest.mark.parametrize("shape", [(1, 6, 6), (2, 2, 6, 6), (2, 1, 6, 5), (2, 35), (36,), ()])
def test_a_wrong_shape_of_x(shape: tuple[int, ...]) -> None:
    message = f"x has shape {shape}; expected (samples, 1, 6, 6)" if shape else "x is float64 of shape (); expected"
    with pytest.raises(DataError, match=rf"\A{re.escape(message)}"):
        small_network().prepare(np.zeros(shape), np.dtype(np.float64))


def test_a_classifier_predicts_probabilities_and_classes() -> None:
    network, x = small_network(), normal(5, 1, 6, 6)
    p = network.predict(x)
    assert_agrees(p.sum(axis=1), np.ones(5), 1e-14)
    assert network.classify(x).tolist() == p.argmax(axis=1).tolist() == network(x).argmax(axis=1).tolist()


def test_a_regression_predicts_values_and_has_no_classes() -> None:
    network, x = Network([Linear(2)], 3, SquaredError()), normal(4, 3)
    assert np.array_equal(network.predict(x), network(x))
    message = "a network trained by SquaredError has no classes; use predict"
    with pytest.raises(NetworkError, match=exactly(message)):
        network.classify(x)


def test_asking_drops_nothing_out() -> None:
    x = normal(2, 3)
    assert np.array_equal(Network([Dropout(0.5)], 3, SquaredError(), dtype=np.float64)(x), x)


# --- what is no network


@pytest.mark.parametrize(
    ("layers", "input_shape", "message"),
    [
        (
            [Convolution(2), ReLU(), MaxPooling(3)],
            (1, 4, 9),
            "layer 3, MaxPooling(3x3), cannot take input (2, 2, 7): "
            "MaxPooling: a 3x3 window on 2x7 pixels is impossible; at most 2x7 fits",
        ),
        (
            [Linear(5), Convolution(2)],
            (1, 4, 4),
            "layer 2, Convolution(2, 3x3), cannot take input (5,): "
            "Convolution takes an image (channels, height, width) or a signal (channels, length), "
            "but its input has shape (5,)",
        ),
        (
            [Convolution(2), Softmax()],
            (1, 4, 4),
            "layer 2, Softmax(), cannot take input (2, 2, 2): "
            "Softmax takes a vector (n,), but its input has shape (2, 2, 2); put a Linear before it",
        ),
        ([], 4, "the network has no layers; expected at least one"),
        ([Linear(3), "ReLU"], 4, "layer 2 is 'ReLU'; expected a layer, as in Linear(10)"),
        ([ReLU], 4, f"layer 1 is {ReLU!r}; expected a layer, as in Linear(10)"),
        (
            [Convolution(2)],
            (1, 4, 4),
            "LogSoftmaxNLL: the network's output has shape (2, 2, 2); "
            "expected one number for each class, (n,), as a Linear gives",
        ),
    ],
)  # fmt: skip
def test_an_impossible_network(layers: list[Layer], input_shape: tuple[int, ...], message: str) -> None:
    with pytest.raises(NetworkError, match=exactly(message)):
        Network(layers, input_shape)


@pytest.mark.parametrize("shape", [0, (), (0,), (28, 0), (1, 2, 3, 4), (1, 2.0, 3), (1, -2, 3), "abc"])
def test_an_impossible_input_shape(shape: tuple[int, ...]) -> None:
    expected = "expected (n,), (channels, length) or (channels, height, width), all above 0"
    message = f"the input shape is {shape!r}; {expected}"
    with pytest.raises(NetworkError, match=exactly(message)):
        Network([Linear(3)], shape)


@pytest.mark.parametrize("n", [np.int64(4), (np.int64(4),), [4], np.array([4])])
def test_an_input_shape_may_be_a_number_or_a_sequence_even_numpys(n: int) -> None:
    assert Network([Linear(3)], n).input_shape == (4,)


# --- how it prints

TABLE = """\
layer                          output shape  parameters  multiply-adds
----------------------------------------------------------------------
input                          1 x 6 x 6
Convolution(2, 3x3)            2 x 4 x 4             20            288
ReLU(derivative_at_zero=1)     2 x 4 x 4
Convolution(1, 2x2, stride=2)  1 x 2 x 2              9             32
MaxPooling(2x2)                1 x 1 x 1
Dropout(0.25)                  1 x 1 x 1
Linear(1000)                   1000               2,000          1,000
Softmax()                      1000
----------------------------------------------------------------------
loss: NLL()                                       2,029          1,320"""


def test_it_prints_as_a_table() -> None:
    layers = [
        Convolution(2), ReLU(derivative_at_zero=1), Convolution(1, 2, stride=2), MaxPooling(), Dropout(0.25),
        Linear(1000), Softmax(),
    ]  # fmt: skip
    text = str(Network(layers, (1, 6, 6), NLL()))
    assert [line.rstrip() for line in text.splitlines()] == TABLE.splitlines()


@pytest.mark.parametrize(("text", "shown"), [("x" * 38, "x" * 38), ("x" * 39, "x" * 35 + "...")], ids=["38", "39"])
def test_a_long_line_is_cut_to_38_letters(text: str, shown: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Linear, "__str__", lambda self: text)
    assert str(Network([Linear(2)], 3)).splitlines()[3].split() == [shown, "2", "8", "6"]


def test_its_repr_is_one_line() -> None:
    assert repr(small_network()) == "<Network (1, 6, 6) -> (3,): 8 layers, 78 parameters>"
