"""A campaign: a promise, and a function that tries many times to break it.

    @campaign("A model being saved survives kill -9", tries=1000, few=3)
    def killed_while_saving(tally: Tally) -> None:
        for k in tally:                       # each try has a number, from 0
            ...
            tally.check(unharmed, f"kill {k}: what went wrong")

`make torture` makes all tries and prints what came of them; `make test-all` makes a few, so that no campaign rots.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

SHOWN = 10  # failures of one campaign that are printed


@dataclass
class Tally:
    """How many tries are to be made, and what has come of those that were."""

    tries: int
    made: int = 0
    failures: list[str] = field(default_factory=list)
    notes: dict[str, object] = field(default_factory=dict)  # figures worth telling beside the count

    def __iter__(self) -> Iterator[int]:
        while self.made < self.tries:
            self.made += 1
            yield self.made - 1

    def check(self, held: object, otherwise: str) -> None:
        """Count a failure, called so, unless the promise held."""
        if not held:
            self.failures.append(otherwise)


@dataclass(frozen=True)
class Campaign:
    """A promise, and who tries to break it."""

    name: str
    promise: str
    tries: int
    few: int  # tries that the tests make
    attack: Callable[[Tally], None]

    def __call__(self, tries: int | None = None) -> tuple[Tally, float]:
        """What came of so many tries (default: all), and the seconds that they took."""
        tally, began = Tally(self.tries if tries is None else tries), time.perf_counter()
        self.attack(tally)
        return tally, time.perf_counter() - began


CAMPAIGNS: dict[str, Campaign] = {}


def campaign(promise: str, *, tries: int, few: int) -> Callable[[Callable[[Tally], None]], Campaign]:
    """Enter a function as a campaign of its name."""

    def enter(attack: Callable[[Tally], None]) -> Campaign:
        name = attack.__name__
        CAMPAIGNS[name] = Campaign(name, promise, tries, few, attack)
        return CAMPAIGNS[name]

    return enter
