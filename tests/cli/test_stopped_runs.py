"""Runs that are stopped, by whatever, wherever: what they go on from, and what they end with."""

import json
import shutil
from contextlib import contextmanager
from math import inf
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

from chainrule.base.errors import UsageError
from chainrule.cli.run_files import read_losses
from chainrule.data import mnist
from chainrule.exchange.model_file import load_checkpoint
from chainrule.training.checkpoints import CheckpointEvery
from chainrule.training.events import BatchEvent, CheckpointEvent, EpochEvent, StopEvent, StopTraining
from small_runs import metrics

SMALL = ("--preset", "mlp", "--train-data-size", 320, "--test-data-size", 100, "--batch-size", 64)  # 5 batches


class Killed(BaseException):
    """As kill -9: nobody hears of it, nothing is done any more."""


@pytest.fixture
def when(monkeypatch):
    """Kill runs at the first event for which that is so, or end them as Ctrl-C would."""

    def at(happens, ending=Killed):
        @contextmanager
        def stop():
            def listener(event):
                if happens(event):
                    raise ending("interrupted")

            yield listener

        monkeypatch.setattr("chainrule.cli.training_run.stop_on_interrupt", stop)

    return at


def step(number: int):
    return lambda event: isinstance(event, BatchEvent) and event.progress.state.step == number


def never(event) -> bool:
    return False


def killed(cli, *line: object) -> None:
    with pytest.raises(Killed):
        cli(*line)


def found(folder: str) -> tuple[Any, ...]:
    """All that a run has found, but for what a clock decides."""
    losses = [loss for line in read_losses(Path(folder, "losses.jsonl")) for loss in line["losses"]]
    model = load_checkpoint(f"{folder}/model.safetensors")
    arrays = {name: a.tobytes() for name, a in load_file(f"{folder}/model.safetensors").items()}
    assert model.network.schema is not None
    return metrics(folder), model.network.schema.answers, model.epoch, model.step, model.memories.keys(), arrays, losses


@pytest.mark.parametrize("number", [4, 7, *(pytest.param(each, marks=pytest.mark.heavy) for each in (1, 10))])
@pytest.mark.parametrize("engine", ["compiled", "reference"])
def test_a_killed_run_goes_on_from_its_last_checkpoint_inside_an_epoch_too(cli, when, number, engine):
    options = (*SMALL, "--epochs", 2, "--engine", engine)
    when(never)
    cli("train", *options, "--out", "whole")
    when(step(number))
    killed(cli, "train", *options, "--out", "run", "--checkpoint-every", "3 steps")
    made = load_checkpoint("run/model.safetensors").step if number > 3 else 0
    assert made == max([0, *(k for k in (3, 5, 6, 9) if k < number)])
    assert Path("run/initial.safetensors").exists() == (made == 0)
    when(never)
    assert cli("train", "--resume", "run").code == 0
    assert found("run") == found("whole")
    assert not Path("run/initial.safetensors").exists()


@pytest.mark.heavy
def test_killed_again_and_again(cli, when):
    options = (*SMALL, "--epochs", 3, "--validation", 0.4, "--early-stopping", 1, "--lr", 0.02, "--augment", "shift=1")
    when(never)
    cli("train", *options, "--out", "whole")
    line = ("train", *options, "--out", "run", "--checkpoint-every", 2)
    for number in (1, 2, 4, 6, 8):
        when(step(number))
        killed(cli, *line)
        line = ("train", "--resume", "run")
    when(never)
    assert cli(*line).code == 0
    assert found("run") == found("whole")


@pytest.mark.parametrize("event", [EpochEvent, CheckpointEvent, StopEvent])
def test_killed_at_its_very_end(cli, when, event):
    """After the last batch: the best weights are put back, and calibrated, by whoever goes on."""
    options = (*SMALL, "--epochs", 60, "--validation", 0.4, "--early-stopping", 1, "--lr", 0.05)
    when(never)
    cli("train", *options, "--out", "whole")
    last = found("whole")[2]
    when(lambda each: isinstance(each, event) and each.progress.epoch == last)
    killed(cli, "train", *options, "--out", "run")
    when(never)
    assert cli("train", "--resume", "run").code == 0
    assert found("run") == found("whole")


def test_a_run_that_stopped_early_has_nothing_left_to_do(cli):
    cli("train", *SMALL, "--epochs", 60, "--validation", 0.4, "--early-stopping", 1, "--lr", 0.05, "--out", "run")
    before, model = found("run"), Path("run/model.safetensors").read_bytes()
    assert len(before[0]) < 60
    ran = cli("train", "--resume", "run", "--json")
    assert (ran.code, json.loads(ran.out)["stopped"]) == (0, "no better for 1 epochs")
    assert found("run") == before
    assert Path("run/model.safetensors").read_bytes() == model
    assert cli("train", "--resume", "run", "--epochs", 90).code == 0
    assert found("run")[0] == before[0]


def test_more_epochs_with_a_learning_rate_that_falls(cli):
    options = (*SMALL, "--lr-decay", 0.5)
    cli("train", *options, "--epochs", 3, "--out", "whole")
    cli("train", *options, "--epochs", 1, "--out", "run")
    assert cli("train", "--resume", "run", "--epochs", 3).code == 0
    assert [line["lr"] for line in found("run")[0]] == [1e-3, 5e-4, 2.5e-4]
    assert found("run") == found("whole")


def test_a_part_of_an_epoch_counts_as_one(cli, when):
    when(step(7), StopTraining)
    cli("train", *SMALL, "--epochs", 3, "--out", "run")
    ran = cli("train", "--resume", "run", "--epochs", 1)
    assert ran.code == 2
    assert "run has made 1 and a part of the next; expected at least 2" in ran.err


def test_what_is_said_at_the_end(cli, when):
    when(step(7), StopTraining)
    ran = cli("train", *SMALL, "--epochs", 3, "--out", "run")
    assert ran.code == 130
    assert "1 epoch of 320 samples, and 2 batches" in ran.out
    assert ran.out.endswith("go on: chainrule train --resume run\n")
    when(step(8), StopTraining)
    ran = cli("train", "--resume", "run", "--json")
    assert json.loads(ran.out)["next"] == "chainrule train --resume run"
    when(never)
    ran = cli("train", "--resume", "run")
    assert "go on: it is finished; for more epochs:\n       chainrule train --resume run --epochs 6\n" in ran.out
    ran = cli("train", "--resume", "run", "--json")
    told = json.loads(ran.out)
    lines = [json.loads(line) for line in Path("run/metrics.jsonl").read_text().splitlines()]
    assert told["training_seconds"] == pytest.approx(sum(line["seconds"] for line in lines))
    assert (told["next"], told["epochs"], len(lines)) == ("chainrule evaluate run", 3, 3)


def test_a_run_without_an_epoch(cli):
    ran = cli("train", *SMALL, "--epochs", 0, "--out", "run")
    assert ran.out.startswith("mlp: not trained\n")
    assert "samples/s" not in ran.out
    assert ran.out.endswith("chainrule train --resume run --epochs 1\n")


def test_how_often_is_kept_and_can_be_changed(cli):
    cli("train", *SMALL, "--epochs", 1, "--out", "run", "--checkpoint-every", "10 minutes")
    assert 'checkpoint_every = "10 minutes"' in Path("run/config.toml").read_text()
    assert cli("train", "--resume", "run", "--epochs", 2).code == 0
    assert 'checkpoint_every = "10 minutes"' in Path("run/config.toml").read_text()
    assert cli("train", "--resume", "run", "--epochs", 3, "--checkpoint-every", "2").code == 0
    assert 'checkpoint_every = "2"' in Path("run/config.toml").read_text()


@pytest.mark.parametrize(
    ("every", "steps", "seconds"),
    [
        (500, 500, inf), ("500", 500, inf), ("1 step", 1, inf), ("500 steps", 500, inf), (" 2 STEPS ", 2, inf),
        ("10 minutes", None, 600), ("10m", None, 600), ("1.5 min", None, 90), ("90s", None, 90), ("2 h", None, 7200),
    ],
)  # fmt: skip
def test_steps_and_minutes(every, steps, seconds):
    found = CheckpointEvery(every)
    assert (found.steps, found.seconds) == (steps, seconds)


@pytest.mark.parametrize("every", [0, "0 minutes", "-1", "1.5", "1.5 steps", "soon", "", "5 parsecs", "1e3", True, "٣"])
def test_what_is_no_such_time(every):
    with pytest.raises(UsageError, match='expected steps or minutes, as in 500, "500 steps"'):
        CheckpointEvery(every)


def test_it_is_told_before_the_data_are_read(cli):
    ran = cli("train", "--data", "nowhere", "--checkpoint-every", "soon")
    assert (ran.code, len(ran.err.splitlines())) == (2, 1)
    assert "checkpoint-every is 'soon'" in ran.err


# --- what is not this run's


@pytest.mark.parametrize("file", ["model.safetensors", pytest.param("previous.safetensors", marks=pytest.mark.heavy)])
@pytest.mark.parametrize(
    "other",
    [("--lr", 0.5), ("--seed", 1), ("--train-data-size", 256), ("--preset", "lecture"), ("--engine", "reference")],
)
def test_another_runs_model_is_refused(cli, file, other):
    options = dict(zip(SMALL[::2], SMALL[1::2], strict=True))
    cli("train", *SMALL, "--epochs", 2, "--out", "run")
    others = options | {other[0]: other[1], "--epochs": 2}
    cli("train", *(word for pair in others.items() for word in pair), "--out", "other")
    Path("run/model.safetensors").write_bytes(b"damaged")
    shutil.copy("other/model.safetensors", f"run/{file}")
    ran = cli("train", "--resume", "run", "--epochs", 3)
    assert ran.code == 4
    assert ran.err.splitlines()[-1] == (
        "chainrule: run: its model is not of the run that config.toml describes; expected the model that this run wrote"
    )
    assert ran.err.count("the run goes on from previous.safetensors") == (file == "previous.safetensors")


def test_a_model_that_no_run_wrote_is_refused(cli):
    cli("train", *SMALL, "--epochs", 1, "--out", "run")
    load_checkpoint("run/model.safetensors").network.save("run/model.safetensors")
    assert cli("train", "--resume", "run", "--epochs", 2).code == 4


def test_half_of_the_data_is_refused(cli, tmp_path):
    digits = mnist("train").head(64)
    np.savez(tmp_path / "d.npz", x=digits.x, t=digits.t)
    assert cli("train", "--preset", "mlp", "--data", "d.npz", "--epochs", 1, "--out", "run").code == 0
    np.savez(tmp_path / "d.npz", x=digits.x[:32], t=digits.t[:32])
    ran = cli("train", "--resume", "run", "--epochs", 2)
    assert ran.code == 4
    assert "not those that the run was begun on" in ran.err


# --- data that are no numbers


@pytest.mark.parametrize("part", ["x_train", "x_test"])
def test_numbers_that_are_not_finite_are_refused_before_training(cli, tmp_path, part):
    rng = np.random.default_rng(0)
    arrays: dict[str, Any] = {"x_train": rng.normal(size=(40, 3)), "x_test": rng.normal(size=(20, 3))}
    arrays[part][7, 1] = np.nan
    np.savez(tmp_path / "d.npz", **arrays, t_train=np.arange(40) % 2, t_test=np.arange(20) % 2)
    ran = cli("train", "--data", "d.npz", "--epochs", 1, "--out", "run")
    assert (ran.code, len(ran.err.splitlines())) == (4, 1)
    assert "nan" in ran.err
    assert not Path("run/model.safetensors").exists()


# --- divergence


def test_a_diverged_run_says_where_and_where_its_last_good_checkpoint_is(cli):
    options = ("--optimizer", "sgd", "--lr", 1, "--lr-decay", 1e30, "--epochs", 3)
    ran = cli("train", *SMALL, *options, "--out", "run")
    assert ran.code == 3
    last = ran.err.splitlines()[-1]
    assert "at epoch 2, batch" in last
    assert "from the output of fc2 on; try a learning rate below 1e+30" in last
    assert last.endswith("; the last good checkpoint, after 1 epoch, is in run")
    checkpoint = load_checkpoint("run/model.safetensors")
    assert (checkpoint.epoch, np.isfinite(checkpoint.network.w).all()) == (1, True)


def test_a_run_that_ends_out_of_range_is_not_said_to_be_trained(cli):
    ran = cli("train", *SMALL, "--optimizer", "adam", "--lr", 1000, "--epochs", 1, "--out", "run")
    assert (ran.code, ran.out) == (3, "")
    assert "diverged: a network that knows nothing has 2.3" in ran.err
    assert "there is no checkpoint in run but its beginning" in ran.err
