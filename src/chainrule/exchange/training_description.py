"""How a network is trained, as plain data and back: what a run's configuration holds."""

from dataclasses import asdict
from typing import Any

from chainrule.augmentation import Augmentation
from chainrule.base.errors import UsageError
from chainrule.tasks.original import Drand48
from chainrule.training.descent import Training
from chainrule.training.optimizers import OPTIMIZERS


def describe_training(training: Training) -> dict[str, Any]:
    """Numbers and strings by name; a batch size of None (all samples) is left out."""
    described = {key: value for key, value in asdict(training).items() if value is not None}
    return described | {"optimizer": {"type": type(training.optimizer).__name__, **asdict(training.optimizer)}}


def build_training(description: dict[str, Any]) -> Training:
    """The training that `describe_training` described; UsageError if it is none."""
    options = {"batch_size": None, **description}
    try:
        if "augmentation" in options:
            options["augmentation"] = Augmentation.of(options["augmentation"])
        if "draws" in options:
            options["draws"] = Drand48(**options["draws"])
        settings = dict(options.pop("optimizer"))
        kind = OPTIMIZERS[settings.pop("type").lower()]
        return Training(kind(**settings), **options)
    except UsageError:
        raise
    except (KeyError, TypeError, AttributeError, ValueError):
        raise UsageError(f"training is {description}; expected what `describe_training` gives") from None
