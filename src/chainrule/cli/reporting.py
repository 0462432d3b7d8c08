"""Who listens to a run of `chainrule train`: the lecture's lines, TensorBoard; and Ctrl-C."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from chainrule.base import signals
from chainrule.base.errors import ChainruleError
from chainrule.base.writing import write_atomically
from chainrule.training.events import (
    BatchEvent,
    CheckpointEvent,
    EpochEvent,
    Event,
    Listener,
    Progress,
    StopEvent,
    StopTraining,
)
from chainrule.training.sampling import batch_count

INTERRUPTED = "interrupted"  # why a run ended
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
    """A listener that writes TensorBoard's file: each batch's loss, and all that an epoch's event tells.

    What an earlier file of the folder tells of later than `start`, where the run goes on from, is cut off. It is a
    context, which closes the file.
    """

    def __init__(self, folder: Path, start: Progress | None = None) -> None:
        try:
            from tensorboardX import event_file_writer
        except ImportError:
            raise ChainruleError('--tensorboard needs tensorboardX: pip install "chainrule[tensorboard]"') from None
        for file in folder.glob("events.out.tfevents.*"):
            cut_off(file, start.state.step if start else 0, start.epoch if start else 0)
        own = f".{os.getpid()}.{start.state.step if start else 0}"  # a name has but the second, and a run may be short
        self.file = event_file_writer.EventsWriter(
            str(folder / "events"), own
        )  # which is slower than others, but loses nothing

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.file.close()

    def __call__(self, event: Event) -> None:
        if isinstance(event, BatchEvent):
            self._add("batch", event.progress.state.step, loss=event.loss, gradient_norm=event.gradient_norm)
        elif isinstance(event, EpochEvent):
            step = event.epoch + 1
            self._add("epoch", step, loss=event.loss, lr=event.lr, samples_per_second=event.samples / event.seconds)
            if (seen := event.validation) is not None:
                self._add("validation", step, loss=seen.loss, accuracy=seen.accuracy, r2=seen.r2, rmse=seen.rmse)
        elif isinstance(event, CheckpointEvent):
            self.file.flush()  # what a run goes on from is not to lack a line

    def _add(self, group: str, step: int, **values: float | None) -> None:
        from tensorboardX.proto.event_pb2 import Event as Record  # type: ignore[attr-defined]
        from tensorboardX.summary import scalar

        for name, value in values.items():
            if value is not None:
                self.file.write_event(
                    Record(wall_time=time.time(), step=step, summary=scalar(f"{group}/{name}", value))
                )


def cut_off(file: Path, step: int, epoch: int) -> None:
    """Keep of a TensorBoard file what is told of batches up to that step, and of epochs up to that one.

    It is records: the content's length (8 bytes), its checksum (4), the content, a checksum (4). A part ends it.
    """
    from tensorboardX.proto import event_pb2

    content, kept, at = file.read_bytes(), [], 0
    while at + 12 <= len(content):
        end = at + 16 + int.from_bytes(content[at : at + 8], "little")
        if end > len(content):
            break
        event = event_pb2.Event.FromString(content[at + 12 : end - 4])  # type: ignore[attr-defined]
        is_batch = any(value.tag.startswith("batch/") for value in event.summary.value)
        if event.step <= (step if is_batch else epoch):
            kept.append(content[at:end])
        at = end
    write_atomically(file, b"".join(kept))


@contextmanager
def stop_on_interrupt() -> Iterator[Listener]:
    """A listener that ends the run after the current update once Ctrl-C was pressed, or SIGTERM or SIGHUP came.

    A second one raises KeyboardInterrupt at once; so does the first while there is no update yet that was to be saved,
    and, when the context is left, one that came too late for the listener.
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
        if pressed and not isinstance(event, StopEvent):
            told = True
            raise StopTraining(INTERRUPTED)

    before = signals.handle(press)
    try:
        yield listener
    finally:
        restore()
    if pressed and not told:
        raise KeyboardInterrupt
