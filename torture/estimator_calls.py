"""The estimators: made with parameters, fitted and asked, in a call that is right."""

from typing import Any

import numpy as np

import chainrule as cr
from torture import kinds as k
from torture import values as v
from torture.call import Call, call

DENSE = v.X.astype(np.float64)
FORMS = {name: form for name, form in k.FLOATS.items() if name not in ("float16", "long doubles")}
LABELED = {name: form for name, form in k.INTS.items() if name != "Python's objects"}
BAD_X = {"NaN in it": lambda: v.spoilt(np.nan), "infinite": lambda: v.spoilt(np.inf), "too few": lambda: v.X[:5]}
X = k.kind("ints beyond 64 bits", wrong=BAD_X, alike=FORMS)
BAD_LABELS = v.LENGTHS | {"labels NaN": lambda: v.T * np.nan, "values": lambda: v.T + 0.25}
LABELS = k.kind("texts", "dates", "a record", "a sparse matrix", wrong=BAD_LABELS, alike=LABELED)
VALUES = k.kind("ints beyond 64 bits", wrong=v.LENGTHS | {"values NaN": lambda: v.VALUES * np.nan}, alike=k.FLOATS)
WEIGHT = v.WEIGHT.but("a half", "beyond 64 bits")  # one for all
STATE = k.kind("zero", "None", "True")
NEURAL_LAYERS = k.kind(
    "a layer",
    "nothing in a list",
    wrong={"with a class": lambda: [cr.Linear], "with None": lambda: [None]},
    alike={"a tuple": tuple, "an array": np.array},
)
FLAG, SHARE, PATIENCE, TOLERANCE = (
    (k.FLAG, False),
    (k.FRACTION, 0.5),
    (k.MANY.but("infinity"), 3),
    (k.NOT_NEGATIVE, 1e-4),
)


def estimated(estimator: Any, y: tuple[k.Kind, Any], **parameters: tuple[k.Kind, Any]) -> Call:
    """A call that makes it, fits it and asks it."""

    def predictions(X: Any, y: Any, sample_weight: Any, **parameters: Any) -> Any:
        return estimator(**parameters).fit(X, y, sample_weight).predict(DENSE)

    rows = X.but("a sparse matrix") if estimator in (cr.MLPClassifier, cr.MLPRegressor) else X
    return call(predictions, X=(rows, DENSE), y=y, sample_weight=(WEIGHT, v.WEIGHTS), **parameters)


NEURAL: dict[str, Any] = {
    "layers": (NEURAL_LAYERS, lambda: [3]),
    "image_shape": (k.kind("None"), None),
    "standardise": (k.FLAG, True),
    "optimizer": (k.NAME, "sgd"),
    "learning_rate": (k.NOT_NEGATIVE, 0.1),
    "learning_rate_decay": (k.POSITIVE, 0.9),
    "schedule": (k.kind("None"), None),
    "clip_norm": (k.POSITIVE.but("None"), 1.0),
    "average": (k.FLAG.but("None"), True),
    "augmentation": (k.kind("None"), None),
    "alpha": (k.NOT_NEGATIVE, 0.1),
    "batch_size": (k.MANY, 3),
    "max_iter": (k.COUNT.but("beyond 64 bits"), 2),
    "tol": TOLERANCE,
    "n_iter_no_change": PATIENCE,
    "early_stopping": FLAG,
    "validation_fraction": SHARE,
    "warm_start": FLAG,
    "random_state": (STATE, 1),
    "threads": (v.THREADS, 1),
}
PERCEPTRON: dict[str, Any] = {
    "hidden_layer_sizes": (k.COUNT.but("nothing in a list"), 3),
    "activation": (k.NAME, "tanh"),
    "solver": (k.NAME, "sgd"),
    "alpha": (k.NOT_NEGATIVE, 0.1),
    "batch_size": (k.MANY, 3),
    "learning_rate": (k.NAME, "adaptive"),
    "learning_rate_init": (k.POSITIVE, 0.1),
    "power_t": (k.NOT_NEGATIVE.but("infinity"), 0.5),
    "max_iter": (k.COUNT.but("beyond 64 bits"), 2),
    "shuffle": FLAG,
    "random_state": (STATE, 1),
    "tol": (k.NOT_NEGATIVE.but("infinity"), 1e-4),
    "warm_start": FLAG,
    "momentum": (k.BELOW_1.but("one"), 0.5),
    "nesterovs_momentum": FLAG,
    "early_stopping": FLAG,
    "validation_fraction": (k.FRACTION.but("zero"), 0.5),
    "beta_1": (k.BELOW_1, 0.5),
    "beta_2": (k.BELOW_1, 0.5),
    "epsilon": (k.POSITIVE.but("infinity"), 0.1),
    "n_iter_no_change": PATIENCE,
    "max_fun": (k.MANY, 3),
}
ESTIMATORS = {
    "NeuralClassifier": estimated(cr.NeuralClassifier, (LABELS, v.T), label_smoothing=(k.BELOW_1, 0.1), **NEURAL),
    "NeuralRegressor": estimated(cr.NeuralRegressor, (VALUES, v.VALUES), loss=(k.NAME, "huber"), **NEURAL),
    "MLPClassifier": estimated(cr.MLPClassifier, (LABELS, v.T), **PERCEPTRON),
    "MLPRegressor": estimated(cr.MLPRegressor, (VALUES, v.VALUES), **PERCEPTRON),
    "PolynomialRegressor": estimated(
        cr.PolynomialRegressor, (VALUES, v.VALUES), degree=(k.COUNT_OR_0, 1), method=(k.NAME, "exact")
    ),
}
