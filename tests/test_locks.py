"""Locks: one process at a time, and none that is dead."""

import subprocess
import sys
from pathlib import Path

import pytest

from chainrule.base.locks import only_one

HOLD = """
import sys
from pathlib import Path
from chainrule.base.locks import only_one
with only_one(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_only_one_is_in_here_and_nothing_is_left(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    with only_one(lock) as safe:
        assert safe
        with pytest.raises(BlockingIOError), only_one(lock):
            pass
        assert lock.exists()
    assert not lock.exists()
    with pytest.raises(KeyError), only_one(lock):
        raise KeyError
    with only_one(lock):
        pass
    assert not lock.exists()


def test_a_killed_process_keeps_no_lock(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(lock)], stdout=subprocess.PIPE, stdin=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(BlockingIOError), only_one(lock):
            pass
        other.kill()
        other.wait()
        assert lock.exists()
        with only_one(lock) as safe:
            assert safe
    assert not lock.exists()


def test_one_that_its_owner_has_just_removed_is_made_again(tmp_path: Path, monkeypatch) -> None:
    from chainrule.base import locks

    lock, take, seen = tmp_path / "lock", locks.take, []

    def late(descriptor: int) -> bool | None:
        if not seen:
            lock.unlink()  # between opening and locking
        seen.append(descriptor)
        return take(descriptor)

    monkeypatch.setattr(locks, "take", late)
    with only_one(lock):
        assert lock.exists()
        with pytest.raises(BlockingIOError), only_one(lock):
            pass
    assert len(seen) == 3


def test_where_there_are_no_locks_that_is_told(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("chainrule.base.locks.take", lambda _: None)
    with only_one(tmp_path / "lock") as safe, only_one(tmp_path / "lock") as other:
        assert not safe
        assert not other
