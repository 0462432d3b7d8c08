"""Ranks of which some die in an exchange: what the others compute without them, to the bit.

As a program: python dying_ranks.py WHAT RANK:EXCHANGE ...; each rank that lives prints a line of JSON: how many these
are, and the hash of what it has found. A rank dies in its so-many-th exchange.
"""

import json
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from chainrule import SGD, Dataset, Linear, Network, ReLU, SquaredError, Training
from chainrule.base.ranks import among
from chainrule.distribution.launched import mpi
from chainrule.regression.polynomial import PolynomialObjective
from chainrule.tasks.shared_outputs import shared_outputs
from chainrule.training.descent import minimise
from chainrule.training.distributed import Distributed
from steps_of import NETWORKS, digest, of_network

PROGRAM = str(Path(__file__).resolve())
X = np.random.default_rng(3).uniform(-1, 1, (60, 2))


def answers() -> str:
    """Of a network asked about a few samples at a time."""
    network = Network([Linear(9), ReLU(), Linear(3)], 2, SquaredError(), dtype=np.float64, seed=1)
    asked = shared_outputs(network, len(X), 1, lambda batch: X[batch] @ np.eye(2, 3))
    return digest({"y": np.concatenate([y for _, y in asked])})


def minimum() -> str:
    """Of an objective that is no network."""
    objective = Distributed(PolynomialObjective(3))
    training = Training(SGD(0.1), epochs=2, batch_size=20)
    return digest({"w": minimise(objective, Dataset(X[:, 0], X[:, 1]), np.zeros(4), training).w})


def found(what: str) -> str:
    """The hash of one of these, or of steps of a network."""
    return of_network(what, 1) if what in NETWORKS else {"answers": answers, "minimum": minimum}[what]()


if __name__ == "__main__":
    world = mpi().COMM_WORLD.Dup()
    from chainrule.distribution.mpi import MpiRanks

    class Mortal(MpiRanks):
        """The processes of a communicator, of which some die."""

        def __init__(self, deaths: dict[int, int]) -> None:
            super().__init__(world)
            self.left = deaths.get(self.rank, 0)

        def exchange(self, whole: np.ndarray, ends: Sequence[int]) -> None:
            self.perhaps_die()
            super().exchange(whole, ends)

        def turn(self, whole: np.ndarray, rows: Sequence[int], columns: Sequence[int], *, has_rows: bool) -> None:
            self.perhaps_die()
            super().turn(whole, rows, columns, has_rows=has_rows)

        def perhaps_die(self) -> None:
            self.left -= 1
            if self.left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    ranks = Mortal({int(rank): int(exchange) for rank, exchange in (each.split(":") for each in sys.argv[2:])})
    ranks.outlive()
    with among(ranks):
        hashed = found(sys.argv[1])
    print(json.dumps([ranks.size, hashed]), flush=True)
