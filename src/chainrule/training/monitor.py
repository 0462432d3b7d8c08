"""What a run is watched by, epoch after epoch: its loss, or the part of the answers that is wrong."""

from typing import Literal

from chainrule.base.errors import UsageError
from chainrule.training.events import EpochEvent

Monitor = Literal["loss", "accuracy"]


def measured(event: EpochEvent, monitor: Monitor, who: str) -> float:
    """The loss on the validation data (on those of the training, if there are none), or 1 - accuracy on them.

    UsageError, which names `who` watches, for an accuracy that there is not.
    """
    seen = event.validation
    if monitor == "loss":
        return event.loss if seen is None else seen.loss
    if seen is None or seen.accuracy is None:
        raise UsageError(f"{who} by accuracy needs validation data and a loss over classes")
    return 1 - seen.accuracy
