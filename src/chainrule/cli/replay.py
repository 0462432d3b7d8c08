"""A stretch of a run replayed: made again, from a state, by this code; and compared with what was recorded."""

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from typing import Any

import numpy as np

from chainrule.base.errors import DivergedError
from chainrule.base.hashing import weights_hash
from chainrule.cli.data_options import Data
from chainrule.cli.recorded import BY_CLOCK, Difference, Mark, Record, State, numbers_of
from chainrule.cli.run_keeper import line_of, step_line_of
from chainrule.exchange.checkpoint import Checkpoint
from chainrule.exchange.resuming import progress_of
from chainrule.exchange.training_description import build_training
from chainrule.network.network import Network
from chainrule.tasks.examination import plain
from chainrule.tasks.fitting import learn
from chainrule.training.early_stopping import EarlyStopping
from chainrule.training.events import BatchEvent, CheckpointEvent, EpochEvent, Event, Listener, StopTraining


@dataclass(frozen=True)
class Stretch:
    """From a state to the next one, or to the last mark behind the last."""

    start: State
    marks: list[Mark]
    ends: list[State]  # all of the same step; none behind the last state

    @property
    def steps(self) -> list[int]:
        """Where it can end: there is something to compare."""
        return sorted({mark.step for mark in self.marks} | {state.step for state in self.ends})

    def until(self, step: int) -> "Stretch":
        """Its first part."""
        marks, ends = [each for each in self.marks if each.step <= step], self.ends
        return Stretch(self.start, marks, ends if step == self.steps[-1] else [])


def stretches_of(record: Record) -> list[Stretch]:
    """All of a run, in order."""
    by_step = {step: list(found) for step, found in groupby(record.states, key=lambda state: state.step)}
    last = max(record.marks, default=0)
    ends = [*by_step, *([last] if last > max(by_step) else [])]
    return [
        Stretch(by_step[a][0], [mark for mark in record.marks.values() if a < mark.step <= b], by_step.get(b, []))
        for a, b in pairwise(ends)
    ]


def drawn_stretches(stretches: Sequence[Stretch], steps: int, draws: random.Random) -> list[Stretch]:
    """Some of them, or of their first parts, drawn at random: of so many steps at most, in order."""
    left, found = steps, []
    for each in draws.sample(stretches, len(stretches)):
        within = [end for end in each.steps if end - each.start.step <= left]
        if within:
            found.append(each.until(within[-1]))
            left -= within[-1] - each.start.step
    return sorted(found, key=lambda stretch: stretch.start.step)


@dataclass
class Witness:
    """A listener that compares what a replay comes to with what was recorded, until they differ or it is at the end."""

    network: Network
    marks: Mapping[int, Mark]
    end: int
    step: int  # the last one
    arrived: bool = False  # whether there was something to compare at the end
    compared: int = 0
    difference: Difference | None = None
    state: Checkpoint | None = None  # at the end
    answer: str = ""  # likewise: the network's weights

    def __call__(self, event: Event) -> None:
        self.step = event.progress.state.step
        mark = self.marks.get(self.step)
        if isinstance(event, BatchEvent):
            event.progress.due = event.progress.due or mark is not None or self.step == self.end
        elif isinstance(event, EpochEvent) and mark:
            self._compare(mark, line_of(event, self.network))
        elif isinstance(event, CheckpointEvent):
            if mark and event.progress.batch:
                self._compare(mark, step_line_of(event, self.network))
            if self.step == self.end:
                self._arrive(event)

    def _compare(self, mark: Mark, line: dict[str, Any]) -> None:
        self.compared, self.arrived = self.compared + 1, self.step == self.end
        found = plain(line)
        for key, recorded in mark.values.items():
            if key not in BY_CLOCK and recorded != found.get(key):
                self.difference = Difference(mark.where, key, recorded, found.get(key))
                raise StopTraining("differs")

    def _arrive(self, event: CheckpointEvent) -> None:
        self.state = replace(Checkpoint.at(self.network, event.progress, {}), memories=event.memories())
        self.answer = weights_hash(self.network.w, self.network.statistics)
        raise StopTraining("replayed")


@dataclass
class Replayed:
    """What a replay came to."""

    start: int
    end: int
    lines: int = 0
    checkpoints: int = 0
    difference: Difference | None = None


@dataclass(frozen=True)
class Replay:
    """Replays a run's stretches, one after the other in the run's order."""

    record: Record
    data: Data
    engine: str
    early_stopping: int | None
    threads: int | None = None
    listeners: Sequence[Listener] = ()

    def __call__(self, stretch: Stretch) -> Replayed:
        """Make it again, piece by piece where --resume was given another number of epochs."""
        state, marks = stretch.start.load(), {mark.step: mark for mark in stretch.marks}
        done = Replayed(state.step, stretch.steps[-1])
        for end in self._pieces(done.start, done.end):
            witness = Witness(state.network, marks, end, state.step)
            ended = self._learn(state, witness)
            done.lines += witness.compared
            diverged = end == done.end and witness.arrived and not stretch.ends  # as the run did, after its last line
            if not (witness.difference or witness.state or diverged):
                witness.difference = Difference(self.record.place(witness.step), "the run", "it goes on", ended)
            if witness.difference or witness.state is None:
                done.difference = witness.difference
                break
            state = witness.state
            for each in stretch.ends if end == done.end else ():
                done.checkpoints += 1
                done.difference = done.difference or unlike(each, witness)
        return done

    def _pieces(self, start: int, end: int) -> list[int]:
        """Where they end."""
        extensions = [each["updates"] for each in self.record.configuration.get("extensions", [])]
        return sorted({end, *(step for step in extensions if start < step < end)})

    def _learn(self, state: Checkpoint, witness: Witness) -> str:
        """Go on from a state, or begin; why that ended."""
        training = build_training(self.record.configuration["training"])
        stopping = [] if self.early_stopping is None else [EarlyStopping(self.early_stopping)]
        try:
            history = learn(
                witness.network,
                self.data.train,
                replace(training, epochs=self.record.epochs_at(witness.end)),
                validation=self.data.every_epoch,
                engine=self.engine,
                threads=self.threads,
                listeners=[*stopping, *self.listeners, witness],
                start=progress_of(state) if state.step else None,
            )
        except DivergedError as error:
            return str(error)
        return f"it ends: {history.reason}"


def unlike(state: State, witness: Witness) -> Difference | None:
    """What of a checkpoint is not what a replay came to."""
    recorded, found = state.load(), witness.state
    now = weights_hash(witness.network.w, witness.network.statistics)  # of the best w, where it went back to that
    answer = weights_hash(recorded.network.w, recorded.network.statistics)
    if answer not in (witness.answer, now):
        return Difference(state.name, "the weights", answer, witness.answer)
    if found is None:
        return None
    said, made = contents(recorded), contents(found)
    differing = (key for key in said if key in made and said[key] != made[key])
    return next((Difference(state.name, key, said[key], made[key]) for key in differing), None)


def contents(checkpoint: Checkpoint) -> dict[str, Any]:
    """What a run goes on from, by name: vectors by their hashes."""
    w, statistics = numbers_of(checkpoint)[-1]
    vectors = checkpoint.optimizer_vectors
    found = {"last.w": weights_hash(w, statistics)} | {
        f"optimizer.{k}": weights_hash(vector) for k, vector in enumerate(vectors)
    }
    found |= {f"sums.{key}": getattr(checkpoint.sums, key) for key in ("loss", "weight", "samples")}
    for listener, memory in checkpoint.memories.items():
        for key, value in memory.items():
            is_vector = isinstance(value, np.ndarray)
            found[f"{listener}.{key}"] = weights_hash(value) if is_vector else json.dumps(value)
    return found
