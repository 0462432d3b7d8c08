"""What TensorBoard reads, in the folder of a run.

It is a file of records: the content's length (8 bytes), its checksum (4), the content, which is an event as
tensorboardX describes them, and the content's checksum (4).
"""

import socket
import struct
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from chainrule.base.errors import ChainruleError
from chainrule.base.files import read_bytes
from chainrule.base.ranks import current
from chainrule.base.together import is_first
from chainrule.base.writing import append, write_atomically
from chainrule.cli.reporting import OfTheFirst, tried_again_later
from chainrule.training.events import BatchEvent, CheckpointEvent, EpochEvent, Event, Listener, Progress, StopEvent

HEAD, SUM = 12, 4  # bytes before a record's content, and behind it
PATIENCE = 2.0  # seconds; so old is at most what somebody sees who looks on


class TensorBoard:
    """A listener that writes TensorBoard's file: each batch's loss, and all that an epoch's event tells.

    What an earlier file of the folder tells of later than `start`, where the run goes on from, is cut off. What cannot
    be written is a warning, and written with what comes next.
    """

    def __init__(self, folder: Path, start: Progress | None = None) -> None:
        self.event, self.checksum = event_and_checksum()
        for file in folder.glob("events.out.tfevents.*"):
            self._cut_off(file, start.state.step if start else 0, start.epoch if start else 0)
        self.path = folder / f"events.out.tfevents.{time.time():.0f}.{socket.gethostname()}"
        self.told = time.monotonic()
        self.records = [self._record(self.event(wall_time=time.time(), file_version="brain.Event:2"))]

    def __call__(self, event: Event) -> None:
        if isinstance(event, BatchEvent):
            self._add("batch", event.progress.state.step, loss=event.loss, gradient_norm=event.gradient_norm)
        elif isinstance(event, EpochEvent):
            step = event.epoch + 1
            self._add("epoch", step, loss=event.loss, lr=event.lr, samples_per_second=event.samples / event.seconds)
            if (seen := event.validation) is not None:
                self._add("validation", step, loss=seen.loss, accuracy=seen.accuracy, r2=seen.r2, rmse=seen.rmse)
        # what a run goes on from is not to lack a line
        if isinstance(event, CheckpointEvent | StopEvent) or time.monotonic() - self.told > PATIENCE:
            self._write()

    def _add(self, group: str, step: int, **values: float | None) -> None:
        event = self.event(wall_time=time.time(), step=step)
        for name, value in values.items():
            if value is not None:
                event.summary.value.add(tag=f"{group}/{name}", simple_value=value)
        self.records.append(self._record(event))

    def _record(self, event: Any) -> bytes:
        content = event.SerializeToString()
        length = struct.pack("<Q", len(content))
        return b"".join([length, self._sum(length), content, self._sum(content)])

    def _sum(self, content: bytes) -> bytes:
        return struct.pack("<I", self.checksum(content))

    def _write(self) -> None:
        self.told = time.monotonic()
        with tried_again_later():
            append(self.path, b"".join(self.records))
            self.records.clear()

    def _cut_off(self, file: Path, step: int, epoch: int) -> None:
        """Keep of a file what is told of batches up to that step, and of epochs up to that one."""
        kept = []
        for record, event in self._records(read_bytes(file)):
            is_batch = any(value.tag.startswith("batch/") for value in event.summary.value)
            if event.step <= (step if is_batch else epoch):
                kept.append(record)
        write_atomically(file, b"".join(kept))

    def _records(self, content: bytes) -> Iterator[tuple[bytes, Any]]:
        """Each record of a file, and its event. A part of one, or one that is damaged, ends them."""
        at = 0
        while at + HEAD <= len(content):
            end = at + HEAD + int.from_bytes(content[at : at + 8], "little") + SUM
            written = content[at + HEAD : end - SUM]
            if content[end - SUM : end] != self._sum(written):
                return
            yield content[at:end], self.event.FromString(written)
            at = end


def boards_of(folder: Path, start: Progress | None) -> list[Listener]:
    """Who writes the file of a run; or will, once the ranks before this one are dead."""
    if is_first():
        return [TensorBoard(folder, start)]
    return [OfTheFirst(partial(TensorBoard, folder))] if current().survive else []


def event_and_checksum() -> tuple[Any, Callable[[bytes], int]]:
    """The class of an event, and what makes a record's checksums; ChainruleError where there is no tensorboardX."""
    try:
        from tensorboardX import record_writer
        from tensorboardX.proto import event_pb2
    except ImportError:
        raise ChainruleError('--tensorboard needs tensorboardX: pip install "chainrule[tensorboard]"') from None
    events: Any = event_pb2  # whose classes are made when it is imported: no type checker sees them
    return events.Event, record_writer.masked_crc32c
