"""A run on several ranks stays one run: all begin from the same, and end at the same update.

What a listener asks for on one rank, because a signal came there or by its clock, holds for all of them, so that none
waits for another in vain.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from chainrule.base.errors import ChainruleError, DataError
from chainrule.base.ranks import current
from chainrule.base.together import check_same
from chainrule.data.dataset import Dataset
from chainrule.data.fingerprint import fingerprint
from chainrule.training.events import Progress, StopTraining
from chainrule.training.settings import Training

_compared: ContextVar[Dataset | None] = ContextVar("compared", default=None)


@contextmanager
def compared(data: Dataset) -> Iterator[None]:
    """Meanwhile these data, whose fingerprints the caller has compared, are not read for it once more."""
    before = _compared.set(data)
    try:
        yield
    finally:
        _compared.reset(before)


def check_alike(progress: Progress, data: Dataset, training: Training) -> None:
    """DataError for data, UsageError for anything else that is not the same on all ranks."""
    if current().size == 1:
        return
    state, objective = progress.state, progress.objective
    if _compared.get() is not data:
        check_same({"the fingerprint of the data": fingerprint(data)}, DataError)
    check_same(
        {
            "training": training,
            "the objective": type(objective).__name__,
            "w": objective.layout.unpack(progress.w),
            "the optimizer's state": progress.optimizer_vectors(),
            "statistics": objective.statistics,
            "where the run stands": (progress.epoch, progress.batch, state.step),
        }
    )


def check_still_alike(progress: Progress) -> None:
    """ChainruleError where ranks have come to different w: one computes otherwise than the others."""
    if current().size == 1:
        return
    found = {"w": progress.w, "vectors": progress.state.vectors, "statistics": progress.objective.statistics}
    check_same({f"after {progress.state.step} steps": found}, ChainruleError)


def agreed(stop: StopTraining | None, progress: Progress) -> StopTraining | None:
    """What a listener of any rank raised to end the run; likewise `progress.due` becomes true of all."""
    ranks = current()
    if ranks.size == 1:
        return stop
    stops, progress.due = ranks.any_of([stop is not None, progress.due])
    if not stops:
        return None
    reasons = ranks.everyones(None if stop is None else str(stop))
    return StopTraining(next(reason for reason in reasons if reason is not None))
