"""What a run's folder says of the run, read: config.toml and its files of lines, by what they must hold."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from chainrule.base.errors import ChainruleError, DataError, warn
from chainrule.base.plain_text import json_of, toml_file
from chainrule.base.reading import sized
from chainrule.base.typed import COUNT, ONE_OR_MORE, Typed, Within
from chainrule.cli.settings import restored
from chainrule.cli.step_losses import LossLine
from chainrule.cli.train_settings import TrainSettings
from chainrule.exchange.configuration import known
from chainrule.exchange.training_description import build_training

ANY_NAME = "surrogateescape"  # a file may be called by bytes that are no UTF-8
MOST_BYTES, LONGEST = 64 << 20, 64 << 10
"""Of a file of lines, and of one of them."""
NEEDED = "name", "training", "initial_weights", "network"
Some = Annotated[float, Within(0)]


@dataclass(frozen=True)
class EpochLine:
    """A line of metrics.jsonl; null is a number that there is not, or is not finite."""

    epoch: Annotated[int, ONE_OR_MORE]
    loss: float | None = None
    lr: Some | None = None
    gradient_norm: Some | None = None
    seconds: Some = 0.0
    samples_per_second: Some | None = None
    validation_loss: float | None = None
    validation_accuracy: Annotated[float, Within(0, 1 + 1e-6)] | None = None
    validation_r2: float | None = None
    validation_rmse: Some | None = None
    weights: Annotated[str, Within(0, 64)] | None = None
    updates: Annotated[int, COUNT] | None = None
    ended: Annotated[str, Within(0, 64)] | None = None

    @property
    def place(self) -> tuple[int, int]:
        """(epochs done, batches done in the next one)."""
        return self.epoch, 0


@dataclass(frozen=True)
class StepLine:
    """A line of steps.jsonl: a checkpoint inside an epoch."""

    epoch: Annotated[int, ONE_OR_MORE]
    batch: Annotated[int, ONE_OR_MORE]
    updates: Annotated[int, ONE_OR_MORE]
    weights: Annotated[str, Within(0, 64)]

    @property
    def place(self) -> tuple[int, int]:
        """(epochs done, batches done in the next one)."""
        return self.epoch - 1, self.batch


def read_configuration(path: Path) -> dict[str, Any]:
    """All that fixes a run; DataError naming the key that cannot be right."""
    found = toml_file(path, DataError, ANY_NAME)
    missing = [name for name in NEEDED if name not in found]
    if missing:
        raise DataError(f"{path}: has no {missing[0]}; expected a run's configuration")
    try:
        known(found, "config", DataError)
        build_training(found["training"])
        restored(TrainSettings(), found)
    except ChainruleError as error:
        raise DataError(f"{path}: {str(error).removeprefix('config.')}") from None
    return found


def read_epochs(path: Path) -> list[dict[str, Any]]:
    """The lines of the epochs that were made, one after the other; a warning names the one that ends them."""
    return _lines(path, EpochLine)


def read_steps(path: Path) -> list[dict[str, Any]]:
    """Likewise those of the checkpoints inside epochs."""
    return _lines(path, StepLine)


def read_losses(path: Path) -> list[dict[str, Any]]:
    """Likewise those of the losses of updates."""
    return _lines(path, LossLine)


def _lines(path: Path, kind: type[EpochLine] | type[StepLine] | type[LossLine]) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = []
    last: Any = None
    try:
        for text in lines_of(path):
            found = json_of(text, "it", DataError)
            line = Typed("it", DataError).read(kind, found)
            if last and line.place <= last.place:
                inside = "" if isinstance(last, EpochLine) else f", batch {last.batch}"
                raise DataError(f"it.epoch is {line.epoch}; expected more than {last.epoch}{inside}, the one before")
            lines.append(found)
            last = line
    except DataError as error:
        warn(f"{path}: line {len(lines) + 1} cannot be read, nor what follows: {error}")
    return lines


def lines_of(path: Path) -> Iterator[str]:
    """The lines of a file, if there is one; DataError for what no line can be."""
    if not os.path.lexists(path):
        return
    with sized(path, DataError, MOST_BYTES) as (file, _):
        while line := file.readline(LONGEST):
            if not line.endswith(b"\n"):
                raise DataError("it has no end" if len(line) < LONGEST else f"it has more than {LONGEST:,} bytes")
            try:
                yield line.decode("utf-8")
            except UnicodeDecodeError as error:
                raise DataError(f"it is no text: {error}") from None
