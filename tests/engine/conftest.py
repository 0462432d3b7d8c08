"""Memory that buffers share begins as NaN in all tests of the engine, so that whoever relies on zeros is seen."""

import numpy as np
import pytest

from chainrule.engine.runtime import sharing
from chainrule.engine.runtime.memory import aligned_zeros


def not_zeros(n: int, dtype: type) -> np.ndarray:
    """Of shared memory, all bits set; a buffer of its own is zeros."""
    array = aligned_zeros(n, dtype)
    if dtype is np.uint8:
        array[:] = 0xFF
    return array


@pytest.fixture(autouse=True)
def shared_memory_is_not_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sharing, "aligned_zeros", not_zeros)
