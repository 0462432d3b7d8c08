"""Who listens to a run of `chainrule train`: the lecture's lines, TensorBoard; and Ctrl-C."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from chainrule.base.errors import ChainruleError
from chainrule.training.events import BatchEvent, EpochEvent, Event, Listener, StopEvent, StopTraining
from chainrule.training.sampling import batch_count

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


class TensorBoard:
    """A listener that writes TensorBoard's file: each batch's loss, and all that an epoch's event tells."""

    def __init__(self, folder: Path) -> None:
        try:
            from tensorboardX import SummaryWriter
        except ImportError:
            raise ChainruleError('--tensorboard needs tensorboardX: pip install "chainrule[tensorboard]"') from None
        self.writer = SummaryWriter(str(folder))

    def __call__(self, event: Event) -> None:
        if isinstance(event, BatchEvent):
            self._add("batch", event.progress.state.step, loss=event.loss, gradient_norm=event.gradient_norm)
        elif isinstance(event, EpochEvent):
            step = event.epoch + 1
            self._add("epoch", step, loss=event.loss, lr=event.lr, samples_per_second=event.samples / event.seconds)
            if (seen := event.validation) is not None:
                self._add("validation", step, loss=seen.loss, accuracy=seen.accuracy, r2=seen.r2, rmse=seen.rmse)
        elif isinstance(event, StopEvent):
            self.writer.close()

    def _add(self, group: str, step: int, **values: float | None) -> None:
        for name, value in values.items():
            if value is not None:
                self.writer.add_scalar(f"{group}/{name}", value, step)


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
