"""The optimizer of each update, with the rates that the schedules give it."""

from chainrule.base.errors import UsageError
from chainrule.training.events import Progress
from chainrule.training.optimizers import Optimizer
from chainrule.training.plateau import Plateau
from chainrule.training.schedule import Moment
from chainrule.training.settings import Training

LOOKS = 100  # into the run to come, evenly, and at its last update


class Pace:
    """How the rates of a run move, in epochs of so many batches.

    `plateau` is the listener that a schedule which depends on the loss needs; None: it has none.
    """

    def __init__(self, training: Training, batches: int) -> None:
        self.training, self.batches = training, batches
        waits = training.scheduled and training.scheduled.waits
        self.plateau = Plateau(waits) if waits else None
        self._last = training.optimizer
        if not training.is_steady:
            self._look_ahead()

    def optimizer(self, progress: Progress) -> Optimizer:
        """Of the update that is next; the same object for as long as nothing moves."""
        if self.training.is_steady:
            return self.training.optimizer
        stalls, batches = self.plateau.seen.stalls if self.plateau else 0, self.batches
        now = Moment(progress.epoch * batches + progress.batch, self.training.epochs * batches, batches, stalls)
        rates = self.training.rates(now)
        if rates != (self._last.lr, self._last.goes_on):
            self._last = self._last.with_rates(*rates)
        return self._last

    def _look_ahead(self) -> None:
        """UsageError for rates that no optimizer takes, before the run has cost anything."""
        count = self.training.epochs * self.batches
        for k in (*range(0, count, -(-count // LOOKS)), count - 1) if count else ():
            try:
                self.training.optimizer.with_rates(*self.training.rates(Moment(k, count, self.batches, 0)))
            except UsageError as error:
                raise UsageError(f"after {k:,} of {count:,} updates by the schedule: {error}") from None
