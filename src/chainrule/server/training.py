"""The page's tab Train: one training run in a thread, that is started, paused, made batch by batch, and begun anew.

    session.do("start", {"lr": 0.05})      reset, start, step, pause, set: what is to happen, at once or after the batch
    session.news((run, step))              what has happened since

Everybody may ask at any time; only the thread touches the run.
"""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from math import inf
from typing import Any

from chainrule.base.arguments import name_among
from chainrule.base.errors import ChainruleError, UsageError
from chainrule.base.errors import reason as reason_of
from chainrule.base.printable import in_a_line
from chainrule.data.dataset import Dataset
from chainrule.network.moment import still
from chainrule.server.standing_back import stand_back
from chainrule.server.trainable import Copy, Own, digits
from chainrule.server.training_record import TrainingRecord
from chainrule.server.training_run import Stepped, TrainingRun
from chainrule.server.training_settings import GIVEN, TrainingSettings, dropouts_in

DOES = ("start", "pause", "step", "reset", "set")
OFTEN = 2_500
"""Samples between two tests, at least; else four in an epoch."""
PAUSE_OF_FRAMES = 0.5
"""Seconds between two pictures of the filters: small data have many epochs a second."""
Position = tuple[int, int]
"""A run's number, and a step of it."""


class TrainingSession:
    """What the page trains. `data` gives digits to train and to test on when they are first needed; `own`: what else
    can be trained; `first`: whether that is what one begins with."""

    def __init__(
        self, data: Callable[[], tuple[Dataset, Dataset]] = digits, own: Own | None = None, *, first: bool = False
    ) -> None:
        self.settings, self.record = TrainingSettings(), TrainingRecord()
        if own is not None and first:
            self.settings = TrainingSettings(GIVEN, lr=own.lr)
        self._own = own
        self.run: TrainingRun | None = None
        self.number, self.version = 0, 0  # of the run; of whatever can be seen
        self._data, self._left, self._message = data, 0.0, ""
        self._wanted = False  # whether a run is to be prepared
        self._busy, self._copying = False, 0  # whether the thread is at a batch; how many wait for a copy of the run
        self._closed, self._tested, self._framed = False, 0, 0.0
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    @property
    def state(self) -> str:
        """empty, preparing, running, paused, or stopped, by an error that `news` tells."""
        if self._message:
            return "stopped"
        if self._wanted:
            return "preparing"
        return "empty" if self.run is None else "running" if self._left else "paused"

    def do(self, what: Any, given: Any = None) -> None:
        """Let something happen; UsageError for what there is not, or what may not be now."""
        name_among(DOES, "do", what)
        if not isinstance(given, Mapping | None):
            raise UsageError(f"settings are {given!r}; expected a table of them")
        with self._changed:
            settings = self.settings.changed(given or {})
            if settings.preset == GIVEN and self._own is None:
                raise UsageError(f"settings.preset is {GIVEN!r} where no model is given; expected a preset")
            if what == "reset" or (what in ("start", "step") and self.state == "empty"):
                self._begin(settings)
            elif self._message and what in ("start", "step"):
                raise UsageError(f"do is {what!r} after the run has stopped; expected 'reset'")
            else:
                self._check(settings)
                self.settings = settings
            if what in ("start", "step"):
                self._left = inf if what == "start" else 1
            elif what == "pause":
                self._left = 0
            self._tell()
            self._awake()

    def news(self, seen: Position = (-1, -1)) -> dict[str, Any]:
        """What there is to see since that step of that run; of another run, all."""
        with self._changed:
            run, progress = self.run, self.run and self.run.progress
            return {
                "run": self.number,
                "state": self.state,
                "message": self._message,
                "settings": asdict(self.settings),
                "at": self.at,
                "epoch": progress.epoch if progress else 0,
                "batch": progress.batch if progress else 0,
                "batches": run.batches if run else 0,
                "dropouts": [p for layer in run.network.layers for p in dropouts_in(layer)] if run else [],
                **self.record.since(seen[1] if seen[0] == self.number else -1),
            }

    def wait_for_news(self, version: int) -> None:
        """Return when there is something new since that version, or the session is closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self.version != version)

    @property
    def at(self) -> int:
        """The last step that was made."""
        return self.record.steps[-1][0].step if self.record.steps else 0

    def copy(self) -> Copy:
        """What is trained as it is now, between two batches; UsageError where there is nothing that may be shown."""
        with self._changed:
            self._copying += 1
            try:
                self._changed.wait_for(lambda: self._closed or not self._busy)
                run = self.run
                if run is None or self._message or self._closed:
                    raise UsageError(f"the run is {self.state}; expected one that is running or paused")
                return Copy(still(run.network_now()), run.data, run.settings, self.number, run.progress.state.step)
            finally:
                self._copying -= 1
                self._changed.notify_all()

    def close(self) -> None:
        """End the thread, after the batch that it is at."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _begin(self, settings: TrainingSettings) -> None:
        self.settings, self.record, self.run = settings, TrainingRecord(), None
        self.number += 1
        self._left, self._message, self._wanted = 0, "", True

    def _check(self, settings: TrainingSettings) -> None:
        if self._wanted:
            self.settings.check_live(settings)
        elif self.run is not None:
            self.run.check(settings)

    def _tell(self) -> None:
        self.version += 1
        self._changed.notify_all()

    def _awake(self) -> None:
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._work, name="training", daemon=True)
            self._thread.start()

    def _work(self) -> None:
        stand_back()
        while True:
            with self._changed:
                self._busy = False
                if self._copying:
                    self._changed.notify_all()
                self._changed.wait_for(lambda: self._closed or (self._goes and not self._copying))
                if self._closed:
                    return
                self._busy = True
                number, settings, run = self.number, self.settings, self.run
            try:
                if run is None:
                    self._prepare(number, settings)
                else:
                    self._advance(number, settings, run)
            except Exception as error:  # whatever it is: the page says it, and can begin anew
                self._fail(number, error)

    @property
    def _goes(self) -> bool:
        """Whether the thread has something to do."""
        return not self._message and (self._wanted or self._left > 0)

    def _prepare(self, number: int, settings: TrainingSettings) -> None:
        """Make the run; its first test compiles the kernels."""
        own = self._own if settings.preset == GIVEN else None
        run = TrainingRun(settings, *(own.data if own else self._data)(), own and own.network)
        seen, filters = run.test(), run.filters()
        with self._changed:
            if number == self.number:
                self.record = TrainingRecord(run.layers)
                self.record.test(0, 0.0, seen)
                self.record.frame(0, 0, filters)
                self.run, self._wanted, self._tested, self._framed = run, False, 0, time.monotonic()
                self._tell()

    def _advance(self, number: int, settings: TrainingSettings, run: TrainingRun) -> None:
        """A batch, and what is to be looked at after it."""
        run.adjust(settings)
        made = run.step()
        samples = self.record.samples + made.samples
        seen = run.test() if samples - self._tested >= max(OFTEN, len(run.data) / 4) else None
        due = made.ended and time.monotonic() - self._framed >= PAUSE_OF_FRAMES
        filters = run.filters() if due else None
        with self._changed:
            if number != self.number:
                return
            self._left = max(self._left - 1, 0)
            self.record.step(made)
            if seen is not None:
                self.record.test(made.step, self._epochs(run, made), seen)
                self._tested = samples
            if filters is not None:
                self.record.frame(made.step, made.epoch + 1, filters)
                self._framed = time.monotonic()
            self._tell()

    def _epochs(self, run: TrainingRun, made: Stepped) -> float:
        return made.epoch + 1.0 if made.ended else made.epoch + run.progress.batch / run.batches

    def _fail(self, number: int, error: Exception) -> None:
        told = str(error) if isinstance(error, ChainruleError) else f"{type(error).__name__}: {reason_of(error)}"
        with self._changed:
            if number == self.number:
                self._message, self._left, self._wanted = in_a_line(told), 0, False
                self._tell()
