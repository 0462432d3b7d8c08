"""What a network ends in, and what its loss takes: wrong pairs are refused, poor ones warned of, right ones not."""

import warnings

import numpy as np
import pytest

import chainrule as cr
from chainrule import (
    NLL,
    AbsoluteError,
    BinaryCrossEntropy,
    DataWarning,
    Huber,
    Linear,
    LogSoftmax,
    LogSoftmaxNLL,
    Network,
    NetworkError,
    ReLU,
    Residual,
    Sequential,
    Sigmoid,
    SigmoidBinaryCrossEntropy,
    Softmax,
    SquaredError,
    Tanh,
)
from chainrule.cli import run
from chainrule.exchange.description import build, describe
from chainrule.layers import Layer
from messages import exactly

SCORES, BOTH = SigmoidBinaryCrossEntropy(), BinaryCrossEntropy()
RIGHT = [
    (Linear(3), LogSoftmaxNLL()), (LogSoftmax(), LogSoftmaxNLL()), (Softmax(), NLL()), (Sigmoid(), BOTH),
    (Linear(3), SCORES), *((last, SquaredError()) for last in (Linear(3), Sigmoid(), ReLU(), Tanh())),
    (Linear(3), Huber()), (Linear(3), AbsoluteError()), (Linear(3), LogSoftmaxNLL(0.1)), (Softmax(), NLL(0.1)),
]  # fmt: skip
REFUSED = [
    (LogSoftmax(), NLL(), "LogSoftmaxNLL()"), (Linear(3), NLL(), "Softmax()"), (ReLU(), NLL(), "Softmax()"),
    (Tanh(), NLL(), "Softmax()"), (Sigmoid(), NLL(), "Softmax()"),
    (LogSoftmax(), BOTH, "Sigmoid()"), (Linear(3), BOTH, "SigmoidBinaryCrossEntropy()"),
    (Tanh(), BOTH, "Sigmoid()"), (ReLU(), BOTH, "Sigmoid()"),
    *((last, SCORES, "BinaryCrossEntropy()") for last in (Sigmoid(), Softmax(), LogSoftmax(), ReLU())),
]  # fmt: skip
WARNED = [
    (Softmax(), LogSoftmaxNLL(), "NLL()"), (Sigmoid(), LogSoftmaxNLL(), "NLL()"), (ReLU(), LogSoftmaxNLL(), "Linear"),
    (Tanh(), LogSoftmaxNLL(), "Linear"), (Tanh(), SCORES, "BinaryCrossEntropy()"), (Softmax(), BOTH, "NLL()"),
]  # fmt: skip


def wrappings(last):
    """The layer at the end of a network, alone and in containers."""
    return [Linear(3), last], [Sequential([Linear(3), Sequential([last])])], [Linear(3), Sequential([ReLU(), last])]


@pytest.mark.parametrize(("last", "loss"), RIGHT, ids=str)
def test_right_pairs_pass_without_a_word(last, loss):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for layers in wrappings(last):
            Network(layers, 4, loss)
        Network([Linear(3), Residual([last])], 4, loss)  # what a sum gives is anything


@pytest.mark.parametrize(("last", "loss", "named"), REFUSED, ids=str)
def test_wrong_pairs_are_refused_with_the_right_one(last, loss, named):
    for layers in wrappings(last):
        with pytest.raises(NetworkError) as refused:
            Network(layers, 4, loss)
        message = str(refused.value)
        assert message.startswith(f"{type(loss).__name__} takes ")
        assert f"the network ends in {last}" in message
        assert named in message.partition("; expected ")[2]


@pytest.mark.parametrize(("last", "loss", "named"), WARNED, ids=str)
def test_poor_pairs_are_warned_of(last, loss, named):
    for layers in wrappings(last):
        with pytest.warns(DataWarning) as warned:
            Network(layers, 4, loss)
        (only,) = warned
        assert str(only.message).startswith(f"{type(loss).__name__} takes ")
        assert f"the network ends in {last}" in str(only.message)
        assert named in str(only.message).partition("; expected ")[2]
        assert only.filename == __file__


def test_the_whole_line():
    expected = "expected Softmax() at its end, or the loss LogSoftmaxNLL() for a network that ends in scores"
    message = f"NLL takes probabilities, but the network ends in LogSoftmax() (-inf to 0); {expected}"
    with pytest.raises(NetworkError, match=exactly(message)):
        Network([Linear(3), LogSoftmax()], 4, NLL())
    with pytest.raises(NetworkError, match="a softmax of one number is 1"):
        Network([Linear(1), Softmax()], 4, BinaryCrossEntropy())


@pytest.mark.parametrize(
    ("ends", "right"),
    [(None, True), ((0.0, 1.0), True), ((0.2, 0.8), True), ((0.0, 1.5), False), ((-0.5, 1.0), False)],
)
def test_probabilities_lie_from_0_to_1(ends, right):
    """Of a layer that does not say where its values lie, anything is right."""
    last = type("Bounded", (Layer,), {"y_range": ends})()
    for loss in (NLL(), BinaryCrossEntropy()):
        if right:
            loss.check_ending(last, (3,))
            continue
        with pytest.raises(NetworkError, match=f"{type(loss).__name__} takes probabilities, but the network ends in"):
            loss.check_ending(last, (3,))


def test_a_softmax_before_the_loss_s_own_is_the_same_only_as_a_logarithm():
    rng = np.random.default_rng(0)
    x, t = rng.standard_normal((20, 4)), rng.integers(0, 3, 20)
    plain = Network([Linear(3)], 4, seed=1, dtype=np.float64)
    again = Network([Linear(3), LogSoftmax()], 4, seed=1, dtype=np.float64)
    a, b = cr.trace(plain, x, t), cr.trace(again, x, t)
    assert a.loss == pytest.approx(b.loss)
    np.testing.assert_allclose(a.gw["fc1.w"], b.gw["fc1.w"], atol=1e-12)


def test_a_description_is_checked_too(capsys, tmp_path):
    description = describe(Network([Linear(3), Softmax()], 4, NLL()))
    with pytest.raises(NetworkError, match="ends in Softmax"):
        build(description | {"loss": "SigmoidBinaryCrossEntropy"})
    layers = '[[layers]]\ntype = "Linear"\nout_features = 3\n[[layers]]\ntype = "LogSoftmax"\n'
    (tmp_path / "net.toml").write_text(f'input_shape = [4]\nloss = "NLL"\n{layers}')
    assert run(["info", "--network", str(tmp_path / "net.toml")]) == 2
    assert "expected Softmax() at its end, or the loss LogSoftmaxNLL()" in capsys.readouterr().err


def test_a_layer_of_ones_own_may_say_what_it_gives():
    class Squared(cr.Layer):
        """x^2."""

        y_range = 0.0, np.inf

        def forward(self, x, w, context):
            return x**2, x

        def backward(self, gy, saved, w, context):
            return 2 * gy * saved, {}

    with pytest.raises(NetworkError, match="ends in Squared"):
        Network([Linear(3), Squared()], 4, NLL())
