"""Who listens to a run of `chainrule train`: the lecture's lines; Ctrl-C; and what a listener that writes bears."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from chainrule.base import signals
from chainrule.base.errors import WriteError, warn
from chainrule.base.together import is_first, on_any
from chainrule.training.events import BatchEvent, EpochEvent, Event, Listener, Progress, StopEvent, StopTraining
from chainrule.training.sampling import batch_count

INTERRUPTED = signals.WORD  # why a run ended
Write = Callable[[str], None]


def batch_lines(write: Write, samples: int, batch_size: int, interval: int) -> Listener:
    """A listener that prints every `interval`-th batch as the lecture's program does."""
    batches = batch_count(samples, batch_size)

    def listener(event: Event) -> None:
        if isinstance(event, BatchEvent) and event.batch % interval == 0:
            done = f"{event.batch * batch_size}/{samples} ({100 * event.batch / batches:.0f}%)"
            write(f"Train Epoch: {event.epoch + 1} [{done}]\tLoss: {event.loss:.6f}")

    return listener


def test_lines(write: Write) -> Listener:
    """A listener that prints a test pass after every epoch as the lecture's program does."""

    def listener(event: Event) -> None:
        if isinstance(event, EpochEvent) and (seen := event.validation) is not None:
            right = f"{seen.correct}/{seen.samples} ({100 * seen.correct / seen.samples:.0f}%)"
            write(f"Test set: Average loss: {seen.loss:.4f}, Accuracy: {right}")

    return listener


class OfTheFirst:
    """A listener of the first rank, which another makes once the ranks before it are dead."""

    def __init__(self, make: Callable[[Progress], Listener]) -> None:
        self._make, self._made = make, list[Listener]()

    def __call__(self, event: Event) -> None:
        if is_first():
            self._made = self._made or [self._make(event.progress)]
            self._made[0](event)


@contextmanager
def stop_on_interrupt() -> Iterator[Listener]:
    """A listener that ends the run after the current update once Ctrl-C was pressed, or SIGTERM or SIGHUP came.

    A second one raises KeyboardInterrupt at once; so does the first while there is no update yet that was to be saved,
    and, when the context is left, one that came too late for the listener. It may have come to another rank alone.
    """
    begun = pressed = told = False

    def press(signum: int, frame: object) -> None:
        nonlocal pressed
        signals.CAUGHT.signum, pressed = signum, True
        restore()
        if not begun:
            signals.interrupt(signum)

    def restore() -> None:
        for each, handler in before.items():
            signal.signal(each, handler)

    def listener(event: Event) -> None:
        nonlocal begun, told
        begun = begun or isinstance(event, BatchEvent)
        if isinstance(event, StopEvent):
            told = event.reason == INTERRUPTED
        elif pressed:
            raise StopTraining(INTERRUPTED)

    before = signals.handle(press)
    try:
        yield listener
    finally:
        restore()
    if on_any(pressed and not told):
        raise KeyboardInterrupt


@contextmanager
def tried_again_later() -> Iterator[None]:
    """Writing in the middle of training: where it fails, as on a disk that is full for a moment, it is a warning.

    Whoever writes keeps what was not written, and writes it with what comes next.
    """
    try:
        yield
    except WriteError as error:
        warn(f"{error}; training goes on, and tries again after the next epoch")
