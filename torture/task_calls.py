"""Training, tasks, checks and regression: how each is called."""

from typing import Any

import chainrule as cr
from chainrule.checks.gradients import direction_check
from chainrule.regression.comparison import compare
from chainrule.regression.descent import Descent
from torture import kinds as k
from torture import values as v
from torture.call import (
    DATA,
    ENGINE,
    ENTRIES,
    FLAG,
    LISTENERS,
    LR,
    NETWORK,
    NUMBERS,
    SEED,
    TEXTS,
    THREADS,
    X,
    asked,
    call,
    entered,
    trained,
)

SHARE = k.kind("zero", "a half", alike=k.SCALARS, wrong={"two": lambda: 2.0})
COPIED: dict[str, Any] = {
    "augmentation": (k.kind("None", wrong={"to nothing": lambda: lambda *_: None}), None),
    "copies": (k.COUNT, 2),
}
TASKS = {
    "SGD": call(cr.SGD, lr=LR, momentum=(k.BELOW_1, 0.5), weight_decay=LR, nesterov=(k.FLAG, False)),
    "AdaDelta": call(cr.AdaDelta, lr=LR, rho=(k.BELOW_1, 0.5), eps=LR, weight_decay=LR),
    "Adam": call(cr.Adam, lr=LR, beta1=(k.BELOW_1, 0.5), beta2=(k.BELOW_1, 0.5), eps=LR, weight_decay=LR),
    "AdamW": call(cr.AdamW, lr=LR, beta1=(k.BELOW_1, 0.5), beta2=(k.BELOW_1, 0.5), eps=LR, weight_decay=LR),
    "RMSprop": call(cr.RMSprop, lr=LR, alpha=(k.BELOW_1, 0.5), eps=LR, momentum=(k.BELOW_1, 0.5), weight_decay=LR),
    "Step": call(cr.Step, factor=LR, every=(k.MANY.but("nothing in a list"), 3), per=(k.NAME, "step")),
    "Exponential": call(cr.Exponential, factor=LR, per=(k.NAME, "step")),
    "Cosine": call(cr.Cosine, last=LR, per=(k.NAME, "step")),
    "Warmup": call(cr.Warmup, length=(k.MANY, 3), first=LR, then=(k.kind("None"), None), per=(k.NAME, "step")),
    "OneCycle": call(
        cr.OneCycle,
        rise=(SHARE, 0.5),
        first=LR,
        last=LR,
        low_momentum=(k.BELOW_1.but("None"), 0.5),
        curve=(k.NAME, "linear"),
        per=(k.NAME, "step"),
    ),
    "ReduceOnPlateau": call(
        cr.ReduceOnPlateau,
        factor=(SHARE, 0.5),
        patience=(k.MANY_OR_0, 3),
        threshold=(SHARE, 0.5),
        cooldown=(k.MANY_OR_0, 3),
        least=(SHARE, 0.5),
        monitor=(k.NAME, "accuracy"),
    ),
    "distributed": call(entered, comm=(k.kind("None"), None)),
    "EMA": call(cr.EMA, decay=(k.BELOW_1, 0.5), every=(k.MANY, 2)),
    "SWA": call(cr.SWA, last=(k.FRACTION.but("one"), 0.5), per=(k.NAME, "step")),
    "find_lr": call(
        cr.find_lr,
        network=NETWORK,
        data=DATA,
        training=(v.TRAINING.but("None"), lambda: cr.Training(cr.SGD(0.1), epochs=1)),
        lowest=(k.POSITIVE, 1e-3),
        highest=(k.POSITIVE, 1e3),
        steps=(k.COUNT, 12),
        engine=ENGINE,
        threads=THREADS,
    ),
    "Training": call(
        cr.Training,
        optimizer=(v.OPTIMIZER, cr.Adam()),
        epochs=(k.MANY_OR_0, 3),
        batch_size=(k.MANY.but("None"), 4),
        order=(k.NAME, "file"),
        reduction=(k.NAME, "sum"),
        lr_decay=(k.POSITIVE, 0.5),
        lr_decay_every=(k.MANY, 2),
        seed=SEED,
        augmentation=(k.kind("None"), lambda: cr.Augmentation(1)),
        draws=(k.kind("None"), None),
        schedule=(k.kind("None"), None),
        momentum_schedule=(k.kind("None"), None),
        clip_norm=(k.POSITIVE.but("None"), 1.0),
        average=(k.kind("None"), None),
    ),
    "EarlyStopping": call(
        cr.EarlyStopping,
        patience=(k.MANY.but("infinity"), 3),
        min_delta=LR,
        monitor=(k.NAME, "accuracy"),
        restore_best=FLAG,
    ),
    "minimise": call(
        cr.minimise,
        objective=(v.OBJECTIVE, v.execution),
        data=DATA,
        w=(v.START, lambda: v.network().w),
        training=(v.TRAINING, lambda: cr.Training(cr.SGD(0.1), epochs=1)),
        listeners=LISTENERS,
    ),
    "fit": call(
        trained,
        network=NETWORK,
        data=DATA,
        training=(v.TRAINING.but("None"), lambda: cr.Training(cr.SGD(0.1), epochs=1)),
        validation=(v.VALIDATION, v.dataset),
        listeners=LISTENERS,
        progress=(k.FLAG.but("None", "True"), False),
        engine=ENGINE,
        threads=THREADS,
    ),
    "evaluate": call(
        cr.evaluate, network=NETWORK, data=DATA, engine=ENGINE, batch_size=(k.MANY, 2), threads=THREADS, **COPIED
    ),
    "examine": call(
        cr.examine,
        network=NETWORK,
        data=DATA,
        engine=ENGINE,
        classes=(TEXTS, ("a", "b", "c")),
        batch_size=(k.MANY, 2),
        threads=THREADS,
        **COPIED,
    ),
    "calibrate": call(
        cr.calibrate, network=(v.NETWORK, v.fitted), data=DATA, engine=ENGINE, called=(k.ANY_TEXT, "some")
    ),
    "training_for": call(
        cr.training_for,
        network=NETWORK,
        data=(v.DATA_AT_ALL, v.dataset),
        training=(v.TRAINING.but("None"), cr.Training()),
    ),
    "network_for": call(cr.network_for, data=(v.DATA_AT_ALL, v.dataset), preset=(k.NAME.but("None"), "mlp"), seed=SEED),
    "preset": call(cr.preset, name=(k.NAME, "mlp")),
    "trace": call(cr.trace, network=NETWORK, x=X, t=(v.LABELS, v.T), seed=SEED, step=(k.MANY_OR_0, 0)),
    "gradient_check": call(
        cr.gradient_check,
        objective=(v.OBJECTIVE, v.execution),
        w=(v.START, lambda: v.network().w),
        batch=(v.BATCH, v.batch),
        entries=(ENTRIES, lambda: [0, 5]),
        seed=SEED,
    ),
    "direction_check": call(
        direction_check,
        objective=(v.OBJECTIVE, v.execution),
        w=(v.START, lambda: v.network().w),
        batch=(v.BATCH, v.batch),
        seed=SEED,
    ),
    "check_layer": call(
        cr.check_layer, layer=(v.LAYER, cr.Tanh()), input_shape=(v.SHAPE, 4), samples=(k.COUNT, 2), seed=SEED
    ),
    "check_network": call(
        cr.check_network,
        network=NETWORK,
        batch=(v.BATCH.but("None"), v.batch),
        entries=(ENTRIES, lambda: [0, 5]),
        seed=SEED,
    ),
    "fit_polynomial": call(
        cr.fit_polynomial,
        x=(NUMBERS, v.VALUES),
        t=(NUMBERS, v.WEIGHTS),
        degree=(k.COUNT_OR_0, 1),
        method=(k.NAME, "sgd"),
        epochs=(k.MANY_OR_0.but("None"), 2),
        lr=(k.POSITIVE.but("None"), 0.1),
        batch_size=(k.MANY.but("None"), 2),
        seed=SEED,
    ),
    "PolynomialFit.__call__": asked(
        lambda: cr.fit_polynomial(v.VALUES, v.WEIGHTS, 1),
        x=(k.REAL.but("five axes", "a table of none", "NaN", "infinity", "minus infinity", "nothing in a list"), 0.5),
    ),
    "Descent": call(
        Descent,
        method=(k.NAME, "sgd"),
        lr=(k.POSITIVE.but("None"), 0.1),
        epochs=(k.MANY_OR_0.but("None"), 3),
        batch_size=(k.MANY.but("None"), 4),
        seed=SEED,
        tolerance=(k.POSITIVE.but("None"), 0.5),
        until_converged=FLAG,
    ),
    "compare": call(
        compare,
        x=(NUMBERS, v.VALUES),
        t=(NUMBERS, v.WEIGHTS),
        degree=(k.COUNT_OR_0, 1),
        methods=(k.kind("nothing in a list"), ("gd", "sgd")),
        seed=SEED,
    ),
}
