"""A run of `chainrule train`: from data and a network to a folder and a result."""

import sys
import time
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits

from chainrule.base.errors import ChainruleError
from chainrule.cli.console import Output, table
from chainrule.cli.job import Job
from chainrule.cli.job_data import Data, DataOptions
from chainrule.cli.reporting import BatchLines, EpochLines, ProgressBar, TestLines, stop_on_interrupt
from chainrule.cli.run_folder import Keeper, RunFolder
from chainrule.data import Dataset
from chainrule.engine import DEFAULT_ENGINE
from chainrule.exchange.model_file import Checkpoint
from chainrule.tasks.evaluation import Evaluation
from chainrule.tasks.examination import Examination, examine
from chainrule.tasks.fitting import History, fit
from chainrule.training.early_stopping import EarlyStopping
from chainrule.training.events import Listener
from chainrule.views.plots import plot_history
from chainrule.views.report import write_report

ORIGINAL_INTERVAL = 10  # batches between two lines of the lecture's program


@dataclass(frozen=True)
class Settings:
    """What of a run's configuration is neither the network nor its training."""

    data: DataOptions = field(default_factory=DataOptions)
    engine: str = DEFAULT_ENGINE
    early_stopping: int | None = None  # epochs of patience

    def configuration(self) -> dict[str, Any]:
        stopping = {} if self.early_stopping is None else {"early_stopping": self.early_stopping}
        return {"engine": self.engine, **self.data.configuration(), **stopping}

    @classmethod
    def of(cls, configuration: dict[str, Any]) -> "Settings":
        return cls(DataOptions.of(configuration), configuration["engine"], configuration.get("early_stopping"))


@dataclass
class TrainingRun:
    """What is trained on what, where that is written down, and where it begins."""

    job: Job
    data: Data
    settings: Settings
    start: Checkpoint | None = None
    folder: RunFolder = field(init=False)

    def configuration(self) -> dict[str, Any]:
        """All that fixes the run."""
        classes = self.data.train.classes
        return self.job.configuration(**self.settings.configuration(), classes=classes and list(classes))

    def execute(
        self, output: Output, threads: int | None, interval: int | None, tensorboard: bool, plot: Path | None
    ) -> int:
        """Train, test, report; the exit code."""
        began = time.perf_counter()
        with threadpool_limits(threads) if threads else nullcontext():
            history = self._train(output, threads, interval, tensorboard)
            tested = self._test(threads)
        seconds = time.perf_counter() - began
        if plot:
            plot_history(history, plot)
        if tested and history.reason != "interrupted":
            self._write_report(tested, threads, output)
        self._report(history, tested and tested[1].evaluation, seconds, output)
        return 130 if history.reason == "interrupted" else 0

    def _train(self, output: Output, threads: int | None, interval: int | None, tensorboard: bool) -> History:
        job, training = self.job, self.job.training
        keeper = Keeper(self.folder, job.network, self.configuration())
        bar = ProgressBar(output.stderr, len(self.data.train), training.epochs)
        listeners = [*self._watchers(output, interval), bar, keeper]
        if tensorboard:
            from chainrule.cli.tensorboard import TensorBoard  # an extra

            listeners.append(TensorBoard(self.folder.path))
        start = self.start and self.start.progress(self.settings.engine, training.seed)
        with bar.bar, stop_on_interrupt() as interrupted:
            history = fit(
                job.network,
                self.data.train,
                training,
                validation=self.data.every_epoch,
                engine=self.settings.engine,
                threads=threads,
                listeners=[interrupted, *listeners],
                start=start,
            )
        if history.progress:
            keeper.finish(history.progress)
        return history

    def _watchers(self, output: Output, interval: int | None) -> list[Listener]:
        """Who prints what happens, and who may stop it."""
        job, samples = self.job, len(self.data.train)
        to_stdout = job.original_lines and not output.json
        silent = output.quiet and not to_stdout

        def write(line: str) -> None:
            if not silent:  # the stream of this moment: while the bar is shown, one that prints above it
                print(line, file=sys.stdout if to_stdout else sys.stderr, flush=True)

        watchers: list[Listener] = []
        interval = interval or (ORIGINAL_INTERVAL if job.original_lines else None)
        if interval:
            watchers.append(BatchLines(write, samples, job.training.batch_size or samples, interval))
        watchers.append(TestLines(write) if job.original_lines else EpochLines(output.note, job.training.epochs))
        if self.settings.early_stopping is not None:
            watchers.append(EarlyStopping(self.settings.early_stopping))
        return watchers

    def _test(self, threads: int | None) -> tuple[Dataset, Examination] | None:
        """How well the network does in the end: on the test data, or else on what was held out."""
        data = self.data.at_end or self.data.every_epoch
        if not data:
            return None
        return data, examine(self.job.network, data, self.settings.engine, threads=threads)

    def _write_report(self, tested: tuple[Dataset, Examination], threads: int | None, output: Output) -> None:
        """report.html: all that is known of the run, for a browser."""
        data, seen = tested
        title = f"{self.job.name}, on {seen.samples:,} samples that it was not trained on"
        epochs, engine = self.folder.epochs(), self.settings.engine
        try:
            write_report(
                self.folder.report,
                self.job.network,
                data,
                epochs,
                title,
                self.configuration(),
                examination=seen,
                engine=engine,
                threads=threads,
            )
        except ChainruleError as error:  # no matplotlib: the run is none the worse
            output.note(f"no report.html: {error}")

    def _report(self, history: History, final: Evaluation | None, seconds: float, output: Output) -> None:
        job, folder, samples, epochs = self.job, self.folder, len(self.data.train), len(history.epochs)
        rate = epochs * samples / history.seconds if epochs else 0.0
        loss = final.loss if final else history.epochs[-1].loss if epochs else None
        accuracy = final.accuracy if final else None
        values = {
            "accuracy": accuracy,
            "loss": loss,
            "epochs": history.progress.epoch if history.progress else 0,
            "seconds": round(seconds, 3),
            "samples_per_second": round(rate, 1),
            "model": str(folder.model),
            "report": str(folder.report) if folder.report.exists() else None,
            "preset": job.name,
            "train_samples": samples,
            "test_samples": final.samples if final else 0,
            "stopped": history.reason,
        }
        tested = f" on {final.samples:,} test samples" if final else " on the training samples"
        rows = {
            "accuracy": f"{accuracy:.2%}{tested}" if accuracy is not None else "not measured",
            "loss": f"{loss:.4f}{tested}" if loss is not None else "not measured",
            "time": f"{seconds:.1f} s for {epochs} epoch{'s' * (epochs != 1)} of {samples:,} samples",
            "speed": f"{rate:,.0f} samples/s while training",
            "model": str(folder.model),
            **({"report": str(folder.report)} if folder.report.exists() else {}),
        }
        title = f"{job.name}: {history.reason}" if history.reason != "done" else f"{job.name}: trained"
        output.result(values, table(title, rows))
