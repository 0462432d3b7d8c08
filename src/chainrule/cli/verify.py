"""chainrule verify: whether a run's recorded hashes are what this code, its data and its seed give."""

import random
import sys
import time
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from threadpoolctl import threadpool_limits

from chainrule.base.errors import UsageError
from chainrule.cli.console import Output, table
from chainrule.cli.data_options import Data, DataOptions, load_data
from chainrule.cli.going_on import check_unchanged
from chainrule.cli.recorded import Record, contradiction, marks_of, states_of
from chainrule.cli.replay import Replay, Replayed, Stretch, drawn_stretches, stretches_of
from chainrule.cli.run_folder import run_folder
from chainrule.cli.settings import Argument, Option, restored
from chainrule.cli.train_settings import RunOptions, TrainSettings
from chainrule.cli.verdict import Verdict
from chainrule.engine import DEFAULT_ENGINE
from chainrule.exchange.training_description import build_training
from chainrule.network.engine import engine_named
from chainrule.training.drawing import batches_in
from chainrule.views.progress import ProgressBar

DATA_HELP = "Where the run's data are now (default: where they were)."
EPOCHS_HELP = "Replay at most N epochs, drawn at random from all (default: all of the run)."
STEPS_HELP = "Replay at most N steps, likewise."
DRAW_HELP = "Of what is drawn (default: another one each time)."


@dataclass(frozen=True)
class Verify:
    """Replay a run, and say whether its hashes are what this code, its data and its seed give.

    A run records a hash of its weights after every epoch, and at every checkpoint inside one (train
    --checkpoint-every). It can be replayed from its seed and from each checkpoint that it keeps: the last two, and
    those of train --keep-every. What a replay comes to is compared with the lines of metrics.jsonl and steps.jsonl on
    its way, and with the checkpoint at its end: weights, the optimizer's vectors, what early stopping and averages
    remember.

    Nothing is written into the run's folder, and a run that goes on is not disturbed. The exit code is 0 if all that
    was replayed is the same, else 1, with the first place where it differs; 4 for data that are not the run's, or gone.
    """

    run: Annotated[Path, Argument("The folder of a run.")]
    epochs: Annotated[int | None, Option(EPOCHS_HELP, "N", least=1)] = None
    steps: Annotated[int | None, Option(STEPS_HELP, "N", least=1)] = None
    data: Annotated[Path | None, Option(DATA_HELP, "PATH")] = None
    seed: Annotated[int | None, Option(DRAW_HELP, most=2**64 - 1)] = None
    threads: Annotated[int | None, Option("At most so many threads.", "N", least=1)] = None
    output: Output = field(default_factory=Output)

    def execute(self) -> int:
        began = time.perf_counter()
        if self.epochs is not None and self.steps is not None:
            raise UsageError("both --epochs and --steps are given; expected one of them, or none")
        folder = run_folder(self.run)
        configuration = folder.configuration()
        told = TrainSettings(data=DataOptions(self.data), run=RunOptions(threads=self.threads))
        settings, training = restored(told, configuration), build_training(configuration["training"])
        engine_named(settings.run.engine or DEFAULT_ENGINE)
        data = load_data(settings.data, training.seed)
        check_unchanged(data, configuration.get("fingerprints"), folder)
        batches = batches_in(data.train, training)
        states = states_of(folder, configuration, batches)
        record = Record(folder, configuration, batches, states, marks_of(folder, batches))
        stretches = stretches_of(record)
        chosen = self._chosen(record, stretches)
        difference = contradiction(record)
        found = [] if difference else self._replayed(record, chosen, settings, data)
        verdict = Verdict(record, stretches, found, difference, time.perf_counter() - began)
        self.output.result(verdict.values(), table(verdict.title, verdict.rows()))
        if verdict.difference is None:
            return 0
        print(f"chainrule: {verdict.told()}", file=sys.stderr)
        return 1

    def _chosen(self, record: Record, stretches: list[Stretch]) -> list[Stretch]:
        """What is to be replayed; UsageError if that is nothing."""
        if not stretches:
            raise UsageError(f"{record.folder.path}: has made no steps; expected a run that has recorded some")
        if self.epochs is None and self.steps is None:
            return stretches
        steps = self.steps or (self.epochs or 0) * record.batches
        draws = random.SystemRandom() if self.seed is None else random.Random(self.seed)
        found = drawn_stretches(stretches, steps, draws)
        if not found:
            least = min(each.steps[0] - each.start.step for each in stretches)
            flag, given = ("--epochs", self.epochs) if self.steps is None else ("--steps", self.steps)
            what = f"{flag} is {given}, but from no checkpoint is there a hash within {steps:,} steps"
            raise UsageError(f"{what}; expected at least {least:,} steps")
        return found

    def _replayed(self, record: Record, chosen: list[Stretch], settings: TrainSettings, data: Data) -> list[Replayed]:
        """What came of each, up to the first that differs."""
        found, threads = [], settings.run.threads
        bar = ProgressBar(self.output.stderr, len(data.train), record.configuration["training"]["epochs"])
        engine = settings.run.engine or DEFAULT_ENGINE
        replay = Replay(record, data, engine, settings.training.early_stopping, threads, [bar])
        with threadpool_limits(threads) if threads else nullcontext(), bar:
            for stretch in chosen:
                begin, end = record.place(stretch.start.step), record.place(stretch.steps[-1])
                self.output.note(f"replaying from {begin} to {end}")
                found.append(replay(stretch))
                if found[-1].difference:
                    break
        return found
