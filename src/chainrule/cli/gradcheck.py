"""chainrule gradcheck: is back propagation right? Each layer alone, then the whole network."""

import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Annotated, Any

from rich.progress import track
from rich.table import Table

from chainrule.base.one_thread import single_thread
from chainrule.base.random import CHECK, Draws, permutation
from chainrule.checks.gradients import DirectionCheck, Entry, GradientCheck, direction_check, gradient_check
from chainrule.checks.networks import WithInputs, alone, random_batch, shrink
from chainrule.cli.console import Output, Seed, grid
from chainrule.cli.network_options import NetworkOrDefault
from chainrule.cli.settings import Option
from chainrule.layers.layer import walk
from chainrule.network.network import Network
from chainrule.network.reference import Reference
from chainrule.tasks.examination import plain

ALONE, WHOLE = 2, 1  # samples of a layer alone, of the whole network
DIRECTIONS = 5
ENTRIES = 16  # of each parameter of the whole network, and of x, unless --every-entry
CHOICE = 2000  # the number of the random words that choose them
CAPTION = (
    "worst: the largest |A-B| relative to its bound; direction: |A-B| / max(|A|, |B|) along random directions; "
    "kinks: entries with a kink in reach, checked with a smaller step or beside w"
)


@dataclass(frozen=True)
class Gradcheck:
    """Check gradients in float64: what back propagation gives (A) against differences of the loss (B).

    Each layer alone, made small, at every entry of w and x; then the whole network along random directions, and at
    some entries of every parameter and of x; all at random samples. An entry must hold
    |A-B| <= 1e-6 max(|A|, |B|, 1e-3 max|gradient|), a direction |A-B| <= 1e-6 max(|A|, |B|). The exit code is 0 if all
    do, else 1.
    """

    network: NetworkOrDefault = field(default_factory=NetworkOrDefault)
    every_entry: Annotated[bool, Option("All entries of the whole network (mnist: for many hours).")] = False
    seed: Seed = 0
    output: Output = field(default_factory=Output)

    def execute(self) -> int:
        started, chosen = time.perf_counter(), self.network.chosen()
        network = chosen.network(self.seed)
        with single_thread():  # one small sample at a time: more threads only wait for each other
            layers = list(check_layers(network, self.seed))
            whole = list(check_whole(network, self.seed, self.every_entry, self.output))
        rows, seconds = [*layers, *whole], time.perf_counter() - started
        passed = all(row.passed for row in rows)
        title = f"{chosen.name}: {'all gradients are right' if passed else 'FAILED'} ({seconds:.1f} s)"
        values = {
            "network": chosen.name,
            "passed": passed,
            "seed": self.seed,
            "seconds": round(seconds, 3),
            "checks": [row.values() for row in rows],
        }
        self.output.result(values, show(title, layers, whole), *(failure for row in rows for failure in row.failures()))
        if passed:
            return 0
        print(f"chainrule: {sum(not row.passed for row in rows)} of {len(rows)} checks failed", file=sys.stderr)
        return 1


@dataclass(frozen=True)
class Row:
    """One line of the result: a layer alone, the whole network, or one of its parameters, or its x."""

    what: str
    of: int  # entries there are
    entries: GradientCheck | None
    worst_name: str  # as in "conv1.w[3, 0, 1, 2]"
    direction: DirectionCheck | None  # the worst of DIRECTIONS

    @property
    def passed(self) -> bool:
        return all(check.passed for check in (self.entries, self.direction) if check)

    def cells(self) -> list[str]:
        entries, direction = self.entries, self.direction
        checked = f"{self.of:,} at once"
        if entries:
            checked = f"{self.of:,}" if entries.entries == self.of else f"{entries.entries:,} of {self.of:,}"
        return [
            self.what,
            checked,
            f"{entries.worst.error:.0e}" if entries else "",
            f"{direction.error:.0e}" if direction else "",
            f"{entries.kinks:,}" if entries else "",
            "ok" if self.passed else "FAILED",
        ]

    def values(self) -> dict[str, Any]:
        entries, direction = self.entries, self.direction
        return {
            "what": self.what,
            "of": self.of,
            "entries": entries.entries if entries else 0,
            "kinks": entries.kinks if entries else 0,
            "moved": entries.moved if entries else 0,
            "worst_entry": {"name": self.worst_name, **plain(asdict(entries.worst))} if entries else None,
            "directions": DIRECTIONS if direction else 0,
            "worst_direction": plain(asdict(direction)) if direction else None,
            "passed": self.passed,
        }

    def failures(self) -> Iterator[str]:
        """A line for each check that failed."""
        if self.entries and not self.entries.passed:
            yield f"{self.what}: at {self.worst_name}, {_gives(self.entries.worst)}"
        if self.direction and not self.direction.passed:
            yield f"{self.what}: along a random direction, {_gives(self.direction)}"


def check_layers(network: Network, seed: int) -> Iterator[Row]:
    """Each layer alone, made small, at every entry of its parameters and its x."""
    for step in walk(network, network.input_shape):
        if step.layer.parts:
            continue  # what it is made of follows
        small, small_shape = shrink(step.layer, step.x_shape)
        subject = Subject(alone(small, small_shape, seed), ALONE, seed)
        what = f"{small} on {'x'.join(map(str, small_shape))}"
        yield subject.row(what, range(subject.size), subject.size, subject.worst_direction())


def check_whole(network: Network, seed: int, every_entry: bool, output: Output) -> Iterator[Row]:
    """The whole network at its full size: random directions, then entries of every parameter and of x."""
    subject = Subject(network, WHOLE, seed)
    yield Row("whole network", subject.size, None, "", subject.worst_direction())
    parts = {p.name: p.slice for p in network.parameters} | {"x": slice(network.size, subject.size)}
    console = output.stderr
    for k, (name, part) in enumerate(parts.items()):
        entries: Sequence[int] = range(part.start, part.stop)
        of = len(entries)
        if every_entry:
            output.note(f"{name}: {of:,} entries")
        else:
            drawn = permutation(Draws(seed, CHECK, step=CHOICE + k), of)
            entries = [part.start + i for i in sorted(drawn[:ENTRIES].tolist())]
        hidden = console.quiet or not console.is_terminal  # a bar that is only disabled leaves an empty line
        yield subject.row(name, entries if hidden else track(entries, name, console=console, transient=True), of)


class Subject:
    """A network and random samples: L(w, x) at one point."""

    def __init__(self, network: Network, samples: int, seed: int) -> None:
        self.seed = seed
        self.batch = random_batch(network, samples, seed)
        self.objective = WithInputs(Reference(network, seed))
        self.wx = self.objective.join(network.w, self.batch.samples)
        self.size = self.wx.size

    def row(self, what: str, entries: Iterable[int], of: int, direction: DirectionCheck | None = None) -> Row:
        check = gradient_check(self.objective, self.wx, self.batch, entries, seed=self.seed)
        return Row(what, of, check, self.objective.name(check.worst.index), direction)

    def worst_direction(self) -> DirectionCheck:
        seeds = ((self.seed + k) % 2**64 for k in range(DIRECTIONS))
        checks = [direction_check(self.objective, self.wx, self.batch, seed) for seed in seeds]
        return max(checks, key=lambda check: check.error)


def _gives(check: Entry | DirectionCheck) -> str:
    return f"back propagation gives {check.analytic:.12g}, the loss {check.numerical:.12g}"


def show(title: str, layers: Sequence[Row], whole: Sequence[Row]) -> Table:
    """The table for a person."""
    heads = "what", "entries", "worst", "direction", "kinks", ""
    made = grid(title, heads, [row.cells() for row in layers])
    made.caption, made.caption_justify = CAPTION, "left"
    made.add_section()
    for row in whole:
        made.add_row(*row.cells())
    return made
