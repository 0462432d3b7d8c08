"""What TensorBoard reads, in the folder of a run.

It is a file of records: the content's length (8 bytes), its checksum (4), the content, which is an event as
tensorboardX describes them, and the content's checksum (4).
"""

import socket
import struct
import time
from pathlib import Path
from typing import Any

from chainrule.base.errors import ChainruleError, WriteError, warn
from chainrule.base.writing import append, write_atomically
from chainrule.training.events import BatchEvent, CheckpointEvent, EpochEvent, Event, Progress, StopEvent

PATIENCE = 2.0  # seconds; so old is at most what somebody sees who looks on


class TensorBoard:
    """A listener that writes TensorBoard's file: each batch's loss, and all that an epoch's event tells.

    What an earlier file of the folder tells of later than `start`, where the run goes on from, is cut off. What cannot
    be written is warned of once, and written with what comes next.
    """

    def __init__(self, folder: Path, start: Progress | None = None) -> None:
        try:
            from tensorboardX import record_writer
            from tensorboardX.proto import event_pb2
        except ImportError:
            raise ChainruleError('--tensorboard needs tensorboardX: pip install "chainrule[tensorboard]"') from None
        for file in folder.glob("events.out.tfevents.*"):
            cut_off(file, start.state.step if start else 0, start.epoch if start else 0)
        self.path = folder / f"events.out.tfevents.{time.time():.0f}.{socket.gethostname()}"
        self.told = time.monotonic()
        self.event = event_pb2.Event  # type: ignore[attr-defined]
        self.checksum = record_writer.masked_crc32c
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
        try:
            append(self.path, b"".join(self.records))
        except WriteError as error:
            warn(f"{error}; training goes on, and tries again after the next epoch")
        else:
            self.records.clear()


def cut_off(file: Path, step: int, epoch: int) -> None:
    """Keep of a TensorBoard file what is told of batches up to that step, and of epochs up to that one.

    A part of a record ends it.
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
