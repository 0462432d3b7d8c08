"""The listener that writes a run's folder while it is trained."""

import json
import math
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from chainrule.base.errors import ModelError, WriteError
from chainrule.base.hashing import weights_hash
from chainrule.base.together import is_first
from chainrule.base.writing import append
from chainrule.cli.reporting import tried_again_later
from chainrule.cli.run_folder import RunFolder
from chainrule.cli.step_losses import StepLosses
from chainrule.exchange.model_file import Checkpoint, is_saved, save_checkpoint
from chainrule.network.network import Network
from chainrule.tasks.evaluation import Evaluation
from chainrule.tasks.examination import plain
from chainrule.tasks.fitting import EpochRecord
from chainrule.training.events import BatchEvent, CheckpointEvent, EpochEvent, Event, Progress

OF_TRAINING = "loss", "lr", "gradient_norm", "seconds", "samples_per_second"


class Keeper:
    """The listener that writes a run's folder.

    Of several ranks the first writes. Where these survive one another the others remember what is to be written, and
    whoever becomes the first takes over: it writes its own lines in the place of the dead one's, and goes on.

    What cannot be written in the middle of training, as where a disk is full for a moment, is warned of once and
    written with what comes next; `finish` raises WriteError for it.
    """

    def __init__(
        self, folder: RunFolder, network: Network, configuration: dict[str, Any], keep_every: int | None = None
    ) -> None:
        """`keep_every`: so many epochs' checkpoints one is kept of."""
        self.folder, self.network, self.configuration, self.keep_every = folder, network, configuration, keep_every
        self._last: Checkpoint | None = None  # with its own w and statistics, as the network's may change
        self._writes = is_first()
        self._newest: Checkpoint | None = None  # that a file is to hold
        self._made = 0, 0  # epochs, and batches of the next, before this process began
        files = folder.metrics, folder.steps, folder.losses
        self._lines: dict[Path, list[dict[str, Any]]] = {file: [] for file in files}  # not written yet
        self._losses = StepLosses()

    def begin(self, start: Progress) -> None:
        """The run begins, or goes on, there."""
        self._last = Checkpoint.at(self.network, start, self.configuration)
        self._made = start.epoch, start.batch

    def save_beginning(self) -> None:
        """From there it can go on until there is a checkpoint."""
        if self._last:
            save_checkpoint(self.folder.initial, replace(self._last, last_w=None, last_statistics=None))

    def __call__(self, event: Event) -> None:
        self._take_over()
        if isinstance(event, BatchEvent):
            self._losses.add(event)
        elif isinstance(event, EpochEvent):
            losses = self._losses.line(event.progress)
            self._note({self.folder.metrics: line_of(event, self.network), self.folder.losses: losses})
        elif isinstance(event, CheckpointEvent):
            self._newest = checkpoint = Checkpoint.of(self.network, event, self.configuration)
            if checkpoint.batch:
                losses = self._losses.line(event.progress)
                self._note({self.folder.steps: step_line_of(event, self.network), self.folder.losses: losses})
            self._write()
            last = Checkpoint.at(self.network, event.progress, self.configuration)
            self._last = replace(last, memories=checkpoint.memories)

    def finish(self) -> None:
        """The run is over. Keep what that changed in the network, and where the run can go on from."""
        self._take_over()
        last, network = self._last, self.network
        if last is None:  # it has not begun
            return
        if weights_hash(last.last_w, last.last_statistics) == weights_hash(network.w, network.statistics):
            last = replace(last, last_w=None, last_statistics=None)
        try:
            self._log()
            if not is_saved(self.folder.model, last):
                self._save(last)
        except WriteError as error:
            raise WriteError(f"{error}; {self._good()}") from None

    def _take_over(self) -> None:
        if self._writes or not is_first():
            return
        self._writes = True
        self.folder.take_over(*self._made)
        with tried_again_later():
            self._log()
        self._write()

    def _write(self) -> None:
        """The newest checkpoint, if this is the rank that does."""
        checkpoint = self._newest
        if not self._writes or checkpoint is None:
            return
        with tried_again_later():
            self._save(checkpoint, previous=self.folder.previous)
            if self.keep_every and not checkpoint.batch and checkpoint.epoch % self.keep_every == 0:
                save_checkpoint(self.folder.to_keep(checkpoint.epoch), checkpoint)

    def _save(self, checkpoint: Checkpoint, previous: Path | None = None) -> None:
        save_checkpoint(self.folder.model, checkpoint, previous=previous)
        with suppress(OSError):  # it is in nobody's way
            self.folder.initial.unlink(missing_ok=True)

    def _good(self) -> str:
        """What is there to go on from."""
        try:
            done = self.folder.checkpoint().epoch
            return f"the last good checkpoint, after {done} epoch{'s' * (done != 1)}, is in {self.folder.path}"
        except ModelError:
            return "there is no checkpoint"

    def _note(self, told: Mapping[Path, dict[str, Any]]) -> None:
        for path, line in told.items():
            self._lines[path].append(line)
        if self._writes:
            with tried_again_later():
                self._log()

    def _log(self) -> None:
        """Append to each file of lines what is not in it yet."""
        for path, lines in self._lines.items():
            if lines:
                append(path, "".join(json.dumps(plain(line)) + "\n" for line in lines).encode())
                lines.clear()


def line_of(event: EpochEvent, network: Network) -> dict[str, Any]:
    """What metrics.jsonl says of an epoch, after which the network has the run's w."""
    record = EpochRecord.of(event)
    line: dict[str, Any] = {
        "epoch": record.epoch,
        "updates": event.progress.state.step,
        "loss": record.loss,
        "lr": record.lr,
        "gradient_norm": record.gradient_norm,
        "seconds": round(record.seconds, 3),
        "samples_per_second": round(record.samples_per_second, 1),
        "ended": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    if record.validation is not None:
        seen = record.validation
        line |= {"validation_loss": seen.loss, "validation_accuracy": seen.accuracy}
        if seen.rmse is not None:
            line |= {"validation_r2": seen.r2, "validation_rmse": seen.rmse}
    return line | {"weights": weights_hash(network.w, network.statistics)}


def step_line_of(event: CheckpointEvent, network: Network) -> dict[str, Any]:
    """What steps.jsonl says of a checkpoint inside an epoch."""
    at = event.progress
    weights = weights_hash(network.w, network.statistics)
    return {"epoch": at.epoch + 1, "batch": at.batch, "updates": at.state.step, "weights": weights}


def record_of(line: dict[str, Any], samples: int) -> EpochRecord:
    """What a line of metrics.jsonl says; its epoch was measured on so many samples."""
    told = [math.nan if line.get(key) is None else line[key] for key in OF_TRAINING]
    loss, accuracy, r2, rmse = (line.get(f"validation_{key}") for key in ("loss", "accuracy", "r2", "rmse"))
    seen = None if loss is None else Evaluation(loss, accuracy, samples, r2, rmse)
    loss_told, lr, norm, seconds, rate = told
    return EpochRecord(line["epoch"], loss_told, lr, norm, seconds, rate, seen)
