"""What every objective shares: the norm of a gradient, the parts of w that decay, settings as plain numbers."""

from dataclasses import replace

import numpy as np
import pytest

from chainrule import SGD, Adam, Convolution, Dataset, Dropout, Linear, Network, SquaredError, Training, minimise
from chainrule.base.errors import DataError, DivergedError, ModelError, NetworkError, UsageError
from chainrule.engine import ENGINES, execute
from chainrule.layers import BatchNormalisation, Layer
from chainrule.network.given import check_weights
from chainrule.network.reference import Reference
from chainrule.training.objective import Batch, runs
from chainrule.training.optimizers import State
from descents import Quadratic
from messages import exactly
from objectives import Function

REFERENCE = Reference(Network([Linear(1)], (1,), loss=SquaredError()))


@pytest.mark.parametrize(
    ("gradient", "norm"),
    [([3, 4], 5), ([0, 0], 0), ([3e30, 4e30], 5e30), ([3e-30, 4e-30], 0), ([np.inf, 0], np.inf), ([1, np.nan], np.nan)],
)
def test_the_norm_of_a_gradient(gradient, norm):
    """Squares beyond float32 are summed in float64; those that vanish in it are 0."""
    np.testing.assert_allclose(REFERENCE.norm(np.array(gradient, np.float32)), norm, rtol=1e-6)


@pytest.mark.parametrize(
    ("undecayed", "size", "parts"),
    [
        ([], 3, [(0, 3, True)]),
        ([], 0, [(0, 0, True)]),
        ([(0, 3)], 3, [(0, 3, False)]),
        ([(1, 2)], 3, [(0, 1, True), (1, 2, False), (2, 3, True)]),
        ([(4, 6), (0, 2)], 7, [(0, 2, False), (2, 4, True), (4, 6, False), (6, 7, True)]),
    ],
)
def test_the_parts_that_decay(undecayed, size, parts):
    found = runs([slice(*part) for part in undecayed], size)
    assert [(part.start, part.stop, decays) for part, decays in found] == parts


def test_settings_are_plain_numbers():
    whole = {"epochs": np.int64(3), "batch_size": np.int8(4), "lr_decay_every": np.int64(2), "seed": np.uint8(7)}
    kept = Training(lr_decay=np.float32(0.5), **whole)  # type: ignore[arg-type]
    assert (kept.epochs, kept.batch_size, kept.lr_decay, kept.lr_decay_every, kept.seed) == (3, 4, 0.5, 2, 7)
    for name in whole:
        assert type(getattr(kept, name)) is int
    assert type(kept.lr_decay) is float
    assert type(Dropout(np.float32(0.25)).p) is float  # type: ignore[arg-type]
    assert Training(batch_size=None).batch_size is None


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"draws": 3}, "draws is 3; expected a source of random words, or None"),
        ({"augmentation": 3}, "augmentation is 3; expected one, as in Augmentation"),
        ({"optimizer": "adam"}, "the optimizer is 'adam'; expected one, as in Adam"),
        ({"lr_decay": 0}, "lr_decay is 0; expected a number above 0"),
        ({"order": "sorted"}, "order is 'sorted'; expected"),
        ({"reduction": "max"}, "reduction is 'max'; expected"),
    ],
)
def test_settings_that_are_none(options, message):
    with pytest.raises(UsageError, match=message):
        Training(**options)


@pytest.mark.parametrize(
    ("place", "message"),
    [
        (0, "the objective is 3; expected one, as execute(network) is"),
        (1, "the data is 3; expected Dataset(x, t)"),
        (3, "the training is 3; expected Training(...)"),
    ],
)
def test_what_cannot_be_minimised_is_named(place, message):
    given = [REFERENCE, Dataset(np.ones((2, 1)), np.zeros(2)), np.zeros(2), Training()]
    given[place] = 3
    with pytest.raises(UsageError, match=exactly(message)):
        minimise(*given)


def test_a_step_takes_an_optimizer_and_its_state():
    w, batch = np.zeros(2, np.float32), Batch(np.ones((1, 1)), np.zeros(1))
    right = Adam().new_state(w)
    read_only = State(right.vectors.copy())
    read_only.vectors.flags.writeable = False
    for optimizer, state, message in (
        ("adam", right, "the optimizer is 'adam'; expected one, as in Adam(1e-3)"),
        (Adam(), 3, "the state is 3; expected one, as optimizer.new_state(w) gives"),
        (
            Adam(),
            read_only,
            "Adam's state is float32 of shape (2, 2), read-only; expected an array that can be written to",
        ),
        (SGD(), right, "SGD's state is float32 of shape (2, 2); expected float32 of shape (0, 2)"),
    ):
        with pytest.raises(UsageError, match=exactly(message)):
            REFERENCE.step(optimizer, w, batch, np.zeros_like(w), state=state)  # type: ignore[arg-type]


def test_kinks_are_asked_of_what_fits():
    w, batch = np.zeros(2, np.float32), Batch(np.ones((1, 1)), np.zeros(1))
    assert Function(np.sum, np.ones_like).kinks(w, batch) == Quadratic().kinks(w, batch) == []
    with pytest.raises(UsageError, match=exactly("w is float32 of shape (3,); expected floats of shape (2,)")):
        REFERENCE.kinks(np.zeros(3, np.float32), batch)
    with pytest.raises(DataError, match=exactly("1 samples, but targets of shape (2,); expected as many")):
        REFERENCE.kinks(w, replace(batch, t=np.zeros(2)))


@pytest.mark.parametrize("engine", ENGINES)
def test_samples_of_another_shape_are_refused_by_each_engine(engine):
    objective = execute(REFERENCE.network, engine, threads=1)
    w = objective.layout.pack(REFERENCE.network.w)
    for x in (np.ones((1, 2)), np.ones((1, 1, 2)), np.ones(1)):
        with pytest.raises(DataError, match=exactly(f"x has shape {x.shape}; expected (samples, 1)")):
            objective.loss(w, Batch(x, np.zeros(1)))


def test_weights_that_are_not_finite_are_named():
    network = Network([Linear(2), BatchNormalisation()], (1,), loss=SquaredError())
    check_weights(network)
    for vector, name in ((network.w, "fc1.w"), (network.statistics, "bn1.mean")):
        kept, vector[0] = vector[0], np.inf
        with pytest.raises(ModelError, match=exactly(f"{name} holds inf; expected finite numbers")):
            check_weights(network)
        vector[0] = kept


@pytest.mark.parametrize("k", [0, 1, 2])
def test_the_first_number_that_overflows_is_enough(k):
    """A w with one number that is not finite is found wherever that stands."""

    def gradient(w):
        return 1e10 * np.eye(3)[k]

    objective, data = Function(lambda w: 0.0, gradient), Dataset(np.ones((2, 1)), np.zeros(2))
    with pytest.raises(DivergedError, match=r"^w is not finite after epoch 1, batch 1"):
        minimise(objective, data, np.zeros(3), Training(SGD(1e308), epochs=1))


class Undeclared(Layer):
    """A layer whose parameters are in a list."""

    def parameters_for(self, x_shape):  # type: ignore[override]
        return ["w"]


def test_parameters_that_are_no_dict():
    with pytest.raises(NetworkError, match=r"parameters_for gave \['w'\]; expected a dict of Parameter by name"):
        Network([Undeclared()], (2,), loss=SquaredError())


def test_what_shares_memory_is_refused():
    memory = np.zeros(8, np.float32)
    w, gw, near = memory[:2], memory[2:4], memory[1:3]
    batch = Batch(np.ones((1, 1)), np.zeros(1))
    optimizer = Adam()
    state = optimizer.new_state(w)
    REFERENCE.update(optimizer, w, gw, replace(state, step=1))
    with pytest.raises(UsageError, match="w and gw share memory"):
        REFERENCE.update(optimizer, w, near, state)
    for names, of_w, of_gw in (("w and state", memory[4:6], gw), ("gw and state", w, memory[4:6])):
        with pytest.raises(UsageError, match=f"{names} share memory"):
            REFERENCE.update(optimizer, of_w, of_gw, State(memory[4:8].reshape(2, 2)))
    for names, out in (("gw and w", near), ("gw and x", memory[4:6])):
        with pytest.raises(UsageError, match=f"{names} share memory"):
            REFERENCE.loss_and_gradient(w, replace(batch, x=memory[4:5].reshape(1, 1)), out)


def test_outputs_of_another_shape_have_no_classes():
    network = Network([Linear(3)], (2,))
    assert network.most_probable(np.array([[0.0, 2.0, 1.0]])).tolist() == [1]
    with pytest.raises(DataError, match=r"y has shape \(1, 2\); expected \(samples, 3\)"):
        network.most_probable(np.ones((1, 2)))


@pytest.mark.parametrize(
    ("listeners", "message"),
    [(3, "the listeners are 3; expected a list"), ([print, 3], "a listener is 3; expected a function")],
)
def test_listeners_that_are_none(listeners, message):
    data = Dataset(np.ones((2, 1)), np.zeros(2))
    with pytest.raises(UsageError, match=message):
        minimise(REFERENCE, data, np.zeros(2, np.float32), Training(epochs=0), listeners=listeners)


@pytest.mark.parametrize("kind", [Linear, Convolution])
@pytest.mark.parametrize("name", ["initial_w", "initial_b"])
def test_a_beginning_that_nobody_knows(kind, name):
    with pytest.raises(NetworkError, match=f"{name} is 'luck'; expected"):
        kind(2, **{name: "luck"})


def test_the_numbers_of_an_optimizer_are_plain():
    kept = Adam(np.float32(0.5), beta1=np.float64(0.25))  # type: ignore[arg-type]
    assert (type(kept.lr), type(kept.beta1), kept.lr, kept.beta1) == (float, float, 0.5, 0.25)
