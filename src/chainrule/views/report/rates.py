"""How the learning rate and the momentum moved in a run: as its schedules say, or, by its loss, as they were."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from chainrule.base.errors import ChainruleError
from chainrule.exchange.training_description import build_training
from chainrule.training.schedule import Moment
from chainrule.training.settings import Training
from chainrule.views.axes import value_axis, whole_axis
from chainrule.views.charts import ACROSS, UP, Chart, Look
from chainrule.views.colours import BLUE
from chainrule.views.markup import Markup

MOST = 1000
"""Updates of a run that are drawn."""
NAMES = "learning rate", "momentum"


def rate_charts(epochs: Sequence[Mapping[str, Any]], configuration: Mapping[str, Any] | None) -> list[Markup]:
    """A chart of each rate that moves; none where the run does not say how it was trained."""
    training = _training(configuration)
    if training is None or training.is_steady or not epochs:
        return []
    last, waits = epochs[-1], training.scheduled and training.scheduled.waits
    if waits or not last.get("updates"):
        known = [(line["epoch"], line["lr"]) for line in epochs if line.get("lr") is not None]
        epochs_of, rates = np.array(known, float).reshape(-1, 2).T
        return [chart(epochs_of, rates, NAMES[0])] if known else []
    return _charts(training, made=last["updates"], batches=-(-last["updates"] // last["epoch"]))


def _training(configuration: Mapping[str, Any] | None) -> Training | None:
    try:
        return build_training((configuration or {})["training"], others=True)
    except (KeyError, TypeError, ChainruleError):  # written by hand, or by nobody
        return None


def _charts(training: Training, *, made: int, batches: int) -> list[Markup]:
    """Over the updates that were made, in epochs of so many."""
    steps = np.unique(np.linspace(0, made - 1, min(made, MOST)).astype(int))
    total = max(training.epochs * batches, made)
    rates = np.array([training.rates(Moment(step, total, batches)) for step in steps.tolist()]).T
    of_both = training.schedule is not None and training.schedule.moves_momentum
    moves = training.scheduled is not None, training.momentum_schedule is not None or of_both
    return [
        chart(steps / batches, values, name) for values, name, moving in zip(rates, NAMES, moves, strict=True) if moving
    ]


def chart(epochs: np.ndarray, values: np.ndarray, name: str) -> Markup:
    """The rate (n,) when so many epochs (n,) were made."""
    drawn = Chart(whole_axis(epochs, *ACROSS), value_axis(values, *UP, zero=True), "epochs made", name)
    return drawn.svg(drawn.line(epochs, values, Look(name, BLUE)), [Look(f"{name}: {values[-1]:.4g} at the end", BLUE)])
