"""Arguments: what a public function is given is taken for what it is, or refused in a line that says what is right."""

import inspect
from dataclasses import replace
from typing import Any

import numpy as np
import pandas
import pytest
from scipy.sparse import csr_array
from torture.calls import CALLS

import chainrule
from chainrule import data, exchange, layers, losses
from chainrule.base.arrays import as_array, in_one_piece
from chainrule.engine import ENGINES, execute
from chainrule.training.events import EpochEvent
from messages import exactly

cr: Any = chainrule  # types are what is tried here
X = np.arange(12, dtype=np.float32).reshape(4, 3) / 8
T = np.array([0, 1, 2, 1])
OTHERS = {  # public, but not called with arguments of a user's, or called in another test's table
    *("Batch", "Objective", "Layer", "Loss", "Context", "Parameter", "Seen", "Table", "NLL", "LogSoftmaxNLL", "Tanh"),
    *("BinaryCrossEntropy", "SigmoidBinaryCrossEntropy", "Sigmoid", "Softmax", "LogSoftmax", "DataWarning"),
    *("SiLU", "Softplus", "Scale", "Flatten", "GlobalAveragePooling"),
    *("cache_folder", "write_atomically", "stopping_distance", "read_idx_folder"),
    *("read_digit", "read_digits", "read_seen"),  # files: tests/data/test_images.py
}


def network(**options: Any) -> Any:
    return cr.Network([cr.Linear(3)], 3, seed=1, **options)


def names(module: Any) -> set[str]:
    """Of what a module offers that can be called."""
    offered = {name: getattr(module, name) for name in dir(module) if not name.startswith("_")}
    ours = {name for name, each in offered.items() if getattr(each, "__module__", "").startswith("chainrule")}
    return {name for name in ours if callable(offered[name])}


@pytest.mark.parametrize("module", [chainrule, data, exchange, layers, losses], ids=lambda module: module.__name__)
def test_no_public_name_is_missing_from_the_table_of_calls(module):
    errors = {name for name in names(module) if inspect.isclass(getattr(module, name)) and name.endswith("Error")}
    assert names(module) - {name.partition(",")[0] for name in CALLS} - OTHERS - errors == set()


@pytest.mark.parametrize("name", CALLS)
def test_every_parameter_of_a_call_is_in_the_table(name):
    made, given = CALLS[name].made(), set(CALLS[name].arguments)
    parameters = inspect.signature(made).parameters
    named = {each.name for each in parameters.values() if each.kind not in (each.VAR_KEYWORD, each.VAR_POSITIONAL)}
    assert given <= named or len(named) < len(parameters)


A_THREAD: Any = {"threads": "a"}
WRONG = {  # what the issue tried, and what is said of it
    "Dataset of text": (lambda: cr.Dataset([["a"]], [0]), "x holds <U1; expected numbers"),
    "threads": (lambda: execute(network(), **A_THREAD), "threads is 'a'; expected a whole number of at least 1"),
    "optimizer": (lambda: cr.Training("adam"), "the optimizer is 'adam'; expected one, as in Adam(1e-3)"),
    "batch_size": (lambda: cr.Training(batch_size=0), "batch_size is 0; expected a whole number of at least 1"),
    "scaling": (lambda: cr.Scaling("a", 1), "scaling: mean is 'a'; expected a finite number"),
    "patience": (lambda: cr.EarlyStopping(1.5), "patience is 1.5; expected a whole number of at least 1"),
    "no scaling": (lambda: network(scaling=5), "the network's scaling is 5; expected one, as in Scaling()"),
    "text": (lambda: network().predictor("reference")([["a"] * 3]), "x holds <U1; expected numbers"),
    "dates": (lambda: network().predict(np.zeros((1, 3), "M8[s]")), "x holds datetime64[s]; expected numbers"),
    "complex": (lambda: network()(X + 0j), "x holds complex64; expected numbers"),
    "objects": (lambda: network()(np.full((1, 3), None)), "x holds objects (NoneType); expected numbers"),
    "masked": (lambda: network()(np.ma.masked_less(X, 1)), "x has masked values; expected none missing"),
    "masked in a list": (lambda: network()([*np.ma.masked_less(X, 1)]), "x has masked values; expected none missing"),
    "sparse": (lambda: network()(csr_array(X)), "x is a sparse csr_array; expected an array, as x.toarray() gives"),
    "a set": (lambda: cr.Dataset({1.5}, T), "x is set; expected an array of samples"),
    "a class": (
        lambda: network(loss=cr.NLL),
        "the network's loss is <class 'chainrule.losses.nll.NLL'>; expected one, as in NLL()",
    ),
    "large": (
        lambda: cr.Network([cr.Linear(1)], 10**18),
        "the input shape is (1000000000000000000,); expected at most",
    ),
    "a shape of thousands of digits": (
        lambda: cr.Network([cr.Linear(1)], 10**5000),
        "the input shape is (a number above 2**4096,); expected at most 2,147,483,648 numbers in all",
    ),
    "a layer of thousands of digits": (
        lambda: cr.Linear(10**5000),
        "Linear: out_features is a number above 2**4096; expected a smaller one",
    ),
    "a count of thousands of digits": (
        lambda: cr.Training(epochs=-(10**5000)),
        "epochs is a number below -2**4096; expected a whole number of at least 0",
    ),
    "weights": (
        lambda: cr.evaluate(network(), cr.Dataset(X, T, [1, -1, 1, 1]), "reference"),
        "sample_weight[1] holds -1.0; expected no negative weight",
    ),
    "no network": (
        lambda: cr.fit([cr.Linear(3)], cr.Dataset(X, T)),
        "the network is [Linear(out_features=3, initial_w='uniform'",
    ),
    "lines": (
        lambda: cr.Linear(np.eye(3)),
        "Linear: out_features is float64 of shape (3, 3); expected a whole number of at least 1",
    ),
}


@pytest.mark.parametrize(("ask", "message"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_said_in_a_line(ask, message):
    with pytest.raises(cr.ChainruleError) as raised:
        ask()
    assert str(raised.value).startswith(message)
    assert "\n" not in str(raised.value)


def test_what_is_like_an_array_becomes_one():
    plain = cr.Dataset(X, T, np.array([1.0, 2, 0.5, 1]))
    for given in (
        cr.Dataset(X.tolist(), T.tolist(), [1, 2, 0.5, 1]),
        cr.Dataset(pandas.DataFrame(X), pandas.Series(T), (1, 2, 0.5, 1)),
        cr.Dataset(memoryview(X.data), np.ma.MaskedArray(T), np.array([1, 2, 0.5, 1], np.float16)),
    ):
        assert given.x.tolist() == X.tolist()
        assert given.t.tolist() == T.tolist()
        assert cr.evaluate(network(), given, "reference") == cr.evaluate(network(), plain, "reference")


def test_numbers_of_numpy_are_numbers_and_do_not_overflow():
    training = cr.Training(cr.SGD(np.float32(0.5)), epochs=np.array(3), batch_size=np.uint8(2), seed=np.int64(1))
    assert training == cr.Training(cr.SGD(0.5), epochs=3, batch_size=2, seed=1)
    assert all(type(value) is int for value in (training.epochs, training.batch_size, training.seed))
    many = cr.Dataset(np.zeros((400, 3), np.float32), np.zeros(400, int))
    assert cr.evaluate(network(), many, "reference", np.uint8(200)).samples == 400
    assert cr.Linear(np.array(4)) == cr.Linear(4)


def test_a_mask_takes_the_samples_where_it_is_true():
    assert cr.Dataset(X, T).take(T == 1).t.tolist() == [1, 1]
    with pytest.raises(
        cr.DataError,
        match=exactly("the indices are bool of shape (3,); expected whole numbers, or a mask of 4 samples"),
    ):
        cr.Dataset(X, T).take(np.ones(3, bool))


BY_ACCURACY = cr.ReduceOnPlateau(monitor="accuracy")
REFUSED = {  # by `fit`
    "engine": {"engine": "abacus"},
    "threads": {"threads": "a"},
    "held out: classes": {"validation": cr.Dataset(X, T + 1)},
    "held out: halves": {"validation": cr.Dataset(X, T + 0.5)},
    "held out: shape": {"validation": cr.Dataset(X[:, :2], T)},
    "held out: weights": {"validation": cr.Dataset(X, T, 0.0 * T)},
    "stopping by accuracy": {"listeners": [cr.EarlyStopping(monitor="accuracy")]},
    "a schedule by accuracy": {"training": cr.Training(epochs=1, schedule=BY_ACCURACY)},
    "another one": {"training": cr.Training(epochs=1, schedule=cr.Warmup(2, then=BY_ACCURACY))},
}


@pytest.mark.parametrize("options", REFUSED.values(), ids=REFUSED)
@pytest.mark.parametrize("known", [False, True])
def test_a_fit_that_is_refused_leaves_the_network_as_it_was(options, known):
    untouched = cr.Network([cr.BatchNormalisation(), cr.Linear(3)], 3, seed=1)
    if known:
        cr.fit(untouched, cr.Dataset(X, T), cr.Training(epochs=1), engine="reference")
    w, statistics, schema = untouched.w.copy(), untouched.statistics.copy(), untouched.schema
    with pytest.raises(cr.ChainruleError):
        cr.fit(untouched, cr.Dataset(X, T), **{"engine": "reference", **options})
    np.testing.assert_array_equal(untouched.w, w)
    np.testing.assert_array_equal(untouched.statistics, statistics)
    assert untouched.schema is schema


def test_a_fit_that_ends_in_its_midst_knows_what_its_weights_were_trained_on():
    def end(event: Any) -> None:
        if isinstance(event, EpochEvent) and event.epoch == 1:
            raise cr.DataError("the data are gone")

    trained = network()
    w = trained.w.copy()
    with pytest.raises(cr.DataError, match="the data are gone"):
        cr.fit(trained, cr.Dataset(X, T), listeners=[end], engine="reference")
    assert not np.array_equal(trained.w, w)
    assert trained.schema is not None


@pytest.mark.heavy
@pytest.mark.parametrize("engine", ENGINES)
def test_arrays_that_share_memory_are_refused(engine):
    objective = execute(network(), engine, threads=1)
    room = np.zeros(2 * len(objective.layout.pack(objective.network.w)), np.float32)
    n = len(room) // 2
    w, gw, other = room[:n], room[n:], np.zeros(n, np.float32)
    batch, optimizer = cr.Batch(X, T), cr.SGD(0.1, 0.5)
    state = optimizer.new_state(w)
    assert np.isfinite(objective.loss_and_gradient(w, batch, gw))
    with pytest.raises(cr.UsageError, match="gw and w share memory; expected arrays of their own"):
        objective.loss_and_gradient(w, batch, w)
    with pytest.raises(cr.UsageError, match="share memory"):
        objective.update(optimizer, w, w, state)
    with pytest.raises(cr.UsageError, match="share memory"):
        objective.step(optimizer, w, batch, other, state=replace(state, vectors=w[None]))


@pytest.mark.parametrize("engine", ENGINES)
def test_what_a_masked_array_hides_is_not_computed_with(engine):
    objective = execute(network(), engine, threads=1)
    w, batch = objective.layout.pack(objective.network.w), cr.Batch(X, T)
    hidden, state = np.ma.MaskedArray(w, w == w[0]), cr.SGD(0.1).new_state(w)
    for ask in (
        lambda: objective.loss(hidden, batch),
        lambda: objective.outputs(hidden, X),
        lambda: objective.loss_and_gradient(w, batch, hidden),
        lambda: objective.norm(hidden),
        lambda: objective.update(cr.SGD(0.1), w, hidden, state),
        lambda: objective.step(cr.SGD(0.1), hidden, batch, np.zeros_like(w), state=state),
        lambda: network().named(hidden),
    ):
        with pytest.raises(cr.UsageError, match=rf"^g?w is float32 of shape \({len(w)},\), masked; expected "):
            ask()
    for wrong in (cr.Batch(np.ma.masked_less(X, 1), T), cr.Batch(X, np.ma.masked_less(T, 1))):
        with pytest.raises(cr.DataError, match=", masked; expected an array of"):
            objective.loss(w, wrong)


def test_one_piece():
    a = np.arange(6.0).reshape(2, 3)
    assert in_one_piece(a) is a
    for other in (np.asfortranarray(a), a[:, ::-1], a.astype(">f8"), a.astype(np.longdouble), a[:1].repeat(2, 0)[::2]):
        found = in_one_piece(other)
        assert found.flags.carray
        assert found.dtype == np.float64
        np.testing.assert_array_equal(found, other)


def test_the_door_does_not_copy_what_is_an_array():
    assert as_array(X, "x") is X
    assert as_array(X.view(np.matrix), "x").base is not None
    assert type(as_array(X.view(np.matrix), "x")) is np.ndarray
