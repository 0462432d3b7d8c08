"""What `chainrule train` is asked to do, resolved from a preset or a network file and the options given."""

from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from chainrule.data import Dataset, mnist, read_idx_folder
from chainrule.description import describe, describe_training, load_network
from chainrule.errors import DataError, UsageError
from chainrule.network import Network
from chainrule.optimizers import OPTIMIZERS, Optimizer
from chainrule.presets import Seeds, preset
from chainrule.random import SPLIT, Draws, permutation
from chainrule.training import Training
from chainrule.version import __version__

DEFAULT_PRESET = "mnist"


@dataclass(frozen=True)
class Job:
    """A network, how to train it, and how to report."""

    name: str
    network: Network
    training: Training
    weights: dict[str, Any]  # how the initial ones are drawn
    original_lines: bool = False

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

    def apply(self, training: Training, seed: int) -> Training:
        optimizer = change_optimizer(training.optimizer, self)
        plain = ("epochs", "batch_size", "lr_decay", "order", "reduction")
        given = {name: value for name in plain if (value := getattr(self, name)) is not None}
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
    return Job(chosen.name, chosen.network(seed, original), training, weights, chosen.original_lines)


def philox(seed: int) -> dict[str, Any]:
    """The usual initial weights, as a configuration holds them."""
    return {"generator": "Philox4x32-10", "seed": seed}


@dataclass(frozen=True)
class DataOptions:
    """Which data to train on, and how they are divided."""

    data: Path | None = None  # None: the embedded MNIST
    train_data_size: int | None = None
    test_data_size: int | None = None
    validation: float | None = None

    def configuration(self) -> dict[str, Any]:
        """As a run's configuration holds them, those that are given."""
        values = {name: value for name, value in asdict(self).items() if value is not None}
        return values | ({"data": str(self.data.resolve())} if self.data else {})

    @classmethod
    def of(cls, configuration: dict[str, Any]) -> "DataOptions":
        """Those of a run."""
        data, *sizes = (configuration.get(field.name) for field in fields(cls))
        return cls(Path(data) if data else None, *sizes)


@dataclass(frozen=True)
class Data:
    """What to train on, what to look at after every epoch, and what to test on once at the end."""

    train: Dataset
    every_epoch: Dataset | None
    at_end: Dataset | None


def load_data(options: DataOptions, seed: int) -> Data:
    """The embedded MNIST, or an IDX folder; the first so many samples of it."""
    train = load_split(options.data, "train").head(options.train_data_size)
    if len(train) == 0:
        raise DataError("there is no training data; expected --train-data-size of at least 1")
    test = None if options.test_data_size == 0 else load_split(options.data, "test").head(options.test_data_size)
    if options.validation is None:
        return Data(train, test, None)
    train, held_out = train.split(options.validation, permutation(Draws(seed, SPLIT), len(train)))
    return Data(train, held_out, test)


def load_split(folder: Path | None, split: str) -> Dataset:
    """One half of the embedded MNIST, or of an IDX folder."""
    return mnist(split) if folder is None else read_idx_folder(folder, split)  # type: ignore[arg-type]
