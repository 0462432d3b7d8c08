"""Settings given as NumPy's numbers, or in lists, are kept as Python's own: equal, hashable, fit for any file."""

from dataclasses import fields
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.layers import LAYERS
from chainrule.losses import LOSSES
from chainrule.training.averages import AVERAGES
from chainrule.training.optimizers import OPTIMIZERS
from chainrule.training.schedules import SCHEDULES

POOLING = {"size": (2, 3), "stride": (1, 2), "padding": (1, 0)}
WINDOWS = {"kernel_size": (2, 3), "stride": 2, "padding": (1, 0), "dilation": (1, 2)}
UNITS = [{"mean": 0.5, "std": 0.25}, {"mean": (0.5, 2.0), "std": (1.5, 0.25)}]
STEPS = {"lr": 0.5, "weight_decay": 0.25}

SETTINGS: list[tuple[Any, dict[str, Any]]] = [
    (cr.Convolution, {"out_channels": 4, "groups": 2, "bias": False, **WINDOWS}),
    (cr.Convolution, {"out_channels": 4, "kernel_size": 5, "padding": 2}),
    (cr.Linear, {"out_features": 3, "bias": False}),
    (cr.MaxPooling, POOLING),
    (cr.AveragePooling, {**POOLING, "count_include_pad": False}),
    (cr.AveragePooling, {"size": 2, "stride": 0, "padding": 1, "count_include_pad": True}),
    (cr.BatchNormalisation, {"momentum": 0.5, "eps": 0.25, "running": False}),
    (cr.LayerNormalisation, {"eps": 0.25}),
    (cr.Dropout, {"p": 0.25, "channels": True}),
    (cr.ReLU, {"derivative_at_zero": 1}),
    (cr.LeakyReLU, {"slope": 0.25}),
    (cr.ELU, {"alpha": 0.25}),
    (cr.GELU, {"approximate": True}),
    (cr.Standardise, {"mean": (0.5, 2.0), "std": (1.5, 0.25)}),
    (cr.NLL, {"label_smoothing": 0.25, "class_weight": (0.5, 2.0)}),
    (cr.LogSoftmaxNLL, {"label_smoothing": 0.25, "class_weight": (0.5, 2.0)}),
    *((kind, units) for kind in (cr.SquaredError, cr.AbsoluteError) for units in UNITS),
    *((cr.Huber, {"delta": 0.5, **units}) for units in UNITS),
    (cr.SGD, {**STEPS, "momentum": 0.5, "nesterov": True}),
    (cr.AdaDelta, {**STEPS, "rho": 0.5, "eps": 0.125}),
    (cr.Adam, {**STEPS, "beta1": 0.5, "beta2": 0.75, "eps": 0.125}),
    (cr.AdamW, {**STEPS, "beta1": 0.5, "beta2": 0.75, "eps": 0.125}),
    (cr.RMSprop, {**STEPS, "alpha": 0.5, "eps": 0.125, "momentum": 0.75}),
    (cr.EMA, {"decay": 0.5, "every": 3}),
    (cr.SWA, {"last": 0.5}),
    (cr.Step, {"factor": 0.5, "every": 3}),
    (cr.Step, {"factor": 0.5, "every": (3, 5)}),
    (cr.Exponential, {"factor": 0.5}),
    (cr.Cosine, {"last": 0.5}),
    (cr.Warmup, {"length": 3, "first": 0.5}),
    (cr.OneCycle, {"rise": 0.5, "first": 0.25, "last": 0.125, "low_momentum": 0.5}),
    (cr.ReduceOnPlateau, {"factor": 0.5, "patience": 3, "threshold": 0.25, "cooldown": 2, "least": 0.125}),
    (cr.Training, {"epochs": 3, "batch_size": 4, "lr_decay": 0.5, "lr_decay_every": 2, "seed": 7, "clip_norm": 0.5}),
    (cr.EarlyStopping, {"patience": 3, "min_delta": 0.5, "restore_best": False}),
    (cr.Scaling, {"mean": 0.5, "std": 0.25}),
]  # fmt: skip


def of_numpy(value: Any) -> Any:
    """The same as somebody has it who computed it with NumPy."""
    if isinstance(value, tuple):
        return [of_numpy(each) for each in value]
    return {bool: np.bool, int: np.int64, float: np.float32}[type(value)](value)


def types(value: Any) -> Any:
    return tuple(map(type, value)) if isinstance(value, tuple) else type(value)


@pytest.mark.parametrize(("kind", "options"), SETTINGS, ids=[kind.__name__ for kind, _ in SETTINGS])
def test_settings_are_pythons_own(kind: Any, options: dict[str, Any]) -> None:
    made = kind(**{name: of_numpy(value) for name, value in options.items()})
    found = {name: getattr(made, name) for name in options}
    assert found == options
    assert {name: types(value) for name, value in found.items()} == {name: types(v) for name, v in options.items()}
    assert made == kind(**options)


@pytest.mark.parametrize("known", [LAYERS, OPTIMIZERS, AVERAGES, SCHEDULES, {kind.__name__: kind for kind in LOSSES}])
def test_no_kind_with_numbers_among_its_settings_is_forgotten(known: dict[str, Any]) -> None:
    """Those of tests, registered meanwhile, are not ours."""
    ours = {kind for kind in known.values() if kind.__module__.startswith("chainrule.")}
    with_numbers = {kind for kind in ours if {each.name for each in fields(kind)} - {"layers", "shortcut"}}
    assert with_numbers <= {kind for kind, _ in SETTINGS}
