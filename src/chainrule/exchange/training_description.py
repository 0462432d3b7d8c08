"""How a network is trained, as plain data and back: what a run's configuration holds."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, is_dataclass, replace
from typing import Annotated, Any

from chainrule.augmentation import Augmentation
from chainrule.base.errors import UsageError
from chainrule.base.guessing import expected_one_of
from chainrule.base.showing import short
from chainrule.base.typed import COUNT, ONE_OR_MORE, Typed, Within, hints_of
from chainrule.layers.layer import plain
from chainrule.tasks.original import Drand48
from chainrule.training.averages import AVERAGES
from chainrule.training.optimizers import OPTIMIZERS
from chainrule.training.sampling import Order
from chainrule.training.schedules import SCHEDULES, Schedule
from chainrule.training.settings import Reduction, Training

PLACE = "training"
KINDS: dict[str, Mapping[str, type]] = {
    "optimizer": {kind.__name__: kind for kind in OPTIMIZERS.values()},
    "schedule": SCHEDULES,
    "momentum_schedule": SCHEDULES,
    "average": AVERAGES,
}
"""What of a training is a value of one of several types, by their names."""


@dataclass(frozen=True)
class DescribedTraining:
    """A training as plain data; what is left out is as by default, but for the batch size: all samples."""

    optimizer: dict[str, Any]
    epochs: Annotated[int, COUNT] = Training.epochs
    batch_size: Annotated[int, ONE_OR_MORE] | None = None
    order: Order = Training.order
    reduction: Reduction = Training.reduction
    lr_decay: Annotated[float, Within(0, open=True)] = Training.lr_decay
    lr_decay_every: Annotated[int, ONE_OR_MORE] = Training.lr_decay_every
    seed: Annotated[int, Within(0, 2**64 - 1)] = Training.seed
    augmentation: dict[str, float] = field(default_factory=dict)
    draws: Drand48 | None = None
    schedule: dict[str, Any] | None = None
    momentum_schedule: dict[str, Any] | None = None
    clip_norm: Annotated[float, Within(0, open=True)] | None = None
    average: dict[str, Any] | None = None


def describe_training(training: Training) -> dict[str, Any]:
    """Numbers and strings by name; a batch size of None (all samples) is left out."""
    described = {key: value for key, value in asdict(training).items() if value is not None}
    return described | {key: describe_value(value) for key in KINDS if (value := getattr(training, key)) is not None}


def build_training(description: Any, *, others: bool = False) -> Training:
    """The training that `describe_training` described; UsageError naming what of it is wrong.

    others : leave out what only another version knows
    """
    if others:
        known = {each.name for each in fields(DescribedTraining)}
        description = {name: value for name, value in description.items() if name in known}
    found: DescribedTraining = Typed(PLACE, UsageError).read(DescribedTraining, description)
    given = {key: value for key in KINDS if (value := getattr(found, key)) is not None}
    built = {key: build_value(KINDS[key], value, f"{PLACE}.{key}") for key, value in given.items()}
    options: dict[str, Any] = {**vars(found), **built, "augmentation": None}
    if "augmentation" in description:
        options["augmentation"] = Augmentation.of(description["augmentation"])
    return Training(**options)


def describe_value(value: Any) -> dict[str, Any]:
    """An optimizer, a schedule or an average: its type's name and its settings, in which another may stand."""
    settings = {each.name: getattr(value, each.name) for each in fields(value)}
    described = {name: describe_value(each) if is_dataclass(each) else each for name, each in settings.items()}
    return {"type": type(value).__name__} | {name: each for name, each in described.items() if each is not None}


def build_value(kinds: Mapping[str, type], description: Mapping[str, Any], place: str) -> Any:
    """One of these kinds, by its type's name in any case and its settings; UsageError, which calls it `place`."""
    settings = dict(description)
    name = settings.pop("type", None)
    kind = next((each for known, each in kinds.items() if plain(known) == plain(str(name))), None)
    if kind is None:
        raise UsageError(f"{place}.type is {short(name)}; {expected_one_of(kinds, name)}")
    nested = {key for key, hint in hints_of(kind).items() if hint == Schedule | None}
    inner = {key: settings.pop(key) for key in nested if isinstance(settings.get(key), Mapping)}
    found = Typed(place, UsageError).read(kind, settings)
    return replace(found, **{key: build_value(SCHEDULES, each, f"{place}.{key}") for key, each in inner.items()})
