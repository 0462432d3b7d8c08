"""Where the first number that is not finite comes from: in the weights, an output, or a gradient."""

import numpy as np
import pytest

from chainrule import (
    SGD,
    BatchNormalisation,
    Dataset,
    DivergedError,
    Linear,
    Network,
    ReLU,
    SquaredError,
    Training,
    minimise,
)
from chainrule.engine import ENGINES, execute
from chainrule.network.reference import Reference
from chainrule.training.objective import Batch

X = np.ones((4, 3), np.float32)
BATCH = Batch(X, np.array([0, 1, 0, 1]))


def network() -> Network:
    return Network([Linear(4), ReLU(), Linear(2)], (3,), seed=1)


@pytest.mark.parametrize("name", ["fc1.w", "fc1.b", "fc2.w", "fc2.b"])
@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_in_a_parameter(name, wrong):
    spoilt = network()
    w = spoilt.w.copy()
    spoilt.named(w)[name].reshape(-1)[-1] = wrong
    found = Reference(spoilt).origin(w)
    layer, _, own = name.partition(".")
    assert found is not None
    assert (str(found), found.layer) == (f"the parameter {own} of {layer}", layer)
    assert Reference(spoilt).origin(spoilt.w) is None


@pytest.mark.parametrize("name", ["fc1", "fc2"])
def test_in_an_output(name):
    spoilt = network()
    w = spoilt.w.copy()
    spoilt.named(w)["fc1.w"][:] = 1
    spoilt.named(w)[f"{name}.w"][:] = 3e38
    assert str(Reference(spoilt).origin(w, BATCH)) == f"the output of {name}"
    assert Reference(spoilt).origin(spoilt.w, BATCH) is None


def test_in_a_gradient_and_by_a_weight():
    """y = w x is 1e20, w 1: the loss is too large for float32 and its derivative, 2 y times x, is so with a weight."""
    spoilt = Network([Linear(1)], (1,), loss=SquaredError())
    w = np.array([1.0, 0.0], np.float32)
    x, t = np.full((2, 1), 1e18, np.float32), np.zeros((2, 1))
    assert Reference(spoilt).origin(w, Batch(x, t)) is None
    heavy = Batch(x, t, sample_weight=np.array([1e30, 1.0]))
    found = Reference(spoilt).origin(w, heavy)
    assert found is not None
    assert (str(found), found.layer) == ("the gradient of fc1", "fc1")


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("step", [0, 1, 5, 70])
def test_a_run_says_at_which_step_and_changes_nothing_before(engine, step):
    """One sample a step; that of `step` is too large for a float32."""
    x = np.ones((80, 3), np.float32)
    x[step] = 3e38
    data = Dataset(x, np.arange(80) % 2)
    training = Training(SGD(0.01), epochs=2, batch_size=1, order="file")
    with pytest.raises(DivergedError, match=f"epoch 1, batch {step + 1} ") as raised:
        minimise(execute(network(), engine=engine), data, np.ones_like(network().w), training)
    assert (raised.value.epoch, raised.value.step, raised.value.layer) == (1, step + 1, "fc1")
    assert raised.value.lr == 0.01


def test_in_the_second_epoch():
    """A learning rate at which |w| grows by the same factor in each step: it leaves float32 at a known one."""
    fitted = Network([Linear(1)], (1,), loss=SquaredError())
    data = Dataset(np.ones((2, 1), np.float32), np.zeros((2, 1)))
    training = Training(SGD(1e12), epochs=10, batch_size=1, order="file")
    with pytest.raises(DivergedError) as raised:
        minimise(Reference(fitted), data, np.array([1.0, 0.0], np.float32), training)
    epoch, step = raised.value.epoch, raised.value.step
    assert step is not None
    assert (step > 1, epoch) == (True, (step + 1) // 2)


def test_all_batches_of_later_epochs_are_made_again():
    """Only the first sample of each epoch moves w; the other is 0."""
    fitted = Network([Linear(1, bias=False)], (1,), loss=SquaredError())
    data = Dataset(np.array([[1.0], [0.0]], np.float32), np.zeros((2, 1)))
    training = Training(SGD(1e12), epochs=10, batch_size=1, order="file")
    with pytest.raises(DivergedError) as raised:
        minimise(Reference(fitted), data, np.array([1.0], np.float32), training)
    assert raised.value.layer == "fc1"
    assert raised.value.epoch is not None
    assert raised.value.epoch > 2


def test_a_batch_that_only_training_cannot_normalise():
    """Its own mean is too large for float32; by the running statistics, as in evaluation, all would be finite."""
    spoilt = Network([BatchNormalisation(), Linear(2)], (1,))
    x = np.full((4, 1), 3e38, np.float32)
    assert np.isfinite(spoilt(x)).all()
    assert str(Reference(spoilt).origin(spoilt.w, Batch(x, np.array([0, 1, 0, 1])))) == "the output of bn1"
