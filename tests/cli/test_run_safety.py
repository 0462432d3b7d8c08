"""A run's folder: one process at a time trains in it, and a disk that fails for a moment ends no training."""

import errno
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import pytest
from torture.faults import STEPS, fault

from chainrule.cli.run_folder import RunFolder
from chainrule.cli.run_keeper import Keeper
from chainrule.exchange.model_file import load_checkpoint
from chainrule.training.events import EpochEvent

FULL = os.strerror(errno.ENOSPC)
TABLE = "a,b,answer\n" + "".join(f"{k % 7},{k % 5},{'yes' if k % 7 > 3 else 'no'}\n" for k in range(60))
ANOTHER = "another process trains in this folder; expected another folder, or to wait for its end"


@pytest.fixture
def train(cli):
    """Train on a small table by the definitions, which need no kernels."""
    Path("table.csv").write_text(TABLE)

    def command(*more: object):
        return cli("train", "--data", "table.csv", "--engine", "reference", *more)

    return command


def epochs(folder: str) -> list[int]:
    return [json.loads(line)["epoch"] for line in Path(folder, "metrics.jsonl").read_text().splitlines()]


def test_two_processes_do_not_train_in_one_folder(cli, train):
    assert train("--epochs", 2, "--out", "run").code == 0
    before = {path.name: path.read_bytes() for path in Path("run").iterdir()}
    with RunFolder(Path("run")).held():
        ran = cli("train", "--resume", "run", "--epochs", 3)
        assert (ran.code, ran.err) == (2, f"chainrule: run: {ANOTHER}\n")
        assert cli("evaluate", "run", "--data", "table.csv").code == 0
        assert cli("predict", "run", "table.csv").code == 0
        assert cli("runs", "run").code == 0
    assert {path.name: path.read_bytes() for path in Path("run").iterdir()} == before
    with RunFolder(Path("new"), new=True).held():
        ran = train("--epochs", 2, "--out", "new")
        assert (ran.code, ran.err.splitlines()[-1]) == (2, f"chainrule: new: {ANOTHER}")
    ran = train("--out", "run")
    assert (ran.code, ran.err.splitlines()[-1]) == (
        2, "chainrule: run: holds a model already; expected another --out, or --resume to go on with it",
    )  # fmt: skip


def test_a_killed_training_keeps_no_lock_and_what_it_left_goes(cli, train, tmp_path):
    line = [sys.executable, "-m", "chainrule", "train", "--data", "table.csv", "--engine", "reference", "--out", "run"]
    with subprocess.Popen([*line, "--epochs", "10000"], cwd=tmp_path, stderr=subprocess.DEVNULL) as running:
        while not (tmp_path / "run" / "previous.safetensors").exists():
            assert running.poll() is None
            time.sleep(0.01)
        running.send_signal(signal.SIGKILL)
    (tmp_path / "run" / f"model.safetensors.{'0' * 32}.part").write_bytes(b"half")
    made = RunFolder(Path("run")).checkpoint().epoch
    assert cli("train", "--resume", "run", "--epochs", made + 1).code == 0
    assert epochs("run") == list(range(1, made + 2))
    assert sorted(os.listdir("run")) == [
        "config.toml", "losses.jsonl", "metrics.jsonl", "model.safetensors", "previous.safetensors", "report.html",
    ]  # fmt: skip


def test_where_there_are_no_locks_training_says_so_and_goes_on(train, monkeypatch):
    monkeypatch.setattr("chainrule.base.locks.take", lambda *_, **__: None)
    ran = train("--epochs", 1, "--out", "run")
    assert ran.code == 0
    assert ran.err.count("warning: run: has no locks; nobody can tell whether another process trains there, too") == 1


def failing(monkeypatch, step: str, *epochs: int) -> None:
    """Let that step of writing fail at what a run keeps of these epochs, and of what it keeps at the end (0)."""
    with_event, at_end = Keeper.__call__, Keeper.finish
    fails = ExitStack()

    def call(self, event):
        if isinstance(event, EpochEvent):
            fails.close()
            if event.epoch + 1 in epochs:
                fails.enter_context(fault(step, errno.ENOSPC))
        with_event(self, event)

    def finish(self):
        fails.close()
        with fault(step, errno.ENOSPC) if 0 in epochs else ExitStack():
            at_end(self)

    monkeypatch.setattr(Keeper, "__call__", call)
    monkeypatch.setattr(Keeper, "finish", finish)


@pytest.mark.parametrize("step", STEPS)
def test_a_disk_that_is_full_for_a_moment_ends_no_training(train, monkeypatch, step):
    assert train("--epochs", 5, "--out", "whole").code == 0
    failing(monkeypatch, step, 2, 3)
    ran = train("--epochs", 5, "--out", "run")
    assert ran.code == 0
    warned = [line for line in ran.err.splitlines() if "warning" in line]
    files = ["run/metrics.jsonl"] * (step not in ("replace", "folder fsync")) + ["run/model.safetensors"]
    more = "training goes on, and tries again after the next epoch"
    assert warned == [f"chainrule: warning: {file}: cannot be written: {FULL}; {more}" for file in files]
    assert epochs("run") == [1, 2, 3, 4, 5]
    whole, run = (load_checkpoint(f"{name}/model.safetensors") for name in ("whole", "run"))
    assert run.network.w.tobytes() == whole.network.w.tobytes()
    assert load_checkpoint("run/previous.safetensors").epoch == 4
    assert not list(Path("run").glob("*.part"))


@pytest.mark.parametrize("step", ["write", "replace"])
def test_what_cannot_be_written_at_the_end_is_an_error(cli, train, step):
    with pytest.MonkeyPatch.context() as monkeypatch:
        failing(monkeypatch, step, 3, 0)
        ran = train("--epochs", 3, "--out", "run")
    assert ran.code == 1
    file = "metrics.jsonl" if step == "write" else "model.safetensors"
    good = "the last good checkpoint, after 2 epochs, is in run"
    assert ran.err.splitlines()[-1] == f"chainrule: run/{file}: cannot be written: {FULL}; {good}"
    assert load_checkpoint("run/model.safetensors").epoch == 2
    assert cli("train", "--resume", "run").code == 0
    assert epochs("run") == [1, 2, 3]
