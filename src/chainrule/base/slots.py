"""Slots: a batch's at most 8 ranges of samples, fixed by its size, over which sums are made before the slots are added.

Threads and ranks share a batch out by whole slots, so that no sum depends on how many of them there are.
"""

SLOTS = 8


def slot(k: int, slots: int, samples: int) -> tuple[int, int]:
    """The samples of slot k, of so many: first, last + 1."""
    return k * samples // max(slots, 1), (k + 1) * samples // max(slots, 1)


def shares(slots: int, ranks: int) -> list[range]:
    """The slots of each rank, side by side; of more ranks than slots, some have none."""
    return [range(slots * rank // ranks, slots * (rank + 1) // ranks) for rank in range(ranks)]
