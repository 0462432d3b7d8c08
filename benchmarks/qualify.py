"""Which configuration of a library is its best, in float32 and in bfloat16: each is validated, warmed up and timed for
a moment."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from benchmarks.configurations import candidates, refinements
from benchmarks.validate import Disagreement, validate
from benchmarks.worker import CannotRun, Worker
from benchmarks.works import Work


@dataclass(frozen=True)
class Options:
    """How long and how much."""

    rounds: int = 5
    seconds: float = 10.0  # of one run
    samples: int | None = None  # to train on: the first so many
    whole: bool = False  # rivals train whole epochs, too
    patience: float = 900.0  # for one answer of a contestant, compilation included
    configurations: str = ""  # words that all configurations tried must have


@dataclass(frozen=True)
class Entry:
    """A library in one configuration, validated; its quick rate decides who is its best."""

    library: str
    configuration: str
    rate: float
    validation: float | None  # None: there is nothing to compare

    @property
    def precision(self) -> str:
        """bfloat16 or float32."""
        return "bfloat16" if "bfloat16" in self.configuration else "float32"


def start(work: Work, library: str, configuration: str, options: Options) -> Worker:
    """A worker of this work."""
    if configuration == "rival" and work.against is not None:
        work = work.against
    return Worker(library, work, configuration, work.threads, options.samples, options.patience)


def warm_up(worker: Worker, work: Work, seconds: float) -> float:
    """Samples a second after a warm-up: the best of three runs of about so many seconds together."""
    worker.run(3 * work.batch)
    items, took = worker.run(3 * work.batch)
    items = max(3 * work.batch, int(seconds / 3 * items / took))
    return max(done / took for done, took in (worker.run(items) for _ in range(3)))


def qualify(
    work: Work, library: str, ours: Mapping[str, np.ndarray], options: Options, tried: list[tuple[str, str]]
) -> list[Entry]:
    """The library's best configuration in each precision; none if it cannot run. What was tried is added to `tried`."""
    entries: list[Entry] = []

    def attempt(configuration: str) -> None:
        name = f"{library}, {configuration}"
        print(f"  trying {name} ...", end=" ", flush=True)
        try:
            with start(work, library, configuration, options) as worker:
                theirs = worker.check()
                validation = validate(ours, theirs, configuration, work.depth) if work.is_comparable else None
                rate = warm_up(worker, work, options.seconds / 4)
            entries.append(Entry(library, configuration, rate, validation))
            outcome = f"{rate:,.0f} samples/s"
            if validation is not None:
                outcome += f", differs by {validation:.0e}"
        except (CannotRun, Disagreement) as error:
            outcome = f"not timed: {error}"
        print(outcome, flush=True)
        tried.append((name, outcome))

    for configuration in candidates(work, library):
        if set(options.configurations.split()) <= set(configuration.split()) or library != "torch":
            attempt(configuration)
    for best in _best(entries):
        for configuration in refinements(work, library, best.configuration):
            attempt(configuration)
    return _best(entries)


def _best(entries: list[Entry]) -> list[Entry]:
    """The fastest of each precision."""
    return list({entry.precision: entry for entry in sorted(entries, key=lambda entry: entry.rate)}.values())
