"""Processes that the real mpiexec starts so that they survive one another: one that dies costs nothing."""

import json
import os
import signal
import time
from pathlib import Path
from random import Random

import pytest

from chainrule.cli import run as command
from dying_ranks import PROGRAM, found
from mpi_jobs import LONGEST, REFERENCE, TRAIN, ended, line, needs_mpi, ranks_of, run, said, start, surviving

pytestmark = needs_mpi
SMALL = "--preset", "mlp", "--train-data-size", "600", "--test-data-size", "50", "--batch-size", "64"
RUN = *SMALL, "--validation", "0.2", "--checkpoint-every", "1", "--out"
OUTLIVE = "--on-rank-failure", "continue"
SOON = 5.0  # seconds in which the others go on


def weights(folder: Path) -> list[tuple[int, int, str]]:
    """Of all checkpoints, as the run has told of them."""
    texts = [(folder / f"{name}.jsonl").read_text() for name in ("metrics", "steps")]
    lines = [json.loads(each) for text in texts for each in text.splitlines()]
    return sorted((each["epoch"], each.get("batch", 99), each["weights"]) for each in lines)


def lines_in(path: Path) -> int:
    return path.read_text().count("\n") if path.exists() else 0


def wait_for(path: Path, lines: int, process) -> float:
    """When a file has so many lines."""
    end = time.monotonic() + LONGEST
    while lines_in(path) < lines:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end
        time.sleep(0.01)
    return time.monotonic()


@pytest.mark.parametrize("victim", [0, pytest.param(1, marks=pytest.mark.heavy)])
def test_a_rank_that_dies_costs_nothing(tmp_path, victim):
    """Also the first one, which writes the run's folder."""
    how = "--epochs", "3", *REFERENCE
    assert command(["train", *RUN, str(tmp_path / "alone"), *how]) == 0
    process = start(surviving(line(2, *TRAIN, *RUN, "run", *how, *OUTLIVE)), tmp_path)
    ranks = ranks_of(process, 2)
    told = tmp_path / "run" / "steps.jsonl"
    wait_for(told, 3, process)
    os.kill(ranks[victim], signal.SIGKILL)
    killed = time.monotonic()
    assert wait_for(told, lines_in(told) + 2, process) - killed < SOON
    done = ended(process)
    assert done.returncode == 0, done.stderr
    assert said(done) == ["chainrule: warning: 1 of 2 ranks died; the others go on, 1 in all"]
    assert done.stdout.count("mlp: trained") == 1
    assert weights(tmp_path / "run") == weights(tmp_path / "alone")
    assert sorted(each.name for each in (tmp_path / "run").iterdir()) == [
        "config.toml", "losses.jsonl", "metrics.jsonl", "model.safetensors", "previous.safetensors", "report.html",
        "steps.jsonl",
    ]  # fmt: skip


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("what", "deaths"),
    [
        ("answers", ["0:1"]),
        pytest.param("normalised", ["1:2", "0:9"], marks=pytest.mark.heavy),
        pytest.param("minimum", ["2:3", "0:4"], marks=pytest.mark.heavy),
    ],
)
def test_what_an_exchange_was_for_is_computed_again(tmp_path, what, deaths):
    left, expected = 3 - len(deaths), found(what)  # before the ranks: it compiles what they compute with
    done = ended(start(surviving(line(3, PROGRAM, what, *deaths)), tmp_path))
    assert [json.loads(each) for each in done.stdout.splitlines()] == left * [[left, expected]], done.stderr


@pytest.mark.heavy
@pytest.mark.parametrize("what", ["big linear", "pooled", "residual", "by tiles", "averaged"])
@pytest.mark.parametrize("first", range(1, 7))
def test_in_each_exchange_of_a_step_of_each_kind(tmp_path, what, first):
    """Ranks die one after the other, until one is left."""
    deaths, expected = [f"{rank}:{first + 4 * k}" for k, rank in enumerate((2, 0, 1))], found(what)
    done = ended(start(surviving(line(4, PROGRAM, what, *deaths)), tmp_path))
    lines = [json.loads(each) for each in done.stdout.splitlines()]
    assert lines, done.stderr
    assert lines == len(lines) * [[len(lines), expected]]


@pytest.mark.heavy
@pytest.mark.parametrize("seed", range(6))
def test_at_any_moment(tmp_path, seed):
    random, every = Random(seed), ["--epochs", "6", "--average", "SWA", "--tensorboard"]
    assert command(["train", *RUN, str(tmp_path / "alone"), *every]) == 0
    process = start(surviving(line(3, *TRAIN, *RUN, "run", *every, *OUTLIVE)), tmp_path)
    ranks = ranks_of(process, 3)
    wait_for(tmp_path / "run" / "steps.jsonl", 1, process)
    for victim in random.sample(ranks, 2):
        time.sleep(random.uniform(0, 0.5))
        os.kill(victim, signal.SIGKILL)
    done = ended(process)
    assert done.returncode == 0, done.stderr
    assert weights(tmp_path / "run") == weights(tmp_path / "alone")


@pytest.mark.heavy
def test_where_mpi_lets_nobody_survive_it_is_refused(tmp_path):
    done = run(2, tmp_path, *TRAIN, *RUN, "run", *OUTLIVE)
    assert done.returncode == 2
    (message,) = said(done)
    assert message.endswith("ends all of the 2 processes when one dies; expected Open MPI 5's mpiexec --with-ft ulfm")
    assert not (tmp_path / "run").exists()


def test_what_is_no_way_to_go_on_is_refused(capsys):
    assert command(["train", "--preset", "mlp", "--on-rank-failure", "go"]) == 2
    assert capsys.readouterr().err == "chainrule: --on-rank-failure is 'go'; expected end or continue\n"
