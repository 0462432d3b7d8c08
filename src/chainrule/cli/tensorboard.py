"""What happens in a run, as TensorBoard reads it: `tensorboard --logdir runs`."""

from pathlib import Path

from chainrule.base.errors import ChainruleError
from chainrule.training.events import BatchEvent, EpochEvent, Event, StopEvent


class TensorBoard:
    """A listener that writes an event file into a folder: each batch's loss, and all that an epoch's event tells."""

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
                self._add("validation", step, loss=seen.loss, accuracy=seen.accuracy)
        elif isinstance(event, StopEvent):
            self.writer.close()

    def _add(self, group: str, step: int, **values: float | None) -> None:
        for name, value in values.items():
            if value is not None:
                self.writer.add_scalar(f"{group}/{name}", value, step)
