"""Which data a run is about: the embedded digits, or what lies at a path; and how they are divided."""

from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Annotated

from chainrule.base.arguments import fraction_of_all
from chainrule.base.errors import DataError, UsageError
from chainrule.base.numbers import whole_of
from chainrule.base.showing import short
from chainrule.cli.settings import Option, leaves
from chainrule.data import Dataset, mnist, read_data
from chainrule.data.fingerprint import fingerprint
from chainrule.data.full_scale import Scale
from chainrule.data.names import as_number
from chainrule.data.schema import Given
from chainrule.data.sources import options_for
from chainrule.data.split import cut
from chainrule.tasks.presets import DIGITS, outputs_for

DATA_HELP = "A folder of IDX files, of images (one folder a class), a .csv, .npz or CIFAR's .tar.gz (default: MNIST)."
REGRESSION_HELP = "The target is real values, or classes (default: by its values)."
HEADER_HELP = "Whether a table's first line holds names (default: by its cells)."
IMAGE_HELP = "A table's columns are the pixels of such images; no: they are not (default: by their names and values)."
MISSING_HELP = "For missing values of a table take their column's mean, or drop their rows (default: refuse them)."
MOST_PIXELS = 10_000
"""Along a side of an image that is resized."""
OF_DATA = "target", "regression", "header", "image", "missing", "image_size", "skip_bad"
"""The options that are about the data at --data."""
of_run = partial(Option, kept=True)


@dataclass(frozen=True)
class DataOptions:
    """The options that say which data, and how many of them."""

    data: Annotated[Path | None, of_run(DATA_HELP, "PATH", flags=("--data", "--data-dir"), resumes=True)] = None
    target: Annotated[str | None, of_run("What to predict of a table (default: its last).", "COLUMN")] = None
    regression: Annotated[bool | None, of_run(REGRESSION_HELP, contrary="--classification", common=False)] = None
    header: Annotated[str | None, of_run(HEADER_HELP, "yes/no", common=False)] = None
    image: Annotated[str | None, of_run(IMAGE_HELP, "HEIGHTxWIDTH", common=False)] = None
    missing: Annotated[str | None, of_run(MISSING_HELP, "mean/drop", common=False)] = None
    image_size: Annotated[str | None, of_run("Resize the images of a folder.", "HEIGHTxWIDTH", common=False)] = None
    skip_bad: Annotated[
        bool, of_run("Leave out a folder's images that cannot be read or are blank, and say which.", common=False)
    ] = False
    range: Annotated[
        str | None, of_run("What black and white are in pixels (default: found).", "LOWEST,HIGHEST", common=False)
    ] = None
    ink: Annotated[str | None, of_run("Of drawings: light (on dark) or dark.", common=False)] = None
    train_data_size: Annotated[int | None, of_run("Train on the first N samples.", "N", common=False)] = None
    test_data_size: Annotated[int | None, of_run("Test on the first N samples; 0: no test.", "N", common=False)] = None
    validation: Annotated[
        float | None, of_run("Hold out this part of the training data; test once, at the end.", "FRACTION")
    ] = None

    def __post_init__(self) -> None:
        self.size()
        self.given()
        if self.header not in (None, "yes", "no"):
            raise UsageError(f"--header is {short(self.header)}; expected yes or no")
        if self.validation is not None:
            fraction_of_all("--validation", self.validation)
        for leaf in leaves(DataOptions):
            if self.data is None and leaf.path in OF_DATA and getattr(self, leaf.path) not in (None, False):
                raise UsageError(f"{leaf.flags[0]} is given without --data; expected both")

    def given(self) -> Given:
        """What is said of the pixels."""
        return given_pixels(self.range, self.ink)

    @property
    def has_header(self) -> bool | None:
        """What `header` says, if anything."""
        return None if self.header is None else self.header == "yes"

    def at(self, data: Path) -> "DataOptions":
        """The same options for other data, but for those that data of their kind do not have."""
        others = [name for name in OF_DATA if name not in options_for(data)]
        return replace(self, data=data, **{name: getattr(DataOptions, name) for name in others})

    def size(self) -> tuple[int, int] | None:
        """(height, width) of `image_size`."""
        if self.image_size is None:
            return None
        height, _, width = self.image_size.lower().partition("x")
        size = whole_of(height) or 0, whole_of(width) or 0
        if not all(1 <= side <= MOST_PIXELS for side in size):
            given, most = short(self.image_size), f"at most {MOST_PIXELS:,} each"
            raise UsageError(f"--image-size is {given}; expected height x width in pixels, as in 28x28, {most}")
        return size

    def read(self, split: str, classes: tuple[str, ...] | None = None) -> Dataset:
        """One half of the data, "train" or "test"; `classes`: all the names, if they are known already."""
        if self.data is None:
            return mnist(split)  # type: ignore[arg-type]
        return read_data(
            self.data,
            split,
            classes=classes,
            target=self.target,
            regression=self.regression,
            header=self.has_header,
            image=self.image,
            missing=self.missing,
            image_size=self.size(),
            skip_bad=self.skip_bad or None,
        )


def given_pixels(span: str | None, ink: str | None) -> Given:
    """What --range and --ink say; UsageError for what no pixels can be."""
    if ink not in (None, "light", "dark"):
        raise UsageError(f"--ink is {short(ink)}; expected light or dark")
    if span is None:
        return Given(ink=ink)
    numbers = [as_number(each) for each in span.split(",")]
    lowest, highest = numbers if len(numbers) == 2 else (None, None)
    if lowest is None or highest is None or lowest >= highest:
        raise UsageError(f"--range is {short(span)}; expected the lowest and the highest number, as in 0,255")
    return Given(Scale(lowest, highest), ink)


def called(data: Path | str | None) -> str:
    """The data at that path, in a report."""
    return "MNIST's digits" if data is None else Path(data).name


@dataclass(frozen=True)
class Data:
    """What to train on, what to look at after every epoch, and what to test on once at the end."""

    train: Dataset
    every_epoch: Dataset | None
    at_end: Dataset | None
    outputs: int  # that a network for them needs: the classes, or the values of a regression

    @cached_property
    def fingerprints(self) -> dict[str, str]:
        """Of each part that there is, by name."""
        parts = {"train": self.train, "every_epoch": self.every_epoch, "at_end": self.at_end}
        return {name: fingerprint(part) for name, part in parts.items() if part is not None}


def load_data(options: DataOptions, seed: int) -> Data:
    """The data, their first so many samples, divided."""
    whole = options.read("train")
    train, outputs = whole.head(options.train_data_size), DIGITS if options.data is None else outputs_for(whole)
    if len(train) == 0:
        raise DataError("there is no training data; expected --train-data-size of at least 1")
    test = None if options.test_data_size == 0 else options.read("test", whole.classes).head(options.test_data_size)
    train.checked("training")
    if test is not None:
        test.checked("test")
    if options.validation is None:
        return Data(train, test, None, outputs)
    stays, held_out = cut(train, options.validation, seed, "--validation")
    return Data(train.take(stays), train.take(held_out), test, outputs)
