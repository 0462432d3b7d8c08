"""How an estimator trains: what its parameters say; where they say "auto", what its preset says, or else this file."""

import math
from dataclasses import replace
from typing import Any

import numpy as np

from chainrule.base.arguments import as_real, fraction_of_all, is_among, real_number, truth
from chainrule.base.elementary import power
from chainrule.base.errors import UsageError
from chainrule.base.numbers import is_whole
from chainrule.base.showing import short
from chainrule.data.dataset import Dataset
from chainrule.tasks.adapting import LAST_LR, MOST_EPOCHS, ROWS_BATCH, adam_for
from chainrule.tasks.presets import preset
from chainrule.training.averages import SWA, Average
from chainrule.training.early_stopping import EarlyStopping
from chainrule.training.monitor import Monitor
from chainrule.training.optimizers import OPTIMIZERS, Adam, Optimizer
from chainrule.training.sampling import batch_count
from chainrule.training.settings import Training

AUTO = "auto"
PART_LR = 3e-3  # of partial_fit, which knows of no last epoch

Parameters = dict[str, Any]  # of an estimator, by name


def training_of(parameters: Parameters, data: Dataset, weight: float, seed: int, *, part: bool = False) -> Training:
    """How an estimator with these parameters trains on the data, whose samples weigh so much together.

    Its penalty alpha / 2 |w|^2 is added to the sum of errors, so that a mean error has its share of it: alpha / weight.
    part: of `partial_fit`, where the learning rate stays as it is.
    """
    layers, samples = parameters["layers"], len(data)
    usual = preset(layers).training_for(data) if isinstance(layers, str) else None
    epochs = _whole(parameters, "max_iter", usual.epochs if usual else MOST_EPOCHS)
    batch_size = min(samples, _whole(parameters, "batch_size", (usual and usual.batch_size) or ROWS_BATCH))
    moving = {"lr_decay": 1.0, "schedule": None, "momentum_schedule": None, "average": None}
    if not part:
        moving |= _moving(parameters, usual, power(LAST_LR, 1 / epochs))
    optimizer = parameters["optimizer"]
    if _auto(optimizer):
        optimizer = usual.optimizer if usual else "adam"
    optimizer = _optimizer(optimizer, epochs * batch_count(samples, batch_size), part)
    if not _auto(parameters["learning_rate"]):
        optimizer = optimizer.with_lr(parameters["learning_rate"])
    weight_decay = optimizer.weight_decay + _real(parameters, "alpha") / weight
    return replace(
        usual or Training(),
        optimizer=replace(optimizer, weight_decay=weight_decay),
        epochs=epochs,
        batch_size=batch_size,
        seed=seed,
        clip_norm=_or(parameters["clip_norm"], usual and usual.clip_norm),
        augmentation=_or(parameters["augmentation"], usual and usual.augmentation),
        **moving,
    )


def stopping_of(parameters: Parameters, monitor: Monitor) -> EarlyStopping:
    """What ends a `fit` early: by `monitor` on the part held out, if there is to be one, or by the training loss."""
    patience, tol = parameters["n_iter_no_change"], _real(parameters, "tol")
    fraction_of_all("validation_fraction", parameters["validation_fraction"])
    if as_real(patience) != math.inf:
        patience = _whole(parameters, "n_iter_no_change")
    if parameters["early_stopping"]:
        return EarlyStopping(patience, tol, monitor)
    return EarlyStopping(patience, tol, restore_best=False)


def check_truths(parameters: Parameters) -> None:
    """UsageError for a parameter that is to be True or False, and is neither."""
    for name in ("standardise", "early_stopping", "warm_start"):
        truth(name, parameters[name])


def _optimizer(chosen: Any, updates: int, part: bool) -> Any:
    """The optimizer of that name, or the one that was given."""
    if isinstance(chosen, Optimizer):
        return chosen
    if not is_among(OPTIMIZERS, chosen):
        expected = f"auto, {', '.join(OPTIMIZERS)} or one, as in Adam(1e-3)"
        raise UsageError(f"optimizer is {short(chosen)}; expected {expected}")
    if chosen == "adam":
        return Adam(PART_LR) if part else adam_for(updates)
    kind: Any = OPTIMIZERS[chosen]  # each has its own learning rate
    return kind()


def _moving(parameters: Parameters, usual: Training | None, decay: float) -> dict[str, Any]:
    """How the rates move in a run that has an end, and what is averaged; `decay`: of the learning rate, by default."""
    found: dict[str, Any] = {"average": _average(_or(parameters["average"], usual and usual.average))}
    schedule, lr_decay = parameters["schedule"], parameters["learning_rate_decay"]
    if not _auto(schedule):
        found |= {"schedule": schedule, "momentum_schedule": None}
        return found | {"lr_decay": 1.0 if _auto(lr_decay) and schedule is not None else _or(lr_decay, decay)}
    if _auto(lr_decay):
        names = "lr_decay", "schedule", "momentum_schedule"
        return found | ({name: getattr(usual, name) for name in names} if usual else {"lr_decay": decay})
    return found | {"lr_decay": lr_decay, "schedule": None}


def _average(chosen: Any) -> Average | None:
    """The average; as scikit-learn's SGDClassifier has it, True is the plain mean of w, and False is none."""
    if chosen is None or isinstance(chosen, Average):
        return chosen
    if isinstance(chosen, bool | np.bool):
        return SWA() if chosen else None
    raise UsageError(f"average is {short(chosen)}; expected auto, True, False or one, as in EMA()")


def _or(value: Any, usual: Any) -> Any:
    """The value of a parameter, or the usual one."""
    return usual if _auto(value) else value


def _whole(parameters: Parameters, name: str, usual: int | None = None) -> int:
    value, auto = parameters[name], "" if usual is None else f"{AUTO} or "
    if usual is not None and _auto(value):
        return usual
    if not is_whole(value, 1):
        raise UsageError(f"{name} is {short(value)}; expected {auto}a whole number of at least 1")
    return int(value)


def _real(parameters: Parameters, name: str) -> float:
    return real_number(name, parameters[name], "a number of at least 0", lambda number: number >= 0)


def _auto(value: Any) -> bool:
    return isinstance(value, str) and value == AUTO
