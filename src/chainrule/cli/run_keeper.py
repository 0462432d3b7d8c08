"""The listener that writes a run's folder while it is trained."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from chainrule.base.errors import ModelError, WriteError, warn
from chainrule.base.writing import append
from chainrule.cli.run_folder import RunFolder, weights_hash
from chainrule.exchange.model_file import Checkpoint, save_checkpoint
from chainrule.network.network import Network
from chainrule.tasks.examination import plain
from chainrule.tasks.fitting import EpochRecord
from chainrule.training.events import CheckpointEvent, EpochEvent, Event, Progress


class Keeper:
    """The listener that writes a run's folder.

    What cannot be written in the middle of training, as where a disk is full for a moment, is warned of once and
    written with what comes next; `finish` raises WriteError for it.
    """

    def __init__(self, folder: RunFolder, network: Network, configuration: dict[str, Any]) -> None:
        self.folder, self.network, self.configuration = folder, network, configuration
        self._last: Checkpoint | None = None  # with its own w and statistics, as the network's may change
        self._lines: list[dict[str, Any]] = []  # of metrics.jsonl, that are not written yet

    def __call__(self, event: Event) -> None:
        if isinstance(event, EpochEvent):
            self._lines.append(self._line(event))
            self._try(self._log)
        elif isinstance(event, CheckpointEvent):
            checkpoint, kept = Checkpoint.of(self.network, event, self.configuration), self.network.statistics
            self._try(lambda: save_checkpoint(self.folder.model, checkpoint, previous=self.folder.previous))
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
        try:
            self._log()
            save_checkpoint(self.folder.model, last)
        except WriteError as error:
            raise WriteError(f"{error}; {self._good()}") from None

    def _try(self, write: Callable[[], None]) -> None:
        try:
            write()
        except WriteError as error:
            warn(f"{error}; training goes on, and tries again after the next epoch")

    def _good(self) -> str:
        """What is there to go on from."""
        try:
            return f"the last good checkpoint is that of {self.folder.checkpoint().epoch} epochs in {self.folder.path}"
        except ModelError:
            return "there is no checkpoint"

    def _log(self) -> None:
        """Append to metrics.jsonl what is not in it yet."""
        if self._lines:
            append(self.folder.metrics, "".join(json.dumps(plain(line)) + "\n" for line in self._lines).encode())
            self._lines = []

    def _line(self, event: EpochEvent) -> dict[str, Any]:
        """What metrics.jsonl says of an epoch."""
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
            seen = record.validation
            line |= {"validation_loss": seen.loss, "validation_accuracy": seen.accuracy}
            if seen.rmse is not None:
                line |= {"validation_r2": seen.r2, "validation_rmse": seen.rmse}
        line["weights"] = weights_hash(self.network.w, self.network.statistics)
        return line
