"""What a run is watched by, epoch after epoch: its loss, or the part of the answers that is wrong."""

from typing import Literal

from chainrule.base.errors import UsageError
from chainrule.training.events import EpochEvent

Monitor = Literal["loss", "accuracy"]


def measured(event: EpochEvent, monitor: Monitor) -> float:
    """The loss on the validation data (on those of the training, if there are none), or 1 - accuracy on them.

    UsageError for an accuracy that there is not.
    """
    seen = event.validation
    if monitor == "loss":
        return event.loss if seen is None else seen.loss
    if seen is None or seen.accuracy is None:
        raise no_accuracy()
    return 1 - seen.accuracy


def no_accuracy() -> UsageError:
    """What is said where an accuracy is watched that there is not."""
    return UsageError("monitor is 'accuracy', but there is none without validation data of classes; expected 'loss'")
