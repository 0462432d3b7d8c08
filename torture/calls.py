<<<<<<< HEAD
"""The public callables, each with a call that is right."""

=======
"""What of the Python API users call: with a call that is right, and of which kind each argument is."""

import tempfile
from collections.abc import Callable
>>>>>>> 0b814f7 (Torture: a table of the public functions, their arguments' kinds, and the campaign of bad arguments)
from functools import partial
from inspect import isfunction
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import chainrule as cr
from chainrule import data, exchange
from chainrule.checks.gradients import direction_check
from chainrule.engine import execute
from chainrule.network.scaling import scaling_of
from chainrule.regression.comparison import compare
from chainrule.regression.descent import Descent
from torture import kinds as k
from torture import values as v

<<<<<<< HEAD
INITIAL = (NAME, "uniform")
LR = (NOT_NEGATIVE, 0.1)
FIT = {
    "network": (NETWORK, network),
    "data": (DATA, dataset),
    "training": (TRAINING, lambda: cr.Training(cr.SGD(0.1), epochs=1)),
    "validation": (VALIDATION, dataset),
    "listeners": (LISTENERS, lambda: [lambda event: None]),
    "progress": (FLAG.but("None"), False),
    "engine": (ENGINE, "reference"),
    "threads": (THREADS, 1),
}
OF_DATA = {"x": (X_GIVEN, X), "t": (INTS_GIVEN := kind("dates", wrong=BAD_LENGTHS), T)}
TEXTS = kind(
    "None",
    "nothing in a list",
    "texts",
    "a table of none",
    wrong={"numbers": lambda: [1, 2, 3]},
    alike=[("a list", list)],
)

=======
>>>>>>> 0b814f7 (Torture: a table of the public functions, their arguments' kinds, and the campaign of bad arguments)

class Call(NamedTuple):
    """A public callable, and its arguments by name: the kind of each, and a right value or a function that makes one."""

    made: Callable[[], Callable[..., Any]]
    arguments: dict[str, tuple[k.Kind, Any]]

    def right(self) -> dict[str, Any]:
        """Right arguments that nobody else has."""
        found = {name: value() if isfunction(value) else value for name, (_, value) in self.arguments.items()}
        return {name: each.copy() if isinstance(each, np.ndarray) else each for name, each in found.items()}


def call(made: Callable[..., Any], **arguments: tuple[k.Kind, Any]) -> Call:
    """Of a function or class."""
    return Call(lambda: made, arguments)


def asked(of: Callable[[], Any], method: str = "__call__", **arguments: tuple[k.Kind, Any]) -> Call:
    """Of a method of what a function makes."""
    return Call(lambda: getattr(of(), method), arguments)


def trained(network: cr.Network, data: cr.Dataset, training: Any, **how: Any) -> np.ndarray:
    """w after `fit`."""
    cr.fit(network, data, training, **how)
    return network.w


<<<<<<< HEAD
CALLS = {
    "Linear": call(cr.Linear, out_features=(COUNT.but("beyond 64 bits"), 5), initial_w=INITIAL, initial_b=INITIAL),
    "Convolution": call(
        cr.Convolution,
        out_channels=(COUNT.but("beyond 64 bits"), 2),
        kernel_size=(COUNT.but("beyond 64 bits"), 3),
        stride=(COUNT.but("beyond 64 bits"), 1),
        padding=(COUNT_OR_0.but("beyond 64 bits"), 1),
        initial_w=INITIAL,
        initial_b=INITIAL,
    ),
    "MaxPooling": call(
        cr.MaxPooling, size=(COUNT.but("beyond 64 bits"), 2), stride=(COUNT_OR_0.but("beyond 64 bits"), 2)
    ),
    "AveragePooling": call(
        cr.AveragePooling, size=(COUNT.but("beyond 64 bits"), 2), stride=(COUNT_OR_0.but("beyond 64 bits"), 2)
    ),
    "Dropout": call(cr.Dropout, p=(BELOW_1, 0.25)),
    "ReLU": call(cr.ReLU, derivative_at_zero=(COUNT_OR_0, 1)),
    "Standardise": call(cr.Standardise, mean=(ROW, np.arange(4.0)), std=(ROW, np.arange(1, 5.0))),
    "Standardise.of": call(
        cr.Standardise.of,
        x=(
            kind("five axes", wrong={"of one axis": lambda: X[0], "NaN": lambda: spoilt(np.nan)}, alike=FLOATS.items()),
            X,
        ),
    ),
    "Sequential": call(cr.Sequential, layers=(LAYERS, lambda: [cr.Linear(3), cr.Tanh()])),
    "Residual": call(
        cr.Residual,
        layers=(LAYERS, lambda: [cr.Linear(3), cr.Tanh()]),
        shortcut=(SHORTCUT.but(), lambda: [cr.Linear(3)]),
    ),
    "register": call(cr.register, kind=(kind("a class"), cr.Tanh)),
    "SquaredError": call(cr.SquaredError, mean=(UNIT, 0.5), std=(STD, 2.0)),
    "SquaredError.of": call(
        cr.SquaredError.of,
        t=(
            kind(
                "zero rows",
                "five axes",
                wrong={"NaN": lambda: VALUES * np.nan, "infinite": lambda: VALUES + np.inf},
                alike=FLOATS.items(),
            ),
            VALUES,
        ),
    ),
    "Scaling": call(cr.Scaling, mean=(REAL, 0.5), std=(POSITIVE, 0.25)),
    "scaling_of": call(scaling_of, data=(kind(wrong={"floats": dataset}), lambda: cr.Dataset(PICTURES, T))),
    "Network": call(
        cr.Network,
        layers=(LAYERS, lambda: [cr.Linear(5), cr.Tanh(), cr.Linear(3)]),
        input_shape=(SHAPE, 4),
        loss=(LOSS, cr.LogSoftmaxNLL()),
        scaling=(SCALING, cr.Scaling(0.5, 0.5)),
        seed=(SEED, 3),
        dtype=(DTYPE, np.float32),
    ),
    "Network.__call__": asked(network, x=(X_ASKED, X), batch_size=(MANY, 2)),
    "Network.predict": asked(method(network, "predict"), x=(X_ASKED, X)),
    "Network.predict, fitted": asked(method(fitted, "predict"), x=(X_ASKED.but("five axes"), X)),
    "Network.classify": asked(method(network, "classify"), x=(X_ASKED, X)),
    "Network.answers": asked(
        method(fitted, "answers"),
        inputs=(X_ASKED.but("five axes", "text", "texts"), X),
        threshold=(kind("zero", "a half", alike=SCALARS), 0.5),
        as_is=(FLAG, False),
        many=(FLAG, False),
        missing=(NAME.but("None"), None),
        classes=(TEXTS, None),
    ),
    "Network.predictor": asked(
        method(network, "predictor"), engine=(ENGINE, "reference"), threads=(THREADS, 1), batch_size=(MANY, 2)
    ),
    "Network.initial_weights": asked(method(network, "initial_weights"), seed=(SEED, 1)),
    "Network.named": asked(method(network, "named"), w=(VIEWED, lambda: network().w)),
    "Network.most_probable": asked(
        method(network, "most_probable"), y=(kind("a table of none", alike=FLOATS.items()), X[:, :3])
    ),
    "Predictor.__call__": asked(lambda: network().predictor("reference"), x=(X_ASKED, X)),
    "Predictor.classify": asked(lambda: network().predictor("reference").classify, x=(X_ASKED, X)),
    "Predictor.outputs": asked(lambda: network().predictor("reference").outputs, x=(X_ASKED, X)),
    "Predictor.outputs, compiled": asked(lambda: network().predictor(threads=1).outputs, x=(X_ASKED, X)),
    "Dataset": call(
        cr.Dataset,
        x=(X_GIVEN, X),
        t=(kind("five axes", wrong=BAD_LENGTHS, alike=INTS.items()), T),
        sample_weight=(WEIGHT_GIVEN, WEIGHTS),
        classes=(TEXTS, ("a", "b", "c")),
        columns=(TEXTS, ("a", "b", "c", "d")),
        target=(ANY_TEXT.but("None"), "kind"),
        white=(POSITIVE, 255.0),
    ),
    "Dataset.take": asked(
        method(dataset, "take"),
        indices=(
            kind(
                "nothing in a list",
                wrong={"out of range": lambda: [7], "halves": lambda: [0.5]},
                alike=[("a list", list), ("a tuple", tuple), ("int16", lambda i: i.astype("i2"))],
            ),
            np.array([2, 0]),
        ),
    ),
    "Dataset.head": asked(method(dataset, "head"), n=(COUNT_OR_0.but("None"), 3)),
    "Dataset.split": asked(method(dataset, "split"), fraction=(FRACTION, 0.5)),
    "as_dataset": call(
        data.as_dataset,
        x=(X_GIVEN, X),
        t=(kind("texts", "five axes", wrong=BAD_LENGTHS, alike=INTS.items()), T),
        sample_weight=(WEIGHT_GIVEN, WEIGHTS),
        classes=(TEXTS, None),
        regression=(FLAG.but("None"), False),
    ),
    "hold_out": call(
        data.hold_out,
        t=(kind("nothing in a list", "a table of none", "texts", "five axes", alike=INTS.items()), T),
        fraction=(FRACTION, 0.5),
        seed=(SEED, 1),
    ),
    "prepare_digit": call(
        data.prepare_digit,
        grey=(
            kind(wrong={"of one axis": lambda: X[0], "NaN": lambda: spoilt(np.nan)}),
            lambda: np.pad(np.full((9, 3), 200, np.uint8), 9),
        ),
    ),
    "mnist": call(data.mnist, split=(NAME, "test")),
    "SGD": call(cr.SGD, lr=LR, momentum=(BELOW_1, 0.5), weight_decay=(NOT_NEGATIVE, 0.1)),
    "AdaDelta": call(cr.AdaDelta, lr=LR, rho=(BELOW_1, 0.5), eps=(NOT_NEGATIVE, 0.1), weight_decay=(NOT_NEGATIVE, 0.1)),
    "Adam": call(
        cr.Adam,
        lr=LR,
        beta1=(BELOW_1, 0.5),
        beta2=(BELOW_1, 0.5),
        eps=(NOT_NEGATIVE, 0.1),
        weight_decay=(NOT_NEGATIVE, 0.1),
    ),
    "Training": call(
        cr.Training,
        optimizer=(OPTIMIZER, cr.Adam()),
        epochs=(COUNT_OR_0.but("beyond 64 bits"), 3),
        batch_size=(MANY.but("None"), 4),
        order=(NAME, "file"),
        reduction=(NAME, "sum"),
        lr_decay=(POSITIVE, 0.5),
        lr_decay_every=(MANY, 2),
        seed=(SEED, 1),
        augmentation=(kind("None", "a function", "a class", "a layer"), lambda: Augmentation(1)),
        draws=(kind("None"), None),
    ),
    "EarlyStopping": call(
        cr.EarlyStopping,
        patience=(MANY.but("infinity"), 3),
        min_delta=(NOT_NEGATIVE, 0.5),
        monitor=(NAME, "accuracy"),
        restore_best=(FLAG, False),
    ),
    "minimise": call(
        cr.minimise,
        objective=(OBJECTIVE, execution),
        data=(DATA, dataset),
        w=(START, lambda: network().w),
        training=(kind(wrong=TRAINING.wrong), lambda: cr.Training(cr.SGD(0.1), epochs=1)),
        listeners=(LISTENERS, lambda: [lambda event: None]),
    ),
    "fit": call(fit_and_w, **FIT),
    "evaluate": call(
        cr.evaluate,
        network=(NETWORK, network),
        data=(DATA.but(), dataset),
        engine=(ENGINE, "reference"),
        batch_size=(MANY, 2),
        threads=(THREADS, 1),
    ),
    "examine": call(
        cr.examine,
        network=(NETWORK, network),
        data=(DATA.but(), dataset),
        engine=(ENGINE, "reference"),
        classes=(TEXTS, ("a", "b", "c")),
        batch_size=(MANY, 2),
        threads=(THREADS, 1),
    ),
    "calibrate": call(
        cr.calibrate,
        network=(NETWORK, fitted),
        data=(DATA.but(), dataset),
        engine=(ENGINE, "reference"),
        called=(ANY_TEXT, "some"),
    ),
    "training_for": call(
        cr.training_for, network=(NETWORK, network), data=(kind(), dataset), training=(TRAINING, cr.Training())
    ),
    "network_for": call(
        cr.network_for,
        data=(
            kind(
                wrong={
                    k: v
                    for k, v in DATA.wrong.items()
                    if "label" not in k and k not in ("x too wide", "x of pictures", "no weight")
                }
            ),
            dataset,
        ),
        preset=(NAME.but("None"), "mlp"),
        seed=(SEED, 1),
    ),
    "preset": call(cr.preset, name=(NAME, "mlp")),
    "trace": call(
        cr.trace,
        network=(NETWORK, network),
        x=(X_ASKED, X),
        t=(LABELS, T),
        seed=(SEED, 1),
        step=(COUNT_OR_0.but("beyond 64 bits"), 0),
    ),
    "gradient_check": call(
        cr.gradient_check,
        objective=(OBJECTIVE, execution),
        w=(START, lambda: network().w),
        batch=(BATCH, batch),
        entries=(
            kind("None", "a generator", wrong={"out of range": lambda: [4000], "negative": lambda: [-5000]}),
            lambda: [0, 5],
        ),
        seed=(SEED, 1),
    ),
    "direction_check": call(
        direction_check,
        objective=(OBJECTIVE, execution),
        w=(START, lambda: network().w.astype(float)),
        batch=(BATCH, batch),
        seed=(SEED, 1),
    ),
    "check_layer": call(
        cr.check_layer, layer=(LAYER, cr.Tanh()), input_shape=(SHAPE, 4), samples=(COUNT, 2), seed=(SEED, 1)
    ),
    "check_network": call(
        cr.check_network,
        network=(NETWORK, network),
        batch=(BATCH.but("None"), batch),
        entries=(kind("None", "a generator", wrong={"out of range": lambda: [4000]}), lambda: [0, 5]),
        seed=(SEED, 1),
    ),
    "fit_polynomial": call(
        cr.fit_polynomial,
        x=(
            kind(
                wrong=BAD_LENGTHS | {"NaN": lambda: VALUES * np.nan, "one value": lambda: np.ones(6)},
                alike=FLOATS.items(),
            ),
            VALUES,
        ),
        t=(kind(wrong=BAD_LENGTHS | {"NaN": lambda: VALUES * np.nan}, alike=FLOATS.items()), WEIGHTS),
        degree=(COUNT_OR_0, 1),
        method=(NAME, "sgd"),
        epochs=(COUNT.but("zero", "None", "beyond 64 bits"), 2),
        lr=(POSITIVE.but("None"), 0.1),
        batch_size=(MANY.but("None"), 2),
        seed=(SEED, 1),
        tolerance=(POSITIVE.but("None"), 0.1),
        until_converged=(FLAG, False),
        listeners=(LISTENERS, list),
    ),
    "PolynomialFit.__call__": asked(
        lambda: cr.fit_polynomial(VALUES, WEIGHTS, 1),
        x=(
            kind(
                "zero",
                "minus one",
                "a half",
                "five axes",
                "a table of none",
                "beyond 64 bits",
                "below 64 bits",
                "NaN",
                "infinity",
                "minus infinity",
                "nothing in a list",
                alike=FLOATS.items(),
            ),
            VALUES,
        ),
    ),
    "Descent": call(
        Descent,
        method=(NAME, "sgd"),
        lr=(POSITIVE.but("None"), 0.1),
        epochs=(COUNT_OR_0.but("None", "beyond 64 bits"), 3),
        batch_size=(MANY.but("None"), 4),
        seed=(SEED, 1),
        tolerance=(POSITIVE.but("None"), 0.5),
        until_converged=(FLAG, False),
    ),
    "compare": call(
        compare,
        x=(kind(wrong=BAD_LENGTHS), VALUES),
        t=(kind(wrong=BAD_LENGTHS), WEIGHTS),
        degree=(COUNT_OR_0, 1),
        methods=(kind("nothing in a list", wrong={"others": lambda: ["a"]}), ("gd", "sgd")),
        epochs=(COUNT.but("beyond 64 bits"), 2),
        seed=(SEED, 1),
    ),
    "Augmentation": call(
        Augmentation,
        shift=(COUNT_OR_0.but("beyond 64 bits"), 1),
        rotate=(NOT_NEGATIVE.but(), 10.0),
        elastic=(NOT_NEGATIVE, 1.0),
        smoothness=(kind("beyond 64 bits", alike=SCALARS), 3.0),
    ),
    "Augmentation.parse": call(Augmentation.parse, text=(NAME, "shift=2,rotate=10")),
    "Augmentation.of": call(Augmentation.of, options=(kind(wrong={"others": lambda: {"a": 1}}), lambda: {"shift": 2})),
    "Augmentation.__call__": asked(
        lambda: Augmentation(1),
        x=(kind(wrong={"floats": lambda: PICTURES / 255}), PICTURES),
        seed=(SEED, 1),
        epoch=(COUNT_OR_0.but("beyond 64 bits"), 1),
        positions=(kind(wrong={"too few": lambda: np.arange(5), "halves": lambda: np.arange(6) + 0.5}), np.arange(6)),
    ),
    "execute": call(
        execute, network=(NETWORK, network), engine=(ENGINE, "reference"), seed=(SEED, 1), threads=(THREADS, 1)
    ),
}
for engine in ("reference", "compiled"):
    made, w = partial(execution, engine), (lambda engine=engine: weights(engine))
    state = lambda w=w: cr.SGD(0.1, 0.5).new_state(w())
    CALLS |= {
        f"loss, {engine}": asked(method(made, "loss"), w=(VECTOR, w), batch=(BATCH, batch)),
        f"loss_and_gradient, {engine}": asked(
            method(made, "loss_and_gradient"), w=(VECTOR, w), batch=(BATCH, batch), out=(WRITTEN, w)
        ),
        f"outputs, {engine}": asked(method(made, "outputs"), w=(VECTOR, w), x=(X_ASKED, X)),
        f"norm, {engine}": asked(
            method(made, "norm"), gw=(kind(wrong={k: v for k, v in BAD_W.items() if "too" not in k}), w)
        ),
        f"update, {engine}": asked(
            method(made, "update"),
            optimizer=(OPTIMIZER, cr.SGD(0.1, 0.5)),
            w=(WRITTEN, w),
            gw=(VECTOR, w),
            state=(kind(), state),
        ),
        f"step, {engine}": asked(
            method(made, "step"),
            optimizer=(OPTIMIZER, cr.SGD(0.1, 0.5)),
            w=(WRITTEN, w),
            batch=(BATCH, batch),
            gw=(WRITTEN, w),
            state=(kind(), state),
        ),
    }


def path_of(name):
    import pathlib
    import tempfile

    return pathlib.Path(tempfile.gettempdir()) / f"torture-{name}"


def saved():
    network().save(path_of("model.safetensors"))
    return path_of("model.safetensors")


def tensors():
    from chainrule.exchange import to_pytorch

    to_pytorch(network(), path_of("tensors.safetensors"))
    return path_of("tensors.safetensors")


def table():
    path_of("table.csv").write_text("a,b,t\n" + "1,2,x\n2,3,y\n3,1,x\n" * 4)
    return path_of("table.csv")


def idx():
    data.write_idx(path_of("x.idx"), PICTURES)
    return path_of("x.idx")


PATH = kind(
    wrong={"missing": lambda: "/nosuch/file", "a folder": lambda: "/tmp", "with a null": lambda: "a\0b"},
    alike=[("text", str)],
)
from chainrule import exchange

CALLS |= {
    "load": call(cr.load, path=(PATH, saved)),
    "Network.save": asked(
        method(network, "save"), path=(PATH.but("text", "bytes"), lambda: path_of("other.safetensors"))
    ),
    "to_pytorch": call(
        exchange.to_pytorch,
        network=(NETWORK, network),
        path=(PATH.but("text"), lambda: path_of("t.safetensors")),
        fold=(FLAG, True),
    ),
    "from_pytorch": call(exchange.from_pytorch, path=(PATH, tensors), network=(NETWORK, network)),
    "to_onnx": call(
        exchange.to_onnx,
        network=(NETWORK, network),
        path=(PATH.but("text"), lambda: path_of("n.onnx")),
        preprocess=(FLAG, False),
        probabilities=(FLAG, False),
        labels=(FLAG, False),
        columns=(FLAG, False),
    ),
    "read_data": call(data.read_data, path=(PATH, table), split=(NAME, "test"), classes=(TEXTS, None)),
    "read_csv": call(data.read_csv, path=(PATH, table)),
    "read_idx": call(data.read_idx, path=(PATH, idx)),
    "write_idx": call(
        data.write_idx,
        path=(PATH.but("text"), lambda: path_of("y.idx")),
        array=(
            kind("a table of none", "five axes", wrong={"longs": lambda: np.ones(3, np.uint64)}, alike=ARRAY.items()),
            PICTURES,
        ),
    ),
    "parse_csv": call(data.parse_csv, data=(kind("bytes"), b"a,b\n1,2\n"), name=(ANY_TEXT.but(), "it")),
    "parse_idx": call(
        data.parse_idx,
        data=(kind(wrong={"others": lambda: b"abc"}), lambda: idx().read_bytes()),
        name=(ANY_TEXT.but(), "it"),
    ),
    "Table.column": asked(lambda: data.stopping_distance().column, which=(kind("zero", "minus one"), 1)),
    "Table.dataset": asked(lambda: data.stopping_distance().dataset, target=(kind("zero", "minus one"), 1)),
}


def fitting(kind_, y):
    """A function that makes an estimator, fits it and asks it."""

    def fit_and_predict(X, y, sample_weight=None, **parameters):
        estimator = kind_(**parameters).fit(X, y, **({} if sample_weight is None else {"sample_weight": sample_weight}))
        return estimator.predict(DENSE)

    return fit_and_predict


DENSE = X.astype(np.float64)
FORMS_OF_X = {k: v for k, v in FLOATS.items() if k not in ("float16", "long doubles")}
E_X = kind(
    "ints beyond 64 bits",
    wrong={"NaN": lambda: spoilt(np.nan), "infinite": lambda: spoilt(np.inf), "too few": lambda: X[:5]},
    alike=FORMS_OF_X.items(),
)
E_LABELS = kind(
    "texts",
    "dates",
    "a record",
    "a sparse matrix",
    wrong=BAD_LENGTHS | {"NaN": lambda: T * np.nan, "continuous": lambda: T + 0.25},
    alike={k: v for k, v in INTS.items() if k != "Python's objects"}.items(),
)
E_VALUES = kind("ints beyond 64 bits", wrong=BAD_LENGTHS | {"NaN": lambda: VALUES * np.nan}, alike=FLOATS.items())
E_WEIGHT = kind(
    "None",
    "a half",
    "True",
    "beyond 64 bits",
    wrong={k: v for k, v in WEIGHT.wrong.items()} | {"no weight": lambda: 0 * WEIGHTS},
    alike=FLOATS.items(),
)
AUTO_COUNT = MANY


def neural(est, y_kind, y):
    return call(
        fitting(est, y),
        X=(E_X, DENSE),
        y=(y_kind, y),
        sample_weight=(E_WEIGHT, WEIGHTS),
        layers=(
            kind(
                "a layer",
                "nothing in a list",
                wrong={k: v for k, v in LAYERS.wrong.items() if k != "with a number"},
                alike=[("a tuple", tuple), ("an array", np.array)],
            ),
            lambda: [3],
        ),
        image_shape=(kind("None"), None),
        standardise=(FLAG, True),
        optimizer=(NAME, "sgd"),
        learning_rate=(NOT_NEGATIVE, 0.1),
        learning_rate_decay=(POSITIVE, 0.9),
        alpha=(NOT_NEGATIVE, 0.1),
        batch_size=(MANY, 3),
        max_iter=(COUNT.but("beyond 64 bits"), 2),
        tol=(NOT_NEGATIVE, 1e-4),
        n_iter_no_change=(MANY.but("infinity"), 3),
        early_stopping=(FLAG, False),
        validation_fraction=(FRACTION, 0.5),
        warm_start=(FLAG, False),
        random_state=(kind("zero", "None", "True"), 1),
        threads=(THREADS, 1),
    )


def perceptron(est, y_kind, y):
    return call(
        fitting(est, y),
        X=(E_X.but("a sparse matrix"), DENSE),
        y=(y_kind, y),
        sample_weight=(E_WEIGHT, WEIGHTS),
        hidden_layer_sizes=(COUNT.but("nothing in a list"), 3),
        activation=(NAME, "tanh"),
        solver=(NAME, "sgd"),
        alpha=(NOT_NEGATIVE, 0.1),
        batch_size=(MANY, 3),
        learning_rate=(NAME, "adaptive"),
        learning_rate_init=(POSITIVE, 0.1),
        power_t=(NOT_NEGATIVE.but("infinity"), 0.5),
        max_iter=(COUNT.but("beyond 64 bits"), 2),
        shuffle=(FLAG, False),
        random_state=(kind("zero", "None", "True"), 1),
        tol=(NOT_NEGATIVE.but("infinity"), 1e-4),
        warm_start=(FLAG, False),
        momentum=(kind("zero", "a half", alike=SCALARS), 0.5),
        nesterovs_momentum=(FLAG, False),
        early_stopping=(FLAG, False),
        validation_fraction=(FRACTION.but("zero"), 0.5),
        beta_1=(BELOW_1, 0.5),
        beta_2=(BELOW_1, 0.5),
        epsilon=(POSITIVE.but("infinity"), 0.1),
        n_iter_no_change=(MANY.but("infinity"), 3),
        max_fun=(MANY, 3),
    )


CALLS |= {
    "NeuralClassifier": neural(cr.NeuralClassifier, E_LABELS, T),
    "NeuralRegressor": neural(cr.NeuralRegressor, E_VALUES, VALUES),
    "MLPClassifier": perceptron(cr.MLPClassifier, E_LABELS, T),
    "MLPRegressor": perceptron(cr.MLPRegressor, E_VALUES, VALUES),
    "PolynomialRegressor": call(
        fitting(cr.PolynomialRegressor, VALUES),
        X=(E_X, DENSE),
        y=(E_VALUES, VALUES),
        sample_weight=(E_WEIGHT, WEIGHTS),
        degree=(COUNT_OR_0, 1),
        method=(NAME, "exact"),
    ),
}
ESTIMATORS = ("NeuralClassifier", "NeuralRegressor", "MLPClassifier", "MLPRegressor", "PolynomialRegressor")
=======
def file(name: str) -> Path:
    """A path for one's own."""
    return Path(tempfile.gettempdir()) / f"chainrule-torture-{name}"


def written(name: str, write: Callable[[Path], object]) -> Callable[[], Path]:
    """What makes a path at which something was written."""

    def made() -> Path:
        write(file(name))
        return file(name)

    return made


LR, INITIAL, SIZE, SIZE_OR_0 = (k.NOT_NEGATIVE, 0.1), (k.NAME, "uniform"), k.MANY, k.MANY_OR_0
ENGINE, THREADS, SEED, FLAG = (k.NAME, "reference"), (v.THREADS, 1), (k.SEED, 1), (k.FLAG, False)
NETWORK, DATA, X, W = (v.NETWORK, v.network), (v.DATA, v.dataset), (v.X_ASKED, v.X), (v.VECTOR, v.weights)
LISTENERS = v.LISTENERS, lambda: [lambda event: None]
TEXTS = k.kind("None", "nothing in a list", "texts", wrong={"numbers": lambda: [1, 2, 3]}, alike={"a list": list})
PATH = k.kind(wrong={"missing": lambda: "/dev/null/file", "a folder": tempfile.gettempdir, "with a zero": lambda: "a\0b"},
              alike={"text": str})  # fmt: skip
NEW = PATH.but("text")
LABELS = k.kind("texts", "five axes", "a table of none", "nothing in a list", alike=k.INTS)
NUMBERS = k.kind(wrong=v.LENGTHS | {"NaN": lambda: v.VALUES * np.nan}, alike=k.FLOATS)
ENTRIES = k.kind("None", "a generator", wrong={"too large": lambda: [4000], "negative": lambda: [-1]}, alike={"a tuple": tuple})
WHICH = k.kind("zero", "minus one", alike=k.WHOLE)
INDICES = k.kind("nothing in a list", wrong={"out of range": lambda: [7], "halves": lambda: [0.5]},
                 alike={"a list": list, "a tuple": tuple, "int16": lambda i: i.astype("i2"), "a mask": lambda i: np.arange(6) % 4 == 0})  # fmt: skip
TABLE = "a,b,t\n" + "1,2,x\n2,3,y\n3,1,x\n" * 4

LAYERS = {
    "Linear": call(cr.Linear, out_features=(SIZE, 5), initial_w=INITIAL, initial_b=INITIAL),
    "Convolution": call(cr.Convolution, out_channels=(SIZE, 2), kernel_size=(SIZE, 3), stride=(SIZE, 1),
                        padding=(SIZE_OR_0, 1), initial_w=INITIAL, initial_b=INITIAL),
    "MaxPooling": call(cr.MaxPooling, size=(SIZE, 2), stride=(SIZE_OR_0, 2)),
    "AveragePooling": call(cr.AveragePooling, size=(SIZE, 2), stride=(SIZE_OR_0, 2)),
    "Dropout": call(cr.Dropout, p=(k.BELOW_1, 0.25)),
    "ReLU": call(cr.ReLU, derivative_at_zero=(k.COUNT_OR_0, 1)),
    "Standardise": call(cr.Standardise, mean=(v.ROW, np.arange(4.0)), std=(v.ROW, np.arange(1, 5.0))),
    "Standardise.of": call(cr.Standardise.of, x=(k.kind("five axes", wrong={"NaN": lambda: v.spoilt(np.nan)}, alike=k.FLOATS), v.X)),
    "Sequential": call(cr.Sequential, layers=(v.LAYERS, lambda: [cr.Linear(3), cr.Tanh()])),
    "Residual": call(cr.Residual, layers=(v.LAYERS, lambda: [cr.Linear(3)]), shortcut=(v.SHORTCUT, lambda: [cr.Linear(3)])),
    "register": call(cr.register, kind=(k.kind("a class"), cr.Tanh)),
    "SquaredError": call(cr.SquaredError, mean=(v.UNIT, 0.5), std=(v.STD, 2.0)),
    "SquaredError.of": call(cr.SquaredError.of, t=(k.kind("five axes", wrong={"NaN": lambda: v.VALUES * np.nan}, alike=k.FLOATS), v.VALUES)),
    "Scaling": call(cr.Scaling, mean=(k.REAL, 0.5), std=(k.POSITIVE, 0.25)),
    "scaling_of": call(scaling_of, data=(k.kind(wrong={"floats": v.dataset}), lambda: cr.Dataset(v.PICTURES, v.T))),
}  # fmt: skip
NETWORKS = {
    "Network": call(cr.Network, layers=(v.LAYERS, lambda: [cr.Linear(5), cr.Tanh(), cr.Linear(3)]), input_shape=(v.SHAPE, 4),
                    loss=(v.LOSS, cr.LogSoftmaxNLL()), scaling=(v.SCALING, cr.Scaling(0.5, 0.5)), seed=SEED, dtype=(v.DTYPE, np.float32)),
    "Network.__call__": asked(v.network, x=X, batch_size=(k.MANY, 2)),
    "Network.predict": asked(v.network, "predict", x=X),
    "Network.predict, fitted": asked(v.fitted, "predict", x=X),
    "Network.classify": asked(v.network, "classify", x=X),
    "Network.answers": asked(v.fitted, "answers", inputs=(v.X_ASKED.but("text"), v.X), threshold=(k.kind("zero", "a half", alike=k.SCALARS), 0.5),
                             as_is=FLAG, many=FLAG, missing=(k.NAME.but("None"), None), classes=(TEXTS, None)),
    "Network.predictor": asked(v.network, "predictor", engine=ENGINE, threads=THREADS, batch_size=(k.MANY, 2)),
    "Network.initial_weights": asked(v.network, "initial_weights", seed=SEED),
    "Network.named": asked(v.network, "named", w=(v.VIEWED, lambda: v.network().w)),
    "Network.most_probable": asked(v.network, "most_probable", y=(k.kind(alike=k.FLOATS), v.X[:, :3])),
    "Network.save": asked(v.network, "save", path=(NEW, lambda: file("saved.safetensors"))),
    "Predictor.__call__": asked(lambda: v.network().predictor("reference"), x=X),
    "Predictor.classify": asked(lambda: v.network().predictor("reference"), "classify", x=X),
    "Predictor.outputs": asked(lambda: v.network().predictor(threads=1), "outputs", x=X),
    "execute": call(execute, network=NETWORK, engine=ENGINE, seed=SEED, threads=THREADS),
    "load": call(cr.load, path=(PATH, written("model.safetensors", lambda path: v.network().save(path)))),
    "to_pytorch": call(exchange.to_pytorch, network=NETWORK, path=(NEW, lambda: file("t.safetensors")), fold=FLAG),
    "from_pytorch": call(exchange.from_pytorch, path=(PATH, written("t.safetensors", lambda path: exchange.to_pytorch(v.network(), path))), network=NETWORK),
    "to_onnx": call(exchange.to_onnx, network=NETWORK, path=(NEW, lambda: file("n.onnx")), preprocess=FLAG, probabilities=FLAG, labels=FLAG, columns=FLAG),
    "onnx_model": call(exchange.onnx_model, network=NETWORK, probabilities=FLAG, labels=FLAG),
}  # fmt: skip
DATA_SETS = {
    "Dataset": call(cr.Dataset, x=(v.X_GIVEN, v.X), t=(v.LABELS_GIVEN, v.T), sample_weight=(v.WEIGHT_GIVEN, v.WEIGHTS),
                    classes=(TEXTS, ("a", "b", "c")), columns=(TEXTS.but("text"), ("a", "b", "c", "d")), target=(k.ANY_TEXT.but("None"), "kind"), white=(k.POSITIVE, 255.0)),
    "Dataset.take": asked(v.dataset, "take", indices=(INDICES, np.array([0, 4]))),
    "Dataset.head": asked(v.dataset, "head", n=(k.COUNT_OR_0.but("None"), 3)),
    "Dataset.split": asked(v.dataset, "split", fraction=(k.FRACTION, 0.5)),
    "as_dataset": call(data.as_dataset, x=(v.X_GIVEN, v.X), t=(v.LABELS_GIVEN.but("texts"), v.T), sample_weight=(v.WEIGHT_GIVEN, v.WEIGHTS), classes=(TEXTS, None), regression=(k.FLAG.but("None"), False)),
    "hold_out": call(data.hold_out, t=(LABELS, v.T), fraction=(k.FRACTION, 0.5), seed=SEED),
    "prepare_digit": call(data.prepare_digit, grey=(k.kind(wrong={"NaN": lambda: v.spoilt(np.nan)}), lambda: np.pad(np.full((9, 3), 200, np.uint8), 9))),
    "mnist": call(data.mnist, split=(k.NAME, "test")),
    "read_data": call(data.read_data, path=(PATH, written("table.csv", lambda path: path.write_text(TABLE))), split=(k.NAME, "test"), classes=(TEXTS, None)),
    "read_csv": call(data.read_csv, path=(PATH, written("table.csv", lambda path: path.write_text(TABLE)))),
    "read_idx": call(data.read_idx, path=(PATH, written("x.idx", lambda path: data.write_idx(path, v.PICTURES)))),
    "write_idx": call(data.write_idx, path=(NEW, lambda: file("y.idx")), array=(k.kind("a table of none", "five axes", "nothing in a list", alike=k.LAYOUTS), v.PICTURES)),
    "parse_csv": call(data.parse_csv, data=(k.kind("bytes"), b"a,b\n1,2\n"), name=(k.ANY_TEXT, "it")),
    "parse_idx": call(data.parse_idx, data=(k.kind(), b"\0\0\x08\x01\0\0\0\x01a"), name=(k.ANY_TEXT, "it")),
    "Table.column": asked(data.stopping_distance, "column", which=(WHICH, 1)),
    "Table.dataset": asked(data.stopping_distance, "dataset", target=(WHICH, 1)),
    "Augmentation": call(cr.Augmentation, shift=(k.MANY_OR_0, 1), rotate=(k.kind("zero", "a half", alike=k.SCALARS), 10.0), elastic=(k.NOT_NEGATIVE, 1.0), smoothness=(k.kind("beyond 64 bits", alike=k.SCALARS), 3.0)),
    "Augmentation.parse": call(cr.Augmentation.parse, text=(k.NAME, "shift=2,rotate=10")),
    "Augmentation.of": call(cr.Augmentation.of, options=(k.kind(), lambda: {"shift": 2})),
    "Augmentation.__call__": asked(lambda: cr.Augmentation(1), x=(k.kind(alike=k.LAYOUTS), v.PICTURES), seed=SEED, epoch=(k.MANY_OR_0, 1), positions=(k.kind(wrong=v.LENGTHS, alike=k.INTS), np.arange(6))),
}  # fmt: skip
TASKS = {
    "SGD": call(cr.SGD, lr=LR, momentum=(k.BELOW_1, 0.5), weight_decay=LR),
    "AdaDelta": call(cr.AdaDelta, lr=LR, rho=(k.BELOW_1, 0.5), eps=LR, weight_decay=LR),
    "Adam": call(cr.Adam, lr=LR, beta1=(k.BELOW_1, 0.5), beta2=(k.BELOW_1, 0.5), eps=LR, weight_decay=LR),
    "Training": call(cr.Training, optimizer=(v.OPTIMIZER, cr.Adam()), epochs=(k.MANY_OR_0, 3), batch_size=(k.MANY.but("None"), 4), order=(k.NAME, "file"), reduction=(k.NAME, "sum"),
                     lr_decay=(k.POSITIVE, 0.5), lr_decay_every=(k.MANY, 2), seed=SEED, augmentation=(k.kind("None", "a function", "a class"), lambda: cr.Augmentation(1)), draws=(k.kind("None"), None)),
    "EarlyStopping": call(cr.EarlyStopping, patience=(k.MANY.but("infinity"), 3), min_delta=LR, monitor=(k.NAME, "accuracy"), restore_best=FLAG),
    "minimise": call(cr.minimise, objective=(v.OBJECTIVE, v.execution), data=DATA, w=(v.START, lambda: v.network().w), training=(v.TRAINING, lambda: cr.Training(cr.SGD(0.1), epochs=1)), listeners=LISTENERS),
    "fit": call(trained, network=NETWORK, data=DATA, training=(v.TRAINING.but("None"), lambda: cr.Training(cr.SGD(0.1), epochs=1)), validation=(v.VALIDATION, v.dataset),
                listeners=LISTENERS, progress=(k.FLAG.but("None", "True"), False), engine=ENGINE, threads=THREADS),
    "evaluate": call(cr.evaluate, network=NETWORK, data=DATA, engine=ENGINE, batch_size=(k.MANY, 2), threads=THREADS),
    "examine": call(cr.examine, network=NETWORK, data=DATA, engine=ENGINE, classes=(TEXTS, ("a", "b", "c")), batch_size=(k.MANY, 2), threads=THREADS),
    "calibrate": call(cr.calibrate, network=(v.NETWORK, v.fitted), data=DATA, engine=ENGINE, called=(k.ANY_TEXT, "some")),
    "training_for": call(cr.training_for, network=NETWORK, data=(v.DATA_AT_ALL, v.dataset), training=(v.TRAINING.but("None"), cr.Training())),
    "network_for": call(cr.network_for, data=(v.DATA_AT_ALL, v.dataset), preset=(k.NAME.but("None"), "mlp"), seed=SEED),
    "preset": call(cr.preset, name=(k.NAME, "mlp")),
    "trace": call(cr.trace, network=NETWORK, x=X, t=(v.LABELS, v.T), seed=SEED, step=(k.MANY_OR_0, 0)),
    "gradient_check": call(cr.gradient_check, objective=(v.OBJECTIVE, v.execution), w=(v.START, lambda: v.network().w), batch=(v.BATCH, v.batch), entries=(ENTRIES, lambda: [0, 5]), seed=SEED),
    "direction_check": call(direction_check, objective=(v.OBJECTIVE, v.execution), w=(v.START, lambda: v.network().w), batch=(v.BATCH, v.batch), seed=SEED),
    "check_layer": call(cr.check_layer, layer=(v.LAYER, cr.Tanh()), input_shape=(v.SHAPE, 4), samples=(k.COUNT, 2), seed=SEED),
    "check_network": call(cr.check_network, network=NETWORK, batch=(v.BATCH.but("None"), v.batch), entries=(ENTRIES, lambda: [0, 5]), seed=SEED),
    "fit_polynomial": call(cr.fit_polynomial, x=(NUMBERS, v.VALUES), t=(NUMBERS, v.WEIGHTS), degree=(k.COUNT_OR_0, 1), method=(k.NAME, "sgd"), epochs=(k.MANY_OR_0.but("None"), 2),
                           lr=(k.POSITIVE.but("None"), 0.1), batch_size=(k.MANY.but("None"), 2), seed=SEED),
    "PolynomialFit.__call__": asked(lambda: cr.fit_polynomial(v.VALUES, v.WEIGHTS, 1), x=(k.REAL.but("five axes", "a table of none", "NaN", "infinity", "minus infinity", "nothing in a list"), 0.5)),
    "Descent": call(Descent, method=(k.NAME, "sgd"), lr=(k.POSITIVE.but("None"), 0.1), epochs=(k.MANY_OR_0.but("None"), 3), batch_size=(k.MANY.but("None"), 4), seed=SEED,
                    tolerance=(k.POSITIVE.but("None"), 0.5), until_converged=FLAG),
    "compare": call(compare, x=(NUMBERS, v.VALUES), t=(NUMBERS, v.WEIGHTS), degree=(k.COUNT_OR_0, 1), methods=(k.kind("nothing in a list"), ("gd", "sgd")), seed=SEED),
}  # fmt: skip
ENGINES = {}
for engine in ("reference", "compiled"):
    made, w = partial(v.execution, engine), (lambda engine=engine: v.weights(engine))
    moved = {"optimizer": (v.OPTIMIZER, cr.SGD(0.1, 0.5)), "w": (v.WRITTEN, w), "gw": (v.WRITTEN, w), "state": (v.STATE, lambda w=w: cr.SGD(0.1, 0.5).new_state(w()))}
    ENGINES |= {
        f"loss, {engine}": asked(made, "loss", w=(v.VECTOR, w), batch=(v.BATCH, v.batch)),
        f"loss_and_gradient, {engine}": asked(made, "loss_and_gradient", w=(v.VECTOR, w), batch=(v.BATCH, v.batch), out=(v.WRITTEN, w)),
        f"outputs, {engine}": asked(made, "outputs", w=(v.VECTOR, w), x=X),
        f"norm, {engine}": asked(made, "norm", gw=(v.GRADIENT, w)),
        f"update, {engine}": asked(made, "update", **moved | {"gw": (v.VECTOR, w)}),
        f"step, {engine}": asked(made, "step", batch=(v.BATCH, v.batch), **moved),
    }  # fmt: skip
CALLS = LAYERS | NETWORKS | DATA_SETS | TASKS | ENGINES
"""By their names."""
>>>>>>> 0b814f7 (Torture: a table of the public functions, their arguments' kinds, and the campaign of bad arguments)
