"""A run of `chainrule train`: from a network and data to a folder and a result."""

import sys
import time
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

from threadpoolctl import threadpool_limits

from chainrule.base import signals
from chainrule.base.errors import ChainruleError, DataError, DivergedError, Interrupted, ModelError
from chainrule.base.ranks import ALONE, among, current
from chainrule.base.together import by_the_first, check_same, is_first
from chainrule.base.version import __version__
from chainrule.cli.console import table
from chainrule.cli.data_options import Data, called
from chainrule.cli.outcome import Outcome, command
from chainrule.cli.reported import reported
from chainrule.cli.reporting import INTERRUPTED, batch_lines, stop_on_interrupt, test_lines
from chainrule.cli.run_folder import RunFolder, measured_on
from chainrule.cli.run_keeper import Keeper, record_of
from chainrule.cli.settings import kept
from chainrule.cli.tensorboard import boards_of
from chainrule.cli.train_settings import TrainSettings
from chainrule.data import Dataset
from chainrule.data.schema import Reals
from chainrule.engine import DEFAULT_ENGINE
from chainrule.exchange.description import describe
from chainrule.exchange.resuming import beginning
from chainrule.exchange.training_description import describe_training
from chainrule.losses.loss import RealLoss
from chainrule.network.engine import engine_named
from chainrule.network.network import Network
from chainrule.tasks.astray import doubt_life
from chainrule.tasks.calibration import calibrate, gives_probabilities, uncalibrated
from chainrule.tasks.evaluation import Evaluation
from chainrule.tasks.examination import Examination, examine
from chainrule.tasks.fitting import History, introduce, learn
from chainrule.training.alike import compared
from chainrule.training.early_stopping import EarlyStopping
from chainrule.training.events import Listener, Progress
from chainrule.training.settings import Training
from chainrule.views.plots import plot_history
from chainrule.views.progress import ProgressBar, epoch_lines
from chainrule.views.report import write_report

ORIGINAL_INTERVAL = 10  # batches between two lines of the lecture's program


@dataclass(frozen=True, kw_only=True)
class TrainingRun:
    """What is trained on what, and how; where that is written down, and where it goes on from, if it does."""

    name: str
    network: Network
    training: Training
    initial_weights: dict[str, Any]  # how they are drawn
    data: Data
    settings: TrainSettings
    folder: RunFolder
    start: Progress | None = None
    extensions: list[dict[str, int]] = field(default_factory=list)  # as its configuration holds them

    @property
    def engine(self) -> str:
        """What executes the network; UsageError, before anything is written, if there is no such engine."""
        name = self.settings.run.engine or DEFAULT_ENGINE
        engine_named(name)
        return name

    @property
    def is_original(self) -> bool:
        """Whether it is the lecture's program, and reports in its lines."""
        return self.training.draws is not None

    def configuration(self) -> dict[str, Any]:
        """All that fixes the run, as its config.toml holds it."""
        classes = self.data.train.classes
        return {
            "name": self.name,
            "chainrule": __version__,
            "engine": self.engine,
            **kept(self.settings),
            **({"classes": list(classes)} if classes else {}),
            **({"extensions": self.extensions} if self.extensions else {}),
            "initial_weights": self.initial_weights,
            "training": describe_training(self.training),
            "network": describe(self.network),
            "fingerprints": self.data.fingerprints,
        }

    def execute(self) -> int:
        """Train, test, report; the exit code. Interrupted, with how to go on, if somebody ends it."""
        options, data = self.settings.run, self.data.at_end or self.data.every_epoch
        check_same(
            {f"the fingerprint of {part}": each[:16] for part, each in self.data.fingerprints.items()}, DataError
        )
        check_same({"configuration": self.configuration()})
        made = (self.start.epoch, self.start.batch) if self.start else (0, 0)
        by_the_first(lambda: self.folder.begin(self.configuration(), *made))
        began, seen = time.perf_counter(), None
        try:
            with threadpool_limits(options.threads) if options.threads else nullcontext(), compared(self.data.train):
                history = self._train()
                done = history.reason != INTERRUPTED
                if data and done:
                    seen = examine(self.network, data, self.engine, threads=options.threads)
            if is_first():
                with among(ALONE):
                    self._tell(history, data, seen, time.perf_counter() - began)
            if not done:
                raise KeyboardInterrupt
        except KeyboardInterrupt:
            way = f"; go on with: {command('train --resume', self.folder)}" if self._can_go_on() else ""
            raise Interrupted(f"{INTERRUPTED}{way}", signals.exit_code()) from None
        except DivergedError as error:
            error.args = (f"{error}; {self._last_good()}",)
            raise
        return 0

    def _tell(self, history: History, data: Dataset | None, seen: Examination | None, seconds: float) -> None:
        """What has come of it, in pictures, a report, and on the screen."""
        if (plot := self.settings.run.plot) and history.reason != INTERRUPTED:
            plot_history(self._whole_history(), plot, measured_on(self.configuration()))
        if data and seen:
            self._write_report(data, seen)
        ended = self._outcome(history, seen and seen.evaluation, seconds)
        self.settings.output.result(ended.values(), table(ended.title, ended.rows()), ended.next())

    def _outcome(self, history: History, final: Evaluation | None, seconds: float) -> Outcome:
        return Outcome(
            name=self.name,
            folder=self.folder,
            history=history,
            final=final,
            kind=self._kind,
            seconds=seconds,
            samples=len(self.data.train),
            held_out=len(self.data.every_epoch or ()) if self.settings.data.validation else 0,
            is_regression=self._is_regression,
        )

    def _can_go_on(self) -> bool:
        return any(file.exists() for file in (self.folder.model, self.folder.initial))

    def _last_good(self) -> str:
        """Where what the run was before it diverged is kept."""
        try:
            last = self.folder.checkpoint()
        except ModelError:
            return "there is no checkpoint"
        if last.step == 0:
            return f"there is no checkpoint in {self.folder.path} but its beginning"
        done = f"{last.epoch} epoch{'s' * (last.epoch != 1)}" + f" and {last.batch} batches" * (last.batch > 0)
        return f"the last good checkpoint, after {done}, is in {self.folder.path}"

    @property
    def _kind(self) -> str:
        """Of the data that the result is measured on."""
        return "test" if self.data.at_end else measured_on(self.configuration())

    @property
    def _is_regression(self) -> bool:
        """Whether what is learned are values; then there is no accuracy."""
        schema = self.network.schema
        return isinstance(self.network.loss, RealLoss) and schema is not None and isinstance(schema.answers, Reals)

    def _train(self) -> History:
        options = self.settings.run
        if self.network.schema is None:
            introduce(self.network, self.data.train, self.settings.data.given())
        else:
            self.network.schema = uncalibrated(self.network.schema)
        bar = ProgressBar(self.settings.output.stderr, len(self.data.train), self.training.epochs)
        keeper = Keeper(self.folder, self.network, self.configuration(), options.keep_every)
        writers = [keeper] if is_first() or current().survive else []
        boards = boards_of(self.folder.path, self.start) if options.tensorboard else []
        listeners = [*self._watchers(), bar, *boards, *options.checkpoints(), *writers]
        for each in writers:
            each.begin(self.start or beginning(self.network, self.training))
        if self.start is None:
            by_the_first(keeper.save_beginning)
        with bar, stop_on_interrupt() as interrupted:
            history = learn(
                self.network,
                self.data.train,
                self.training,
                validation=self.data.every_epoch,
                engine=self.engine,
                threads=options.threads,
                listeners=[interrupted, *listeners],
                start=self.start,
            )
        doubt_life(self.network, self.data.train, self.training.optimizer.lr)
        self._calibrate()
        by_the_first(keeper.finish)
        return history

    def _whole_history(self) -> History:
        """Of all epochs of the run, those before it was interrupted too."""
        samples = len(self.data.every_epoch or ())
        return History([record_of(line, samples) for line in self.folder.epochs()])

    def _calibrate(self) -> None:
        """How sure the network may be of its answers, by what it did not learn from."""
        data = self.data.every_epoch
        if data and gives_probabilities(self.network):
            called = "test samples" if self.data.at_end is None else "samples held out of the training data"
            calibrate(self.network, data, engine=self.engine, called=called)

    def _watchers(self) -> list[Listener]:
        """Who prints what happens, and who may stop it."""
        settings, samples = self.settings, len(self.data.train)
        to_stdout = self.is_original and not settings.output.json
        silent = settings.output.quiet and not to_stdout

        def write(line: str) -> None:
            if not silent:  # the stream of this moment: while the bar is shown, one that prints above it
                print(line, file=sys.stdout if to_stdout else sys.stderr, flush=True)

        watchers: list[Listener] = []
        interval = settings.run.log_interval or (ORIGINAL_INTERVAL if self.is_original else None)
        if interval:
            watchers.append(batch_lines(write, samples, self.training.batch_size or samples, interval))
        watchers.append(
            test_lines(write)
            if self.is_original
            else epoch_lines(settings.output.note, self.training.epochs, measured_on(self.configuration()))
        )
        if settings.training.early_stopping is not None:
            watchers.append(EarlyStopping(settings.training.early_stopping))
        return watchers

    def _write_report(self, data: Dataset, seen: Examination) -> None:
        """report.html: all that is known of the run, for a browser."""
        title, configuration = f"{self.name}, on {seen.samples:,} {self._kind} samples", self.configuration()
        parts = f"{len(self.data.train):,} training samples, {seen.samples:,} {self._kind} samples"
        run = reported(self.folder, configuration, title, f"{called(self.settings.data.data)}: {parts}")
        how = {"engine": self.engine, "threads": self.settings.run.threads}
        try:
            write_report(self.folder.report, self.network, data, run, examination=seen, **how)
        except ChainruleError as error:  # the run is none the worse
            self.settings.output.note(f"no report.html: {error}")
