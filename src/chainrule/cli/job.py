"""What `chainrule train` is asked to do, resolved from a preset or a network file and the options given."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.augmentation.augmentation import Augmentation
from chainrule.base.errors import UsageError
from chainrule.base.version import __version__
from chainrule.cli.job_data import Data
from chainrule.exchange.description import describe, describe_training, load_network
from chainrule.network.network import Network
from chainrule.tasks.presets import DIGIT_SHAPE, DIGITS, Preset, Seeds, preset
from chainrule.training.descent import Training
from chainrule.training.optimizers import OPTIMIZERS, Optimizer

DEFAULT_PRESET = "mnist"


@dataclass(frozen=True)
class Job:
    """A network, how to train it, and how to report."""

    name: str
    network: Network
    training: Training
    weights: dict[str, Any]  # how the initial ones are drawn
    preset: Preset | None = None  # None: a network of the user's own
    seeds: Seeds = field(default_factory=Seeds)

    @property
    def original_lines(self) -> bool:
        """Whether to report as the lecture's program does."""
        return self.preset is not None and self.preset.original_lines

    def adapted(self, data: "Data") -> "Job":
        """The job on these data: a preset's network is made to fit them, unless they are digits."""
        digits = data.train.x.shape[1:] == DIGIT_SHAPE and data.train.x.dtype == np.uint8
        if self.preset is None or (digits and data.train.classes is None and data.outputs <= DIGITS):
            return self
        return replace(self, network=self.preset.network_for(data.train, data.outputs, self.training.seed, self.seeds))

    def configuration(self, **more: Any) -> dict[str, Any]:
        """All that fixes the run, as a TOML file holds it."""
        return {
            "name": self.name,
            "chainrule": __version__,
            **{key: value for key, value in more.items() if value is not None},
            "initial_weights": self.weights,
            "training": describe_training(self.training),
            "network": describe(self.network),
        }


@dataclass(frozen=True)
class Changes:
    """What the options of `train` change in a preset's training; None leaves it."""

    epochs: int | None = None
    batch_size: int | None = None
    lr: float | None = None
    lr_decay: float | None = None
    optimizer: str | None = None
    momentum: float | None = None
    weight_decay: float | None = None
    order: str | None = None
    reduction: str | None = None
    augment: str | None = None

    def apply(self, training: Training, seed: int) -> Training:
        optimizer = change_optimizer(training.optimizer, self)
        plain = ("epochs", "batch_size", "lr_decay", "order", "reduction")
        given = {name: value for name in plain if (value := getattr(self, name)) is not None}
        if self.augment is not None:
            given["augmentation"] = Augmentation.parse(self.augment)
        if self.optimizer is not None and self.lr_decay is None:
            given["lr_decay"] = 1.0  # the preset's decay belongs to the preset's optimizer
        return replace(training, optimizer=optimizer, seed=seed, **given)


def change_optimizer(default: Optimizer, changes: Changes) -> Optimizer:
    """The preset's optimizer or the named one, with the given settings."""
    optimizer = default
    if changes.optimizer is not None:
        if changes.optimizer not in OPTIMIZERS:
            raise UsageError(f"there is no optimizer {changes.optimizer!r}; expected one of: {', '.join(OPTIMIZERS)}")
        optimizer = OPTIMIZERS[changes.optimizer]()  # type: ignore[call-arg]
    settings = {"lr": changes.lr, "momentum": changes.momentum, "weight_decay": changes.weight_decay}
    given = {name: value for name, value in settings.items() if value is not None}
    for name in given:
        if not hasattr(optimizer, name):
            raise UsageError(f"--{name} is for the optimizer sgd; this run uses {type(optimizer).__name__}")
    return replace(optimizer, **given)


def make_job(
    preset_name: str | None, network_file: Path | None, seed: int, seeds: dict[str, int | None], changes: Changes
) -> Job:
    """The job; UsageError or NetworkError where the options contradict each other or describe nothing possible."""
    names = {"weight_seed": "weights", "dropout_seed_1": "dropout1", "dropout_seed_2": "dropout2"}
    given = {names[name]: value for name, value in seeds.items() if value is not None}
    if network_file is not None:
        if preset_name is not None:
            raise UsageError("both --preset and --network are given; expected one of them")
        if given:
            raise UsageError("--weight-seed and --dropout-seed-1, -2 are for the preset 21mnist; use --seed")
        training = changes.apply(Training(), seed)
        return Job(network_file.stem, load_network(network_file, seed), training, philox(seed))
    chosen = preset(preset_name or DEFAULT_PRESET)
    if given and not chosen.original_weights:
        raise UsageError(f"--weight-seed and --dropout-seed-1, -2 are for the preset 21mnist, not {chosen.name}")
    original = Seeds(**given)
    weights = {"generator": "Lcg48", "seed": original.weights} if chosen.original_weights else philox(seed)
    training = changes.apply(chosen.training, seed)
    return Job(chosen.name, chosen.network(seed, original), training, weights, chosen, original)


def philox(seed: int) -> dict[str, Any]:
    """The usual initial weights, as a configuration holds them."""
    return {"generator": "Philox4x32-10", "seed": seed}
