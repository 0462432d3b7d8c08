"""An estimator that is fitted again, and refused: it answers as before, and by its own classes."""

from typing import Any

import numpy as np
import pytest

import chainrule as cr

X = np.random.default_rng(0).normal(size=(60, 3))
NAMES, OTHERS = np.array(["a", "b", "c"])[np.arange(60) % 3], np.array(["p", "q", "r"])[np.arange(60) % 3]
CLASSIFIERS: dict[str, Any] = {
    "NeuralClassifier": lambda **options: cr.NeuralClassifier((4,), max_iter=2, random_state=0, **options),
    "MLPClassifier": lambda **options: cr.MLPClassifier((4,), max_iter=2, random_state=0, **options),
}
WRONG: dict[str, tuple[dict[str, Any], Any]] = {  # parameters, and the weights of samples
    "batch_size": ({"batch_size": -1}, None),
    "weights": ({}, np.zeros(60)),
    "early stopping": ({"early_stopping": True, "validation_fraction": 0.001}, None),
}


def attributes(model: Any) -> dict[str, Any]:
    """What it says of itself."""
    return {name: value for name, value in vars(model).items() if name not in model.get_params()}


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("name", CLASSIFIERS)
def test_a_fit_that_is_refused_leaves_what_there_was(name: str, wrong: str) -> None:
    model, (parameters, weight) = CLASSIFIERS[name](), WRONG[wrong]
    model.fit(X, NAMES)
    said, before = model.predict(X), attributes(model)
    with pytest.raises(ValueError, match=r"batch_size|weights|validation_fraction|hold|test_size"):
        model.set_params(**parameters).fit(np.hstack([X, X]), OTHERS, weight)
    assert model.predict(X).tolist() == said.tolist()
    assert model.n_features_in_ == 3
    assert {key: id(value) for key, value in attributes(model).items()} == {k: id(v) for k, v in before.items()}


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("name", CLASSIFIERS)
def test_a_first_fit_that_is_refused_leaves_nothing(name: str) -> None:
    model = CLASSIFIERS[name](batch_size=-1)
    for ask in (lambda: model.fit(X, NAMES), lambda: model.partial_fit(X, NAMES, classes=["a", "b", "c", "d"])):
        with pytest.raises(ValueError, match="batch_size is -1"):
            ask()
        assert attributes(model) == {}


def test_a_part_that_is_refused_was_not_seen() -> None:
    models = [cr.NeuralRegressor((4,), random_state=0) for _ in range(2)]
    for model in models:
        model.partial_fit(X, X[:, 0])
    with pytest.raises(ValueError, match="batch_size is -1"):
        models[0].set_params(batch_size=-1).partial_fit(5 + X, 9 * X[:, 1])
    models[0].set_params(batch_size="auto")
    first, second = (model.partial_fit(X, X[:, 0]).predict(X) for model in models)
    np.testing.assert_array_equal(first, second)


def test_a_polynomial_that_is_refused_leaves_the_one_before() -> None:
    model = cr.PolynomialRegressor(2).fit(X, X[:, 0])
    said = model.predict(X)
    with pytest.raises(ValueError, match=r"weight|zero"):
        model.set_params(degree=3).fit(X, X[:, 1], np.zeros(60))
    np.testing.assert_array_equal(model.predict(X), said)
