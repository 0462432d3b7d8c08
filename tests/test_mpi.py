"""Several processes that the real mpiexec starts train as one: the same bits, one voice, one end."""

import json
import os
import signal
import time
from pathlib import Path

import pytest

from chainrule.cli import run as command
from chainrule.exchange.model_file import load_checkpoint
from mpi_jobs import LONGEST, ONE, REFERENCE, TRAIN, ended, line, lives, needs_mpi, ranks_of, run, said, start

pytestmark = needs_mpi
OF_300 = "--preset", "mlp", *REFERENCE, "--train-data-size", "300", "--test-data-size"
SMALL = *OF_300, "50", "--batch-size", "64", "--validation", "0.2", "--out"
IN_THREES = "--batch-size", "100", "--checkpoint-every", "3"  # updates, as many as an epoch has
LONG = *OF_300, "0", *IN_THREES, "--epochs", "100000", "--out", "run"
SOON = 10.0  # seconds in which a job ends when one of its ranks does


def weights(folder: Path) -> list[str]:
    return [json.loads(each)["weights"] for each in (folder / "metrics.jsonl").read_text().splitlines()]


def once_it_trains(process, folder: Path) -> list[int]:
    """The ranks of a job, once there is a checkpoint."""
    found, end = ranks_of(process, 2), time.monotonic() + LONGEST
    while not (folder / "model.safetensors").exists():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end
        time.sleep(0.02)
    return found


def test_two_ranks_train_to_the_same_bits_with_one_voice_and_one_goes_on(tmp_path):
    assert command(["train", *SMALL, str(tmp_path / "alone"), "--epochs", "3"]) == 0
    done = run(2, tmp_path, *TRAIN, *SMALL, "run", "--epochs", "2")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("mlp: trained") == 1
    assert [each.split(":")[0] for each in done.stderr.splitlines()] == ["epoch 1/2", "epoch 2/2"]
    assert sorted(each.name for each in (tmp_path / "run").iterdir()) == [
        "config.toml", "losses.jsonl", "metrics.jsonl", "model.safetensors", "previous.safetensors", "report.html",
    ]  # fmt: skip
    assert weights(tmp_path / "run") == weights(tmp_path / "alone")[:2]
    assert command(["train", "--resume", str(tmp_path / "run"), "--epochs", "3", *ONE]) == 0
    assert weights(tmp_path / "run") == weights(tmp_path / "alone")


@pytest.mark.heavy
def test_one_begins_and_two_ranks_go_on(tmp_path):
    for name, epochs in (("alone", "2"), ("run", "1")):
        assert command(["train", *SMALL, str(tmp_path / name), "--epochs", epochs]) == 0
    done = run(2, tmp_path, *TRAIN, "--resume", "run", "--epochs", "2", *ONE)
    assert done.returncode == 0, done.stderr
    assert weights(tmp_path / "run") == weights(tmp_path / "alone")


def test_ranks_that_were_told_different_things_are_refused(tmp_path):
    two = line(1, *TRAIN, *SMALL, "run", "--lr", "0.1")
    done = ended(start([*two, ":", *line(1, *TRAIN, *SMALL, "run", "--lr", "0.2")[3:]], tmp_path))
    assert done.returncode == 2, done.stderr
    (message,) = said(done)
    assert "configuration.training.optimizer.lr is 0.1 on rank 0, on " in message
    assert "and 0.2 on rank 1, on " in message
    assert not (tmp_path / "run" / "config.toml").exists()


@pytest.mark.heavy
def test_data_that_one_rank_lacks_are_told_once(tmp_path):
    two = line(1, *TRAIN, *SMALL, "run")
    done = ended(start([*two, ":", *line(1, *TRAIN, *SMALL, "run", "--data", "none.csv")[3:]], tmp_path))
    assert done.returncode == 4, done.stderr
    (message,) = said(done)
    assert message.startswith("chainrule: rank 1, on ")
    assert "none.csv" in message


@pytest.mark.heavy
@pytest.mark.parametrize("command", [["info"], ["nonsense"], ["train", "--preset", "none"]])
def test_what_is_not_for_several_is_the_firsts_alone(tmp_path, command):
    done = run(2, tmp_path, "-m", "chainrule", *command)
    assert done.returncode == (0 if command == ["info"] else 2)
    assert done.stdout.count("Networks (--preset") == (command == ["info"])
    assert len(said(done)) == (command != ["info"])


OWN = """
import sys, time
import numpy as np, chainrule as cr
from mpi4py import MPI

rng = np.random.default_rng(0)
x = rng.standard_normal((60, 5)); t = (x[:, 0] > 0).astype(int)
what = sys.argv[1]
with cr.distributed(MPI.COMM_WORLD if what == "given" else None) as ranks:
    network = cr.Network([cr.Linear(4), cr.Tanh(), cr.Linear(2)], 5, dtype=np.float64)
    rank = ranks.rank
    if what == "w" and rank:
        network.w[3] += 1
    if what == "data" and rank:
        t[7] = 1 - t[7]
    if what == "layers" and rank:
        network = cr.Network([cr.Linear(4), cr.Sigmoid(), cr.Linear(2)], 5, dtype=np.float64)

    def fails(event):
        if rank and what == "fails" and event.progress.state.step == 3:
            raise ValueError("half done")
        if rank and what == "stops" and event.progress.state.step == 3:
            raise cr.StopTraining("enough")

    how = dict(engine="reference", listeners=[fails])
    history = cr.fit(network, cr.Dataset(x, t), cr.Training(cr.SGD(0.1), batch_size=10, epochs=2), **how)
    found = cr.evaluate(network, cr.Dataset(x, t), "reference", batch_size=7)
    print(history.reason, history.progress.state.step, found.loss, network.w.sum(), flush=True)
"""


TURN = """
import numpy as np
from mpi4py import MPI
from chainrule.base.ranks import extent
from chainrule.distribution.mpi import MpiRanks

ranks, right = MpiRanks(MPI.COMM_WORLD.Dup()), 1.0 + np.arange(70, dtype=np.float32).reshape(7, 10)
for rows, columns in (([2, 2, 7], [3, 10, 10]), ([3, 5, 7], [1, 4, 10])):
    for has_rows in (True, False):
        found = np.zeros_like(right)
        i, j = slice(*extent(rows, ranks.rank)), slice(*extent(columns, ranks.rank))
        had, wanted = ((i, slice(None)), (slice(None), j))[:: 1 if has_rows else -1]
        found[had] = right[had]
        ranks.turn(found, rows, columns, has_rows=has_rows)
        print(np.array_equal(found[wanted], right[wanted]), flush=True)
"""


@pytest.mark.heavy
def test_a_matrix_is_turned_from_what_each_has_to_what_each_wants(tmp_path):
    done = run(3, tmp_path, "-c", TURN)
    assert done.stdout.splitlines() == 12 * ["True"], done.stderr


@pytest.mark.parametrize(
    "what", ["fit", pytest.param("given", marks=pytest.mark.heavy), pytest.param("stops", marks=pytest.mark.heavy)]
)
def test_in_a_program_of_the_users_own(tmp_path, what):
    alone = run(1, tmp_path, "-c", OWN, what)
    done = run(2, tmp_path, "-c", OWN, what)
    first, second = done.stdout.splitlines()
    assert first == second
    assert (first in alone.stdout) is (what != "stops"), done.stderr
    if what == "stops":
        assert first.startswith("enough 3 ")


@pytest.mark.parametrize(
    "what", ["w", pytest.param("data", marks=pytest.mark.heavy), pytest.param("layers", marks=pytest.mark.heavy)]
)
def test_in_a_program_what_is_not_the_same_is_refused(tmp_path, what):
    done = run(2, tmp_path, "-c", OWN, what)
    assert done.returncode
    assert done.stdout == ""
    wrong = {"w": "w is float64 (34,) ", "data": "the fingerprint of the data is ", "layers": "network[1] is Tanh on"}
    assert wrong[what] in done.stderr


def test_a_rank_that_fails_alone_ends_all_with_its_message(tmp_path):
    process = start(line(2, "-c", OWN, "fails"), tmp_path)
    done = ended(process)
    assert done.returncode == 1
    assert done.stderr.count("ValueError: half done") == 1
    assert len(said(done)) == 1
    assert said(done)[0].startswith("chainrule: rank 1, on ")


@pytest.mark.parametrize("rank", [0, pytest.param(1, marks=pytest.mark.heavy)])
def test_a_rank_that_is_killed_ends_the_job_and_the_run_goes_on(tmp_path, rank):
    process = start(line(2, *TRAIN, *LONG), tmp_path)
    found = once_it_trains(process, tmp_path / "run")
    os.kill(found[rank], signal.SIGKILL)
    done = ended(process, SOON)
    assert done.returncode == 128 + signal.SIGKILL
    assert said(done) == []  # mpiexec says it
    assert load_checkpoint(tmp_path / "run" / "model.safetensors").step % 3 == 0
    assert not any(map(lives, found))


def test_a_signal_to_one_rank_ends_all_at_the_same_step_saved(tmp_path):
    """What mpiexec does at SIGTERM and Ctrl-C is no more than that, but it kills what has not ended at once."""
    process = start(line(2, *TRAIN, *LONG), tmp_path)
    found = once_it_trains(process, tmp_path / "run")
    os.kill(found[1], signal.SIGTERM)
    done = ended(process, SOON)
    assert done.returncode in (130, 143)
    assert said(done) == ["chainrule: interrupted; go on with: chainrule train --resume run"]
    made = load_checkpoint(tmp_path / "run" / "model.safetensors")
    assert made.step >= 3


@pytest.mark.heavy
def test_mpiexec_hands_on_sigusr1(tmp_path):
    process = start(line(2, *TRAIN, *LONG), tmp_path)
    once_it_trains(process, tmp_path / "run")
    process.send_signal(signal.SIGUSR1)
    done = ended(process, SOON)
    assert done.returncode == 128 + signal.SIGUSR1
    assert said(done) == ["chainrule: interrupted; go on with: chainrule train --resume run"]


@pytest.mark.heavy
@pytest.mark.parametrize("preset", ["mlp", "lecture", "mnist"])
def test_killed_and_resumed_with_other_numbers_of_ranks_it_ends_with_the_same_bits(tmp_path, preset):
    """By the compiled engine: alone; or by 2 ranks until one is killed inside an epoch, then 3 likewise, then 5."""
    of_2000 = "--preset", preset, "--train-data-size", "2000", "--test-data-size", "0", "--checkpoint-every", "7"
    assert command(["train", *of_2000, "--epochs", "3", "--out", str(tmp_path / "alone")]) == 0
    step = 0
    for ranks, words in ((2, [*of_2000, "--epochs", "3", "--out", "run"]), (3, ["--resume", "run"])):
        process = start(line(ranks, *TRAIN, *words), tmp_path)
        found = ranks_of(process, ranks)
        step = once_past(process, tmp_path / "run", step + 1)
        os.kill(found[-1], signal.SIGKILL)
        assert ended(process, SOON).returncode
    done = run(5, tmp_path, *TRAIN, "--resume", "run")
    assert done.returncode == 0, done.stderr
    assert weights(tmp_path / "run") == weights(tmp_path / "alone")


def once_past(process, folder: Path, step: int) -> int:
    """The step of a checkpoint, once there is one of that step or a later one."""
    end = time.monotonic() + LONGEST
    while time.monotonic() < end:
        assert process.poll() is None, process.communicate()
        if (folder / "model.safetensors").exists():
            made = load_checkpoint(folder / "model.safetensors")
            if made.step >= step:
                return made.step
        time.sleep(0.01)
    raise TimeoutError(f"no checkpoint of step {step}")
