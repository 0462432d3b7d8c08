"""Several processes compile what is missing: each something else, and none that dies or hangs does harm."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from chainrule.engine.runtime import side_by_side
from chainrule.engine.runtime.side_by_side import Helper, compile_together

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are forked off on Linux alone")
HERE = os.getpid()


class Slow:
    """Something that takes a moment to compile; a file of its number says which process did."""

    def __init__(self, file: Path, elsewhere: Callable[[], object] = lambda: None) -> None:
        self.file, self.elsewhere = file, elsewhere

    @property
    def is_missing(self) -> bool:
        return not self.file.exists()

    @property
    def address(self) -> int:
        if os.getpid() != HERE:
            self.elsewhere()
        time.sleep(0.05)
        self.file.write_text(str(os.getpid()))
        return 0


@pytest.fixture(autouse=True)
def two_processors(monkeypatch):
    monkeypatch.setattr(side_by_side, "default_threads", lambda: 2)


def compiled_by(folder: Path, functions: int = 8, **how: Callable[[], object]) -> list[int]:
    """By whom each was, of some; 0 for what is left."""
    some = [Slow(folder / str(k), **how) for k in range(functions)]
    compile_together(some)  # type: ignore[arg-type]
    return [int(each.file.read_text()) if each.file.exists() else 0 for each in some]


def test_two_processes_share_what_is_missing(tmp_path):
    (tmp_path / "3").write_text("1")
    found = compiled_by(tmp_path, 9)
    assert found[3] == 1
    assert len(set(found)) == 3
    assert 0 not in found


@pytest.mark.parametrize("functions", [0, 1, 7])
def test_a_few_are_left_to_whoever_needs_them(tmp_path, functions):
    assert compiled_by(tmp_path, functions) == [0] * functions


def test_a_helper_that_dies_leaves_one_behind(tmp_path):
    found = compiled_by(tmp_path, elsewhere=lambda: os.kill(os.getpid(), 9))
    assert sorted(map(bool, found)) == [False] + [True] * 7


def test_a_helper_that_raises_does_so_too(tmp_path, capfd):
    assert compiled_by(tmp_path, elsewhere=lambda: 1 // 0).count(0) == 1
    assert capfd.readouterr() == ("", "")


def test_a_helper_that_hangs_is_ended(tmp_path, monkeypatch):
    monkeypatch.setattr(side_by_side, "PATIENCE", 0.2)
    helpers: list[Helper] = []
    monkeypatch.setattr(Helper, "wait", lambda self, wait=Helper.wait: helpers.append(self) or wait(self))
    assert compiled_by(tmp_path, elsewhere=lambda: time.sleep(1000)).count(0) == 1
    with pytest.raises(ProcessLookupError):
        os.kill(helpers[0].pid, 0)


def test_where_no_process_can_be_forked_off_all_is_left(tmp_path, monkeypatch):
    def full() -> int:
        raise BlockingIOError("no more processes")

    monkeypatch.setattr(os, "fork", full)
    assert set(compiled_by(tmp_path)) == {HERE}


SCRIPT = """
import numpy as np
import chainrule as cr
from chainrule.engine.runtime import calls, kernel_cache, side_by_side
side_by_side.default_threads = lambda: 2
saved, save = [], kernel_cache.KernelCache.save_overload
kernel_cache.KernelCache.save_overload = lambda *given: saved.append(given[1]) or save(*given)
network = cr.preset("mlp").network()
batch = cr.Batch(np.random.default_rng(0).random((8, 1, 28, 28), np.float32), np.arange(8))
engine, exact = cr.engine.execute(network), cr.engine.execute(network, "reference")
w = engine.layout.pack(network.w)
found, expected = np.zeros_like(w), np.zeros(network.size)
engine.loss_and_gradient(w, batch, found)
exact.loss_and_gradient(network.w.astype(np.float64), batch, expected)
assert np.abs(engine.layout.unpack(found) - expected).max() < 1e-5 * np.abs(expected).max()
print(calls.entry_for.cache_info().currsize, len(saved))
"""


@pytest.mark.heavy
def test_a_network_is_right_whose_kernels_another_process_compiled(tmp_path):
    environment = {**os.environ, "CHAINRULE_CACHE_DIR": str(tmp_path)}
    line = [sys.executable, "-c", SCRIPT]
    done = subprocess.run(line, capture_output=True, encoding="utf-8", env=environment, timeout=300)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("compiling kernels for this machine, once") == 1
    entries, compiled_here = map(int, done.stdout.split())
    files = list(tmp_path.rglob("*_entry.*.nbc")) + list(tmp_path.rglob("*_entry-*.nbc"))
    assert len(files) == entries > compiled_here > 0
