"""What `chainrule train` shows while it runs: a progress bar, a line an epoch, the original program's lines."""

import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from chainrule.events import BatchEvent, EpochEvent, Event, Listener, StopTraining
from chainrule.fitting import EpochRecord
from chainrule.sampling import batch_count

REFRESH = 0.1  # seconds between two updates of the bar


class ProgressBar:
    """A listener that shows how far the run is, how fast it goes and when it will be done. Only on a terminal."""

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
        self.task = self.bar.add_task("starting", total=samples * epochs, status="")
        self.seen = self.shown = 0
        self.clock = time.perf_counter()

    def __call__(self, event: Event) -> None:
        if not isinstance(event, BatchEvent):
            return
        self.seen += event.samples
        now = time.perf_counter()
        if now - self.clock < REFRESH:
            return
        rate = (self.seen - self.shown) / (now - self.clock)
        self.shown, self.clock = self.seen, now
        self.bar.update(
            self.task,
            completed=event.epoch * self.samples + event.progress.sums.samples,
            description=f"epoch {event.epoch + 1}/{self.epochs}",
            status=f"{rate:,.0f}/s  loss {event.loss:.4f}  ",
            refresh=True,
        )


class BatchLines:
    """A listener that prints every `interval`-th batch as the lecture's program does."""

    def __init__(self, write: Callable[[str], None], samples: int, batch_size: int, interval: int) -> None:
        self.write, self.samples, self.batch_size, self.interval = write, samples, batch_size, interval
        self.batches = batch_count(samples, batch_size)

    def __call__(self, event: Event) -> None:
        if isinstance(event, BatchEvent) and event.batch % self.interval == 0:
            done = f"{event.batch * self.batch_size}/{self.samples} ({100 * event.batch / self.batches:.0f}%)"
            self.write(f"Train Epoch: {event.epoch + 1} [{done}]\tLoss: {event.loss:.6f}")


class TestLines:
    """A listener that prints a test pass after every epoch as the lecture's program does."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self.write = write

    def __call__(self, event: Event) -> None:
        if isinstance(event, EpochEvent) and (seen := event.validation) is not None:
            right = f"{seen.correct}/{seen.samples} ({100 * seen.correct / seen.samples:.0f}%)"
            self.write(f"Test set: Average loss: {seen.loss:.4f}, Accuracy: {right}")


class EpochLines:
    """A listener that writes a line an epoch."""

    def __init__(self, write: Callable[[str], None], epochs: int) -> None:
        self.write, self.epochs = write, epochs

    def __call__(self, event: Event) -> None:
        if isinstance(event, EpochEvent):
            self.write(epoch_line(EpochRecord.of(event), self.epochs))


def epoch_line(record: EpochRecord, epochs: int) -> str:
    """An epoch in one line."""
    line = f"epoch {record.epoch}/{epochs}: loss {record.loss:.4f}"
    if (seen := record.validation) is not None:
        line += f", then on {seen.samples:,} held out: loss {seen.loss:.4f}"
        if seen.accuracy is not None:
            line += f", accuracy {seen.accuracy:.2%}"
    return f"{line} ({record.seconds:.1f} s, {record.samples_per_second:,.0f} samples/s)"


@contextmanager
def stop_on_interrupt() -> Iterator[Listener]:
    """A listener that ends the run after the current update once Ctrl-C was pressed; a second one ends it at once."""
    pressed = threading.Event()

    def press(*_: object) -> None:
        pressed.set()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    def listener(event: Event) -> None:
        if isinstance(event, BatchEvent) and pressed.is_set():
            raise StopTraining("interrupted")

    if threading.current_thread() is not threading.main_thread():  # only there can signals be handled
        yield listener
        return
    before = signal.signal(signal.SIGINT, press)
    try:
        yield listener
    finally:
        signal.signal(signal.SIGINT, before)
