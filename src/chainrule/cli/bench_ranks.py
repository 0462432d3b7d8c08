"""What `chainrule bench` shows under `mpiexec`: how long a step of ranks computes, and how long it exchanges."""

from statistics import median
from typing import Any, NamedTuple

from rich.table import Table

from chainrule.base.ranks import among, current
from chainrule.cli.console import table
from chainrule.distribution.timed import Timed, again
from chainrule.engine.measure.steps import Steps
from chainrule.network.network import Network


class Shared(NamedTuple):
    """A step of several ranks; seconds are the slowest rank's, medians over steps."""

    samples: int
    ranks: int
    threads: int  # of each
    step: float
    exposed: float  # that the step is longer for exchanging, or for waiting for a slower rank
    communication: float  # of the same exchanges while nobody computes
    exchanges: int
    nbytes: int  # that every rank has after them

    def values(self) -> dict[str, Any]:
        """For a program."""
        return {**self._asdict(), "compute": self.step - self.exposed, "samples_per_second": self.samples / self.step}

    def table(self) -> Table:
        """For a person."""
        each = f"{self.ranks} ranks, {self.threads} thread{'s' * (self.threads != 1)} each"
        rows = {
            "speed": f"{self.samples / self.step:,.0f} samples/s by {each}",
            "step": _milliseconds(self.step),
            "compute": _milliseconds(self.step - self.exposed),
            "exposed": f"{_milliseconds(self.exposed)}: in exchanges, or waiting there for a slower rank",
            "communication": f"{_milliseconds(self.communication)}: the same exchanges while nobody computes",
            "exchanges": f"{self.exchanges} a step, of {self.nbytes / 1e6:,.2f} MB",
        }
        return table(f"A step of {self.samples:,} samples", rows)


def measure_on_ranks(steps: Steps, network: Network, threads: int | None, *, after: int, counted: int) -> Shared:
    """Train for `after` steps on all ranks, then time `counted`."""
    from chainrule.engine.compiled import Compiled  # Numba is loaded where it is used

    ranks = Timed(current())
    with among(ranks):
        engine = Compiled(network, steps.training.source(len(steps.data)), threads)
        steps.run(engine, max(after, 1))
        whole, exposed, made = list[float](), list[float](), []
        for _ in range(counted):
            ranks.forget()
            whole += steps.run(engine, 1)
            exposed.append(ranks.seconds)
            made = ranks.made
    computed = median(w - e for w, e in zip(whole, exposed, strict=True))
    told = ranks.everyones((median(whole), computed, again(ranks.ranks, made)))
    step, compute, communication = (max(each) for each in zip(*told, strict=True))
    nbytes = sum(each.nbytes for each in made)
    return Shared(steps.samples, ranks.size, engine.threads, step, step - compute, communication, len(made), nbytes)


def _milliseconds(seconds: float) -> str:
    return f"{1000 * seconds:,.2f} ms"
