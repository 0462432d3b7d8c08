"""What `chainrule train` tells at the end: how well the network does, and what to type next."""

from dataclasses import dataclass
from typing import Any

from chainrule.base.printable import typed
from chainrule.cli.reporting import INTERRUPTED
from chainrule.cli.run_folder import RunFolder
from chainrule.tasks.evaluation import Evaluation
from chainrule.tasks.fitting import History


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a run has ended."""

    name: str
    folder: RunFolder
    history: History  # of this process; of an earlier one there is metrics.jsonl
    final: Evaluation | None  # None: not measured
    kind: str  # of the data that it is measured on: "test" or "held-out"
    seconds: float  # of this process
    samples: int  # trained on
    held_out: int
    is_regression: bool  # then there is no accuracy

    @property
    def done(self) -> bool:
        return self.history.reason != INTERRUPTED

    @property
    def title(self) -> str:
        made = "trained" if self.epochs else "not trained"
        return f"{self.name}: {made if self.history.reason == 'done' else self.history.reason}"

    @property
    def epochs(self) -> int:
        """Made in all."""
        return self.history.progress.epoch if self.history.progress else 0

    @property
    def batches(self) -> int:
        """Made of an epoch that has not ended."""
        return self.history.progress.batch if self.history.progress else 0

    @property
    def rate(self) -> float:
        """Samples a second while training."""
        history = self.history
        return len(history.epochs) * self.samples / history.seconds if history.epochs else 0.0

    @property
    def report(self) -> str | None:
        return str(self.folder.report) if self.done and self.folder.report.exists() else None

    @property
    def loss(self) -> float | None:
        """As measured, or else of the last epoch's training."""
        if self.final:
            return self.final.loss
        return self.history.epochs[-1].loss if self.history.epochs else None

    def values(self) -> dict[str, Any]:
        """For --json."""
        final, accuracy = self.final, self.final.accuracy if self.final else None
        return {
            "accuracy": accuracy,
            **({"r2": final and final.r2, "rmse": final and final.rmse} if self.is_regression else {}),
            "loss": self.loss,
            "epochs": self.epochs,
            "seconds": round(self.seconds, 3),
            "training_seconds": round(self._training_seconds(), 3),
            "samples_per_second": round(self.rate, 1),
            "model": str(self.folder.model),
            "report": self.report,
            "preset": self.name,
            "train_samples": self.samples,
            "test_samples": final.samples if final and self.kind == "test" else 0,
            "held_out_samples": self.held_out,
            "stopped": self.history.reason,
            "next": command("evaluate" if self.done else "train --resume", self.folder),
        }

    def rows(self) -> dict[str, str]:
        """For a person."""
        final, epochs = self.final, len(self.history.epochs)
        tested = f" on {final.samples:,} {self.kind} samples" if final else " on the training samples"
        scores = {"accuracy": (final and final.accuracy, ".2%")}
        if self.is_regression:
            scores = {"R2": (final and final.r2, ".4f"), "rms error": (final and final.rmse, ".4g")}
        made = f"{epochs} epoch{'s' * (epochs != 1)} of {self.samples:,} samples"
        made += f", {self.epochs} in all" * (self.epochs > epochs) + f", and {self.batches} batches" * (
            self.batches > 0
        )
        return {
            **{
                name: "not measured" if score is None else f"{score:{form}}{tested}"
                for name, (score, form) in {**scores, "loss": (self.loss, ".4f")}.items()
            },
            "time": f"{self.seconds:.1f} s for {made}",
            **({"speed": f"{self.rate:,.0f} samples/s while training"} if epochs else {}),
            "model": str(self.folder.model),
            **({"report": self.report} if self.report else {}),
        }

    def next(self) -> str:
        """What to type next; below the table, where a line can be copied whole."""
        resume = command("train --resume", self.folder)
        if not self.done:
            return f"go on: {resume}"
        more = f"; for more epochs:\n       {resume} --epochs {2 * self.epochs or 1}" * (self.history.reason == "done")
        return f"next:  {command('evaluate', self.folder)}\ngo on: it is finished{more}"

    def _training_seconds(self) -> float:
        """Of all epochs of the run."""
        return sum(line.get("seconds") or 0.0 for line in self.folder.epochs())


def command(words: str, folder: RunFolder) -> str:
    """What to type about a run."""
    return f"chainrule {words} {typed(folder.path)}"
