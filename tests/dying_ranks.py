"""Ranks of which some die in an exchange: what the others compute without them, to the bit.

As a program: python dying_ranks.py NAME RANK:EXCHANGE ...; it prints a line of JSON a rank that lives: how many these
are, and the hash of what it has found of a network of steps_of.py. The rank dies in its so-many-th exchange.
"""

import json
import os
import signal
import sys
from collections.abc import Sequence

import numpy as np

from chainrule.base.ranks import among
from chainrule.distribution.launched import mpi
from steps_of import of_network

WORLD = mpi().COMM_WORLD
from chainrule.distribution.mpi import MpiRanks  # noqa: E402  # behind what MPI is to know before it begins


class Mortal(MpiRanks):
    """Those that MPI has started, which die at these of their exchanges."""

    def __init__(self, deaths: dict[int, int]) -> None:
        super().__init__(WORLD.Dup())
        self.left = deaths.get(self.rank, 0)

    def exchange(self, whole: np.ndarray, ends: Sequence[int]) -> None:
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        super().exchange(whole, ends)


if __name__ == "__main__":
    ranks = Mortal({int(rank): int(exchange) for rank, exchange in (each.split(":") for each in sys.argv[2:])})
    ranks.outlive()
    with among(ranks):
        found = of_network(sys.argv[1], 1)
    print(json.dumps([ranks.size, found]), flush=True)
