"""What every library offers for every work."""

from typing import Protocol

import numpy as np


class Contestant(Protocol):
    """A work done by a library in one configuration, with its own initial weights again at each run."""

    def check(self) -> dict[str, np.ndarray]:
        """What its first batch gives, by name, dropout off: to be compared before anything is timed."""
        ...

    def run(self, items: int) -> tuple[int, float]:
        """Do the first `items` samples: how many were done, and the seconds that took."""
        ...
