"""What stands at the prompt: of every public object that holds much, a few lines that tell what matters."""

import inspect
from dataclasses import is_dataclass
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.base.showing import brief, short
from chainrule.checks.gradients import DirectionCheck, Entry, GradientCheck, direction_check, gradient_check
from chainrule.data import Dataset, mnist, stopping_distance
from chainrule.engine import execute
from chainrule.exchange.model_file import load_checkpoint
from chainrule.network.reference import Reference
from chainrule.regression.comparison import compare
from chainrule.tasks.fitting import History
from chainrule.training.objective import Batch
from examined import classes_of


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """An object of every kind, as large as users have them."""
    data, cars = mnist("train").head(300), stopping_distance()
    network = cr.preset("mnist").network()
    objects: list[Any] = [data, network, cars, network.graph, cr.Sequential([cr.Linear(3)] * 99), cr.preset("21mnist")]
    events: list[Any] = []
    small = cr.Network([cr.Linear(400), cr.ReLU(), cr.Linear(10)], (1, 28, 28), scaling=cr.Scaling(0.1, 0.3))
    stopping = cr.EarlyStopping(5)
    options: dict[str, Any] = {"engine": "reference", "validation": data.head(50)}
    history = cr.fit(small, data, cr.Training(epochs=12), listeners=[events.append, stopping], **options)
    objects += [
        history,
        *history.epochs,
        history.progress,
        events[0],
        *events[-3:],
        stopping,
        events[-1].progress.state,
    ]
    seen = cr.examine(small, data, "reference")
    objects += [seen, classes_of(seen), classes_of(seen).calibration, *seen.mistakes(1), seen.evaluation]
    line = cr.Network([cr.Linear(40)], (1, 28, 28), cr.SquaredError())
    values = cr.examine(line, Dataset(data.x, np.ones((300, 40))), "reference")
    objects += [values, values.regression, *values.mistakes(1)]
    objects += [
        cr.trace(network, data.x[:8], data.t[:8]),
        execute(network, "reference"),
        network.predictor("reference"),
    ]
    objects += [Batch(data.x, data.t, rows=np.arange(64)), cr.Standardise.of(data.x.reshape(300, -1) / 255)]
    x, t = cars.column("speed_mph"), cars.column("distance_ft")
    objects += [fit := cr.fit_polynomial(x, t, 9), fit.curve, compare(x, t, methods=["gd", "sgd"], epochs=3)]
    path = tmp_path_factory.mktemp("repr") / "model.safetensors"
    network.save(path)
    return [*objects, load_checkpoint(path), cr.check_layer(cr.Tanh(), 3)]


def test_everything_fits_into_a_few_lines(filled):
    for each in filled:
        text = repr(each)
        assert len(text) <= 1000, type(each)
        assert len(text.splitlines()) <= 10, type(each)
        assert type(each).__name__ in text


def test_whatever_can_hold_much_says_it_in_short():
    """A public class with a field of arrays, of a mapping or of a list does not have the `__repr__` that prints all."""
    public = [
        getattr(cr, name) for name in {*dir(cr), *(each for names in vars(cr)["ELSEWHERE"].values() for each in names)}
    ]
    for kind in filter(inspect.isclass, public):
        told = " ".join(map(str, inspect.get_annotations(kind).values()))
        if is_dataclass(kind) and any(word in told for word in ("ndarray", "list", "dict", "Mapping", "Progress")):
            assert not hasattr(kind.__repr__, "__wrapped__"), kind


def test_a_gradient_check_says_whether_it_passed():
    good = Entry(3, 1.5, 1.5, 0.25, False, False)
    assert repr(GradientCheck(40, good, 0, 0)) == "<GradientCheck passed: 40 entries, the worst at 0.25 of its bound>"
    bad = GradientCheck(40, Entry(3, 1.5, 2.5, 4e5, False, False), 0, 0)
    expected = "<GradientCheck FAILED: entry 3 of the gradient is 1.5 by back propagation, 2.5 by the loss>"
    assert repr(bad) == expected
    network = cr.Network([cr.Linear(2)], 3)
    batch = Batch(np.ones((2, 3)), np.array([0, 1]))
    objective = Reference(cr.Network([cr.Linear(2)], 3, dtype=np.float64))
    assert repr(gradient_check(objective, objective.network.w, batch)).startswith("<GradientCheck passed: 8 entries")
    check = direction_check(objective, objective.network.w, batch, 0)
    assert repr(check).startswith("<DirectionCheck passed: ")
    assert "FAILED" in repr(DirectionCheck(1.0, 2.0, 0.5, False))
    assert network.size == 8


def test_what_matters_is_told(filled):
    texts = {type(each).__name__: repr(each) for each in filled}
    assert texts["Trace"].startswith("<Trace of 8 samples through <Network (1, 28, 28) -> (10,): 10 layers")
    assert texts["History"].startswith("<History of 12 epochs, done, loss ")
    assert "; held out: loss" in texts["History"]
    assert texts["Dataset"].startswith("Dataset(x=uint8 of shape (300, 1, 28, 28), t=int64 of shape (300,)")
    assert "<Examination of 300 samples: " in texts["Examination"]
    assert texts["Classification"].startswith("<Classification of 300 samples of 10 classes: accuracy ")
    assert texts["PolynomialFit"].startswith("<PolynomialFit by gd: t = ")
    assert repr(History()) == "<History of 0 epochs, done>"


def test_short():
    assert short(np.arange(3)) == "[0, 1, 2]"
    assert short(np.zeros((5, 2))) == "float64 of shape (5, 2)"
    assert short([1, 2, 3, 4, 5]) == "[1, 2, 3, 4, ... 5 in all]"
    assert short({"a": np.zeros(9)}) == "{'a': float64 of shape (9,)}"
    assert short(("a", None)) == "('a', None)"
    assert len(short("x" * 1000)) < 100
    assert brief(cr.Sequential([cr.Tanh()])) == "Sequential(layers=(Tanh(),))"
