"""What is done again and again leaves no object, thread or file behind. (`torture/growing.py` weighs the memory.)"""

import gc
from pathlib import Path

import numpy as np
import pytest
from torture.growing import TIMES, held, operations

ROUNDS, EACH = 6, 5


@pytest.fixture(autouse=True)
def nothing_older():
    """What the tests before have left is neither gone through nor counted."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.mark.heavy
@pytest.mark.parametrize("name", TIMES)
def test_nothing_is_left_behind(name: str, tmp_path: Path) -> None:
    operation = operations(tmp_path)[name]
    counts = []
    for _ in range(ROUNDS):
        for _ in range(EACH):
            operation()
        gc.collect()
        counts.append((len(gc.get_objects()), *held()))
    objects, *others = np.diff(counts, axis=0).T  # round by round: a cache may grow in some, what leaks does in all
    assert objects.min() < EACH  # not one each
    assert all(each.min() <= 0 for each in others)
