"""What is done again and again leaves no object, thread or file behind. (`torture/growing.py` weighs the memory.)"""

import gc
from pathlib import Path

import pytest
from torture.growing import held, operations

TIMES = 5


@pytest.mark.parametrize("name", operations(Path()))
def test_nothing_is_left_behind(name: str, tmp_path: Path) -> None:
    operation, _ = operations(tmp_path)[name]
    counts = []
    for _ in range(4):
        for _ in range(TIMES):
            operation()
        gc.collect()
        counts.append((len(gc.get_objects()), held()))
    (objects_then, held_then), (objects, held_now) = counts[-2:]
    assert objects - objects_then < TIMES  # not one each
    assert held_now == held_then
