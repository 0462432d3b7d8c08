"""How far a training is: a bar on a terminal, above it a line an epoch; in a notebook or a pipe the lines alone."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from chainrule.base.together import is_first
from chainrule.base.waiting import STARTING, WAITING
from chainrule.tasks.fitting import EpochRecord
from chainrule.training.events import BatchEvent, EpochEvent, Event, Listener, StopEvent

REFRESH = 0.1  # seconds between two updates of the bar
MANY, LINES = 30, 10  # epochs that are too many for a line each, and how many lines these have
SLOW = 1.0  # seconds of an epoch that has a line


@contextmanager
def progress_of(asked: bool | None, samples: int, epochs: int) -> Iterator[Sequence[Listener]]:
    """The listeners that show a `fit`; none if that is not asked. None asks for it on a terminal and in a notebook.

    Of several ranks the first shows it.
    """
    notebook = in_notebook()
    if not is_first() or not (asked or (asked is None and (notebook or sys.stderr.isatty()))):
        yield ()
        return
    if notebook:
        yield (epoch_lines(print, epochs),)
        return
    console = Console(stderr=True, highlight=False, soft_wrap=not sys.stderr.isatty())
    with ProgressBar(console, samples, epochs) as bar:
        yield epoch_lines(lambda line: console.print(line, markup=False), epochs), bar


def in_notebook() -> bool:
    """Whether this is a Jupyter kernel."""
    shell: Any = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return hasattr(shell, "kernel")


def epoch_lines(write: Callable[[str], object], epochs: int, measured_on: str = "held-out") -> Listener:
    """A listener that writes a line an epoch; of MANY quick ones about LINES, and the last in any case.

    An epoch is measured on "test" or "held-out" data.
    """
    every = 1 if epochs < MANY else -(-epochs // LINES)
    untold: list[EpochEvent] = []

    def listener(event: Event) -> None:
        if isinstance(event, EpochEvent):
            untold[:] = [event]
        last = isinstance(event, StopEvent)
        if untold and (last or (untold[0].epoch + 1) % every == 0 or untold[0].seconds >= SLOW):
            told = untold.pop()
            write(f"epoch {told.epoch + 1}/{epochs}: {EpochRecord.of(told).told(measured_on)}")

    return listener


class ProgressBar:
    """A listener that shows how far the run is, how fast it goes and when it will be done. Only on a terminal.

    Until the first update it says what is waited for, and how long already.
    """

    def __init__(self, console: Console, samples: int, epochs: int) -> None:
        self.bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=20),  # the line fits a terminal of 80 columns
            TaskProgressColumn(),
            TextColumn("{task.fields[status]}ETA"),
            TimeRemainingColumn(),
            console=console,
            auto_refresh=False,  # a thread of its own might draw an older state over a newer one
            transient=True,
            redirect_stdout=sys.stdout.isatty(),  # what goes to a file or a pipe must not land on the bar's terminal
            disable=console.quiet or not console.is_terminal,
        )
        self.samples, self.epochs = samples, epochs
        self.task = self.bar.add_task(STARTING, total=samples * epochs, status="")
        self.seen = self.shown = 0
        self.clock = time.perf_counter()
        self._begun = threading.Event()
        self._waiting = threading.Thread(target=self._wait, daemon=True)

    def __enter__(self) -> ProgressBar:
        self.bar.start()
        if not self.bar.disable:
            WAITING.reason = STARTING
            self._waiting.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._begin()
        if not self.bar.disable:  # rich before 14.3 ends even a bar that was never shown with an empty line
            self.bar.stop()

    def _wait(self) -> None:
        """Until the first update, in a thread: the run is busy."""
        while not self._begun.wait(REFRESH):
            told = f"{WAITING.reason} ... {time.perf_counter() - self.clock:.0f} s"
            self.bar.update(self.task, description=told, refresh=True)

    def _begin(self) -> None:
        """From now on the updates draw the bar."""
        self._begun.set()
        if self._waiting.is_alive():
            self._waiting.join()
        self.clock = time.perf_counter()

    def __call__(self, event: Event) -> None:
        if not isinstance(event, BatchEvent):
            return None
        if not self._begun.is_set():
            return self._begin()  # the first update took as long as compiling its kernels
        self.seen += event.samples
        now = time.perf_counter()
        if now - self.clock < REFRESH:
            return None
        rate = (self.seen - self.shown) / (now - self.clock)
        self.shown, self.clock = self.seen, now
        return self.bar.update(
            self.task,
            completed=event.epoch * self.samples + event.progress.sums.samples,
            description=f"epoch {event.epoch + 1}/{self.epochs}",
            status=f"{rate:,.0f}/s  loss {event.loss:.4f}  ",
            refresh=True,
        )
