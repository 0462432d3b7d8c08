"""The folder that a training run writes: config.toml, metrics.jsonl (a line an epoch), model.safetensors."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import tomli_w

from chainrule.errors import UsageError
from chainrule.events import Progress
from chainrule.fitting import EpochRecord
from chainrule.model_file import Checkpoint, save_checkpoint
from chainrule.network import Network


class RunFolder:
    """Made at the start of a run, so that a folder that cannot be written fails before the training."""

    def __init__(self, out: Path | None, name: str, configuration: dict[str, Any]) -> None:
        self.path = out or _dated(name)
        self.configuration = configuration
        if self.model.exists():
            raise UsageError(f"{self.path} already holds a model; give another folder with --out, or remove it")
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            (self.path / "config.toml").write_text(tomli_w.dumps(configuration), encoding="utf-8")
            self.metrics.write_text("", encoding="utf-8")
        except OSError as error:
            raise UsageError(f"--out {self.path}: cannot write there: {error.strerror}") from None

    @property
    def model(self) -> Path:
        return self.path / "model.safetensors"

    @property
    def metrics(self) -> Path:
        return self.path / "metrics.jsonl"

    def log(self, record: EpochRecord) -> None:
        """Append an epoch to metrics.jsonl."""
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
        with self.metrics.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def save(self, network: Network, progress: Progress) -> None:
        """Write the model and where its training stands."""
        checkpoint = Checkpoint(
            network,
            progress.optimizer_vectors(),
            progress.epoch,
            progress.batch,
            progress.state.step,
            self.configuration,
        )
        save_checkpoint(self.model, checkpoint)


def _dated(name: str) -> Path:
    """runs/2026-01-31_12-00-00_name, or with -2, -3, ... where that is taken."""
    stem = f"{datetime.now():%Y-%m-%d_%H-%M-%S}_{name}"
    path, k = Path("runs", stem), 2
    while path.exists():
        path, k = Path("runs", f"{stem}-{k}"), k + 1
    return path
