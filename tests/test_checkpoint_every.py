"""--checkpoint-every: so many steps, or so long; what else is refused."""

from types import SimpleNamespace
from unittest.mock import patch

import pytest

from chainrule.base.errors import UsageError
from chainrule.training.checkpoints import CheckpointEvery
from chainrule.training.events import BatchEvent, CheckpointEvent


def due(listener: CheckpointEvery, step: int) -> bool:
    """Whether it asks for a checkpoint after that step."""
    progress = SimpleNamespace(due=False, state=SimpleNamespace(step=step))
    listener(BatchEvent(progress, 0, 0, 1, 0.0, 0.0))  # type: ignore[arg-type]
    return progress.due


@pytest.mark.parametrize("every", [500, "500", "500 steps", " 500 STEP "])
def test_steps(every):
    listener = CheckpointEvery(every)
    assert [step for step in (1, 499, 500, 501, 750, 1000) if due(listener, step)] == [500, 1000]


@pytest.mark.parametrize(
    ("every", "seconds"),
    [("90 seconds", 90), ("1 s", 1), ("1.5s", 1.5), ("10 minutes", 600), ("10m", 600), ("2 h", 7200), ("1 hour", 3600)],
)
def test_time(every, seconds):
    with patch("time.monotonic", return_value=100.0) as clock:
        listener = CheckpointEvery(every)
        clock.return_value = 100.0 + seconds - 0.1
        assert not due(listener, 500)
        clock.return_value = 100.0 + seconds
        assert due(listener, 501)
        listener(CheckpointEvent.__new__(CheckpointEvent))
        assert not due(listener, 502)


@pytest.mark.parametrize(
    "every", [0, -1, "", "soon", "1.5", "1.5 steps", "0 minutes", "5 days", "1e3", "ms", None, "9" * 400 + " s"]
)
def test_what_is_neither(every):
    with pytest.raises(UsageError, match="checkpoint-every is"):
        CheckpointEvery(every)
