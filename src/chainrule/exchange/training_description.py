"""How a network is trained, as plain data and back: what a run's configuration holds."""

from dataclasses import asdict, dataclass, field, fields
from typing import Annotated, Any

from chainrule.augmentation import Augmentation
from chainrule.base.errors import UsageError
from chainrule.base.guessing import expected_one_of
from chainrule.base.showing import short
from chainrule.base.typed import COUNT, ONE_OR_MORE, Typed, Within
from chainrule.tasks.original import Drand48
from chainrule.training.optimizers import OPTIMIZERS, Optimizer
from chainrule.training.sampling import Order
from chainrule.training.settings import Reduction, Training

PLACE = "training"


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


def describe_training(training: Training) -> dict[str, Any]:
    """Numbers and strings by name; a batch size of None (all samples) is left out."""
    described = {key: value for key, value in asdict(training).items() if value is not None}
    return described | {"optimizer": {"type": type(training.optimizer).__name__, **asdict(training.optimizer)}}


def build_training(description: Any, *, others: bool = False) -> Training:
    """The training that `describe_training` described; UsageError naming what of it is wrong.

    others : leave out what only another version knows
    """
    if others:
        known = {each.name for each in fields(DescribedTraining)}
        description = {name: value for name, value in description.items() if name in known}
    found: DescribedTraining = Typed(PLACE, UsageError).read(DescribedTraining, description)
    options = vars(found) | {"optimizer": build_optimizer(found.optimizer), "augmentation": None}
    if "augmentation" in description:
        options["augmentation"] = Augmentation.of(description["augmentation"])
    return Training(**options)


def build_optimizer(description: dict[str, Any]) -> Optimizer:
    """The optimizer of a type's name and its settings."""
    settings = dict(description)
    name = settings.pop("type", None)
    kind = OPTIMIZERS.get(name.lower()) if isinstance(name, str) else None
    if kind is None:
        known = [each.__name__ for each in OPTIMIZERS.values()]
        raise UsageError(f"{PLACE}.optimizer.type is {short(name)}; {expected_one_of(known, name)}")
    return Typed(f"{PLACE}.optimizer", UsageError).read(kind, settings)
