"""The public callables, each with a call that is right."""

from functools import partial

import numpy as np

import chainrule as cr
from chainrule import data
from chainrule.augmentation import Augmentation
from chainrule.checks.gradients import direction_check
from chainrule.engine import execute
from chainrule.network.scaling import scaling_of
from chainrule.regression.comparison import compare
from chainrule.regression.descent import Descent
from torture.kinds import *
from torture.public_calls import *

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


def fit_and_w(network, **how):
    cr.fit(network, **how)
    return network.w


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
