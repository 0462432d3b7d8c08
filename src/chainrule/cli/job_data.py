"""Which data a run is about: the embedded digits, or what lies at a path; and how they are divided."""

from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from chainrule.base.errors import DataError, UsageError
from chainrule.data import Dataset, mnist, read_data
from chainrule.data.halves import cut
from chainrule.exchange.model_file import Checkpoint
from chainrule.losses.loss import ClassLoss
from chainrule.tasks.presets import DIGITS


@dataclass(frozen=True)
class DataOptions:
    """What the command line says of the data."""

    data: str | None = None  # a path; None: the embedded MNIST
    target: str | None = None  # a table's column
    image_size: str | None = None  # to which images of a folder are resized, as in 28x28
    train_data_size: int | None = None
    test_data_size: int | None = None
    validation: float | None = None

    def __post_init__(self) -> None:
        self.size()
        for name in ("target", "image_size"):
            if self.data is None and getattr(self, name) is not None:
                raise UsageError(f"--{name.replace('_', '-')} is about --data, which is not given")

    def configuration(self) -> dict[str, Any]:
        """As a run's configuration holds them, those that are given; the path from the root."""
        values = {name: value for name, value in asdict(self).items() if value is not None}
        return values | ({"data": str(Path(self.data).resolve())} if self.data else {})

    @classmethod
    def of(cls, configuration: dict[str, Any]) -> "DataOptions":
        """Those of a run."""
        return cls(**{name: configuration[name] for name in cls.__dataclass_fields__ if name in configuration})

    def size(self) -> tuple[int, int] | None:
        """(height, width) of `image_size`."""
        if self.image_size is None:
            return None
        height, _, width = self.image_size.lower().partition("x")
        if not (height.isdecimal() and width.isdecimal() and int(height) and int(width)):
            raise UsageError(f"--image-size is {self.image_size!r}; expected height x width in pixels, as in 28x28")
        return int(height), int(width)

    def read(self, split: str, classes: tuple[str, ...] | None = None) -> Dataset:
        """One half of the data, "train" or "test"; `classes`: all the names, if they are known already."""
        if self.data is None:
            return mnist(split)  # type: ignore[arg-type]
        return read_data(self.data, split, target=self.target, image_size=self.size(), classes=classes)


@dataclass(frozen=True)
class Data:
    """What to train on, what to look at after every epoch, and what to test on once at the end."""

    train: Dataset
    every_epoch: Dataset | None
    at_end: Dataset | None
    outputs: int  # that a network for them needs: the classes, or the values of a regression


def load_data(options: DataOptions, seed: int) -> Data:
    """The data, their first so many samples, divided."""
    whole = options.read("train")
    train, outputs = whole.head(options.train_data_size), outputs_for(whole, embedded=options.data is None)
    if len(train) == 0:
        raise DataError("there is no training data; expected --train-data-size of at least 1")
    test = None if options.test_data_size == 0 else options.read("test", whole.classes).head(options.test_data_size)
    if options.validation is None:
        return Data(train, test, None, outputs)
    stays, held_out = cut(train, options.validation, seed, "--validation")
    return Data(train.take(stays), train.take(held_out), test, outputs)


def outputs_for(data: Dataset, embedded: bool) -> int:
    """How many numbers a network must say of each sample."""
    if embedded:
        return DIGITS
    if data.t.dtype.kind in "iu":
        return data.class_count
    return data.t[:1].size


def data_for(checkpoint: Checkpoint, data: Path | None, split: str | None) -> Dataset:
    """What to try a model on: these data, or those of the run that made it, read as that run read its own.

    `split` is "train", "test" or "all"; None: of its own data the test half, of others all, if they are in one piece.
    """
    network, trained_on = checkpoint.network, DataOptions.of(checkpoint.configuration)
    if data is None and trained_on.data is None:
        return DataOptions().read(split or "test")
    options = DataOptions(str(data or trained_on.data), trained_on.target, trained_on.image_size)
    names = checkpoint.configuration.get("classes")
    if names is None and isinstance(network.loss, ClassLoss):
        names = map(str, range(network.output_shape[0]))
    classes = names and tuple(names)
    if split is None and options.configuration()["data"] != trained_on.data:
        with suppress(UsageError):  # they have two halves
            return options.read("all", classes)
    return options.read(split or "test", classes)
