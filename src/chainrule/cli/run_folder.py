"""The folder of a training run, and the listener that keeps it.

config.toml               all that fixes the run
metrics.jsonl             a line an epoch
model.safetensors         the network, and where its training stands; written at every checkpoint
previous.safetensors      the one before it
report.html               how well the network does, once the run is over
"""

import hashlib
import json
import math
import tomllib
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import tomli_w

from chainrule.base.errors import DataError, ModelError, UsageError
from chainrule.base.files import write_atomically
from chainrule.exchange.model_file import Checkpoint, load_checkpoint, save_checkpoint
from chainrule.network.network import Network
from chainrule.tasks.examination import plain
from chainrule.tasks.fitting import EpochRecord
from chainrule.training.events import CheckpointEvent, EpochEvent, Event, Progress

MODEL_HELP = "A model.safetensors, or the folder of a run."
ANY_NAME = "surrogateescape"  # a file may be called by bytes that are no UTF-8


class RunFolder:
    """A folder that holds a run, or will."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.model, self.previous = path / "model.safetensors", path / "previous.safetensors"
        self.config, self.metrics, self.report = path / "config.toml", path / "metrics.jsonl", path / "report.html"

    @classmethod
    def new(cls, out: Path | None, name: str) -> "RunFolder":
        """For a new run of that name; UsageError for a folder that holds one already."""
        folder = cls(out or _dated(name))
        if folder.model.exists():
            expected = "expected another --out, or --resume to go on with it"
            raise UsageError(f"{folder.path}: holds a model already; {expected}")
        return folder

    def begin(self, configuration: dict[str, Any], made: int) -> None:
        """Write down what fixes the run, and keep the lines of the epochs that it has made."""
        lines = self.epochs(made)
        self.replace(self.config, tomli_w.dumps(configuration).encode(errors=ANY_NAME))
        self.replace(self.metrics, "".join(json.dumps(line) + "\n" for line in lines).encode())

    def replace(self, file: Path, content: bytes) -> None:
        """Write one of its files, whole or not at all: whatever ends the process, the run can go on."""
        try:
            write_atomically(file, lambda part: part.write(content))
        except OSError as error:
            raise UsageError(f"{self.path}: cannot write there: {error.strerror}") from None

    def configuration(self) -> dict[str, Any]:
        """What `begin` wrote; UsageError if this is no run's folder."""
        try:
            return tomllib.loads(self.config.read_text(encoding="utf-8", errors=ANY_NAME))
        except OSError:
            raise UsageError(f"{self.path}: there is no config.toml in it; expected the folder of a run") from None
        except tomllib.TOMLDecodeError as error:
            raise DataError(f"{self.config}: damaged: {error}") from None

    def epochs(self, most: float = math.inf) -> list[dict[str, Any]]:
        """The lines of metrics.jsonl, at most of so many epochs; a line that a crash cut off ends them."""
        lines: list[dict[str, Any]] = []
        with suppress(OSError, ValueError):
            for text in self.metrics.read_text(encoding="utf-8").splitlines():
                lines.append(json.loads(text))
        return [line for line in lines if line.get("epoch", 0) <= most]

    def checkpoint(self) -> Checkpoint:
        """The last whole one; ModelError if there is none."""
        try:
            return load_checkpoint(self.model)
        except ModelError:
            if not self.previous.exists():
                raise
            return load_checkpoint(self.previous)


class Keeper:
    """The listener that writes a run's folder."""

    def __init__(self, folder: RunFolder, network: Network, configuration: dict[str, Any]) -> None:
        self.folder, self.network, self.configuration = folder, network, configuration
        self._last: Checkpoint | None = None  # with its own w and statistics, as the network's may change

    def __call__(self, event: Event) -> None:
        if isinstance(event, EpochEvent):
            self._log(event)
        elif isinstance(event, CheckpointEvent):
            checkpoint, kept = Checkpoint.of(self.network, event, self.configuration), self.network.statistics
            self._save(checkpoint)
            last_statistics = kept.copy() if kept.size else None
            self._last = replace(checkpoint, last_w=self.network.w.copy(), last_statistics=last_statistics)

    def finish(self, progress: Progress) -> None:
        """The run is over. Keep what that changed in the network, and where the run can go on from."""
        last, network = self._last, self.network
        if last is None:  # nothing was done
            if not self.folder.model.exists():
                self(CheckpointEvent(progress, ()))
            return
        if weights_hash(last.last_w, last.last_statistics) == weights_hash(network.w, network.statistics):
            last = replace(last, last_w=None, last_statistics=None)
        save_checkpoint(self.folder.model, last)

    def _save(self, checkpoint: Checkpoint) -> None:
        """The new model first, then the old one as the previous: at every moment there is a whole model."""
        old = self.folder.model.read_bytes() if self.folder.model.exists() else None
        save_checkpoint(self.folder.model, checkpoint)
        if old is not None:
            self.folder.replace(self.folder.previous, old)

    def _log(self, event: EpochEvent) -> None:
        """Append an epoch to metrics.jsonl."""
        record = EpochRecord.of(event)
        line: dict[str, Any] = {
            "epoch": record.epoch,
            "loss": record.loss,
            "lr": record.lr,
            "gradient_norm": record.gradient_norm,
            "seconds": round(record.seconds, 3),
            "samples_per_second": round(record.samples_per_second, 1),
        }
        if record.validation is not None:
            line |= {"validation_loss": record.validation.loss, "validation_accuracy": record.validation.accuracy}
        line["weights"] = weights_hash(self.network.w, self.network.statistics)
        with self.folder.metrics.open("a", encoding="utf-8") as file:
            file.write(json.dumps(plain(line)) + "\n")


def measured_on(configuration: dict[str, Any]) -> str:
    """What a run looks at after every epoch: a part of its training data, "held-out", or the "test" data."""
    return "test" if configuration.get("validation") is None else "held-out"


def model_file(path: Path) -> Path:
    """The model at that path: of a run's folder, the run's. ModelError for a folder that holds no model."""
    if not path.is_dir():
        return path
    found = RunFolder(path).model
    if found.exists():
        return found
    expected = "expected a model.safetensors, or the folder of a run that has one"
    runs = sorted(path.glob(f"*/{found.name}"), key=lambda each: each.stat().st_mtime)
    raise ModelError(f"{path}: there is no {found.name} in it; {expected}{f', as {runs[-1].parent}' if runs else ''}")


def run_folder(path: Path) -> RunFolder:
    """The run at that path, which may also be its model's."""
    folder = RunFolder(path)
    return RunFolder(path.parent) if path.name == folder.model.name and path.is_file() else folder


def weights_hash(*vectors: np.ndarray | None) -> str:
    """16 hexadecimal digits of the SHA-256 of vectors, w and then statistics, in canonical order, little-endian."""
    digest = hashlib.sha256()
    for vector in vectors:
        if vector is not None:
            digest.update(vector.astype(vector.dtype.newbyteorder("<"), copy=False).tobytes())
    return digest.hexdigest()[:16]


def _dated(name: str) -> Path:
    """runs/2026-01-31_12-00-00_name, or with -2, -3, ... where that is taken."""
    stem = f"{datetime.now():%Y-%m-%d_%H-%M-%S}_{name}"
    path, k = Path("runs", stem), 2
    while path.exists():
        path, k = Path("runs", f"{stem}-{k}"), k + 1
    return path
