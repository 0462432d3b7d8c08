"""How often a run is written down inside its epochs: every so many steps, or so many minutes.

    cr.fit(network, data, listeners=[CheckpointEvery("500 steps"), keeper])    # or "10 minutes", "10m"

It is a listener that asks for a CheckpointEvent. Who hears that one may write down the run: it goes on from there, bit
for bit, and what is written when changes nothing of the result.
"""

import math
import re
import time

from chainrule.base.errors import UsageError
from chainrule.base.showing import short
from chainrule.training.events import BatchEvent, CheckpointEvent, Event

SECONDS = {"s": 1, "sec": 1, "second": 1, "m": 60, "min": 60, "minute": 60, "h": 3600, "hour": 3600}
EXPECTED = 'expected steps or minutes, as in 500, "500 steps", "10 minutes" or 10m'


class CheckpointEvery:
    """A listener that asks for a checkpoint every so many steps of the run, or so long after the last one.

    every : as in 500, "500", "500 steps", "90 seconds", "10 minutes", "10m" or "2 h"

    UsageError for anything else.
    """

    def __init__(self, every: int | str) -> None:
        number, unit = _read(every)
        self.steps = int(number) if unit == "step" else None
        self.seconds = number * SECONDS.get(unit, math.inf)
        self._last = time.monotonic()

    def __call__(self, event: Event) -> None:
        if isinstance(event, BatchEvent):
            progress = event.progress
            progress.due = progress.due or self._is_time(progress.state.step)
        elif isinstance(event, CheckpointEvent):
            self._last = time.monotonic()

    def _is_time(self, step: int) -> bool:
        if self.steps is None:
            return time.monotonic() - self._last >= self.seconds
        return step % self.steps == 0


def _read(every: int | str) -> tuple[float, str]:
    """The number, above 0, and its unit: "step", or one of SECONDS."""
    found = re.fullmatch(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([a-z]*)\s*", str(every).lower(), re.ASCII)
    if found is not None:
        number, unit = float(found[1]), found[2] or "step"
        unit = unit if unit in SECONDS else unit.removesuffix("s")
        if 0 < number < math.inf and (unit in SECONDS or (unit == "step" and number.is_integer())):
            return number, unit
    raise UsageError(f"checkpoint-every is {short(every)}; {EXPECTED}")
