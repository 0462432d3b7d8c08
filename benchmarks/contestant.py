"""What every library offers for every work, and who offers it."""

from typing import Protocol

import numpy as np

from benchmarks.works import Work


class Contestant(Protocol):
    """A work done by a library in one configuration, with its own initial weights again at each run."""

    def check(self) -> dict[str, np.ndarray]:
        """What its first batch gives, by name, dropout off: to be compared before anything is timed."""
        ...

    def run(self, items: int) -> tuple[int, float]:
        """Do the first `items` samples: how many were done, and the seconds that took."""
        ...


def build(library: str, work: Work, configuration: str, threads: int, samples: int | None) -> Contestant:
    """The contestant; ImportError where its library is missing."""
    if library == "chainrule":
        from benchmarks import own as peer
    elif library == "torch":
        from benchmarks import torch_peer as peer
    elif library == "sklearn":
        from benchmarks import sklearn_peer as peer
    else:
        from benchmarks import jax_peer as peer
    return peer.build(work, configuration, threads, samples)
