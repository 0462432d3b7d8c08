"""chainrule verify: a run that is what it says, and one that is not."""

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from chainrule.base.locks import only_one
from chainrule.cli.run_folder import RunFolder
from chainrule.exchange.model_file import load_checkpoint, save_checkpoint
from chainrule.training.events import BatchEvent, StopTraining
from small_runs import SMALL

MLP = ("--preset", "mlp", *SMALL, "--quiet")


@pytest.fixture
def run(cli):
    """Train into the folder "run"."""

    def train(*options):
        return cli("train", *MLP, *options, "--out", "run")

    return train


def verified(cli, *options) -> dict:
    """What --json says of a run that must be right."""
    ran = cli("verify", "run", "--json", *options)
    assert ran.code == 0, ran
    return json.loads(ran.out)


def difference(cli, *options) -> dict:
    """Where one is not."""
    ran = cli("verify", "run", "--json", *options)
    assert ran.code == 1, ran
    found = json.loads(ran.out)
    assert not found["verified"]
    assert ran.err.splitlines()[-1].startswith("chainrule: run: differs first at ")
    return found["difference"]


def edited(name: str, old: str, new: str) -> None:
    text = Path(name).read_text()
    assert old in text
    Path(name).write_text(text.replace(old, new, 1))


def forged(name: str, line: int, **values) -> None:
    lines = Path(name).read_text().splitlines()
    lines[line] = json.dumps(json.loads(lines[line]) | values)
    Path(name).write_text("\n".join(lines) + "\n")


def contents(folder: str) -> dict:
    return {path: (path.stat().st_mtime_ns, path.is_file() and path.read_bytes()) for path in Path(folder).rglob("*")}


def test_a_run_is_what_it_says_and_stays_as_it_is(cli, run):
    run("--epochs", 3, "--checkpoint-every", 4, "--keep-every", 1)
    before = contents("run")
    with only_one(RunFolder(Path("run")).lock):  # as while it goes on
        before[Path("run/run.lock")] = contents("run")[Path("run/run.lock")]
        found = verified(cli)
        assert contents("run") == before
    assert (found["steps"], found["steps_replayed"], found["lines_compared"]) == (30, 30, 9)
    assert found["checkpoints_compared"] == 5  # three that are kept, the last two
    shown = cli("verify", "run").out
    assert "run: verified" in shown
    assert "the seed to epoch 3" in shown


def test_some_of_it_is_drawn_at_random(cli, run):
    run("--epochs", 4, "--keep-every", 1)
    drawn = set()
    for seed in range(4):
        found = verified(cli, "--epochs", 1, "--seed", seed)
        assert found["steps_replayed"] == 10
        drawn.add(found["replayed"][0]["from_step"])
    assert len(drawn) > 1
    assert verified(cli, "--steps", 25)["steps_replayed"] == 20
    ran = cli("verify", "run", "--steps", 5)
    given = "--steps is 5, but from no checkpoint is there a hash within 5 steps; expected at least 10 steps"
    assert (ran.code, ran.err) == (2, f"chainrule: {given}\n")
    assert cli("verify", "run", "--steps", 5, "--epochs", 1).code == 2


@pytest.mark.parametrize(
    ("file", "line", "values", "where", "what"),
    [
        ("metrics.jsonl", 0, {"weights": "0123456789abcdef"}, "epoch 1, in metrics.jsonl", "weights"),
        ("metrics.jsonl", 0, {"validation_accuracy": 0.99}, "epoch 1, in metrics.jsonl", "validation_accuracy"),
        ("metrics.jsonl", 1, {"loss": 0.0}, "epoch 2, in metrics.jsonl", "loss"),
        ("steps.jsonl", 1, {"weights": "0" * 16}, "epoch 2, batch 4, in steps.jsonl", "weights"),
    ],
)
def test_a_forged_line_is_found(cli, run, file, line, values, where, what):
    run("--epochs", 3, "--checkpoint-every", 7)
    forged(f"run/{file}", line, **values)
    found = difference(cli)
    assert (found["where"], found["what"], found["recorded"]) == (where, what, *values.values())


def test_a_line_beside_another_checkpoint_needs_no_replay(cli, run):
    run("--epochs", 2)
    forged("run/metrics.jsonl", 1, weights="0" * 16)
    assert difference(cli)["what"] == "the weights, beside those in model.safetensors"


@pytest.mark.parametrize("name", ["previous.safetensors", "model.safetensors"])
def test_a_forged_checkpoint_is_found(cli, run, name):
    run("--epochs", 3)
    checkpoint = load_checkpoint(f"run/{name}")
    checkpoint.optimizer_vectors[1, 5] *= 2
    save_checkpoint(f"run/{name}", checkpoint)
    found = difference(cli)
    assert (found["where"], found["what"]) == (name, "optimizer.1")


def test_forged_weights_are_found_though_all_that_is_written_agrees(cli, run):
    run("--epochs", 2)
    checkpoint = load_checkpoint("run/model.safetensors")
    checkpoint.network.w[3] += 1
    save_checkpoint("run/model.safetensors", checkpoint)
    forged("run/metrics.jsonl", 1, weights=difference(cli)["found"])
    found = difference(cli)
    assert (found["where"], found["what"]) == ("epoch 2, in metrics.jsonl", "weights")


def test_a_changed_configuration_is_found(cli, run):
    run("--epochs", 2)
    edited("run/config.toml", "lr = 0.001", "lr = 0.002")
    found = difference(cli)
    assert found["where"].startswith("config.toml, beside ")
    assert (found["what"], found["recorded"], found["found"]) == ("training.optimizer.lr", 0.002, 0.001)
    edited("run/config.toml", "lr = 0.002", "lr = 0.001")
    edited("run/config.toml", "out_features = 100", "out_features = 99")
    assert difference(cli)["what"].startswith("network.layers.")


def test_a_seed_that_is_changed_everywhere_is_found(cli, run):
    run("--epochs", 2)
    for name in ("previous", "model"):
        checkpoint = load_checkpoint(f"run/{name}.safetensors")
        configuration = checkpoint.configuration | {"initial_weights": {"generator": "Philox4x32-10", "seed": 1}}
        save_checkpoint(f"run/{name}.safetensors", replace(checkpoint, configuration=configuration))
    edited("run/config.toml", 'Philox4x32-10"\nseed = 0', 'Philox4x32-10"\nseed = 1')
    assert difference(cli)["where"] == "epoch 1, in metrics.jsonl"


def test_data_that_are_others_or_gone_are_refused_and_may_lie_elsewhere(cli, idx_folder):
    cli("train", "--preset", "mlp", "--data", idx_folder, "--epochs", 2, "--out", "run", "--quiet")
    os.rename(idx_folder, "moved")
    ran = cli("verify", "run")
    assert (ran.code, len(ran.err.splitlines())) == (4, 1)
    assert verified(cli, "--data", "moved")["steps_replayed"] == 10
    labels = Path("moved/train-labels-idx1-ubyte")
    labels.write_bytes(labels.read_bytes()[:-1] + b"\3")
    ran = cli("verify", "run", "--data", "moved")
    assert (ran.code, len(ran.err.splitlines())) == (4, 1)
    assert "the training data are not those that the run was begun on" in ran.err


@pytest.fixture
def interrupt(monkeypatch):
    """Make runs end after their n-th update, as Ctrl-C would."""
    from contextlib import contextmanager

    def after(updates: int) -> None:
        @contextmanager
        def stop():
            def listener(event):
                if isinstance(event, BatchEvent) and event.progress.state.step == updates:
                    raise StopTraining("interrupted")

            yield listener

        monkeypatch.setattr("chainrule.cli.training_run.stop_on_interrupt", stop)

    return after


RATES = ("--schedule", "OneCycle", "--average", "EMA:decay=0.9", "--validation", 0.5, "--early-stopping", 3)


@pytest.mark.heavy
def test_schedules_averages_early_stopping_interrupts_and_more_epochs(cli, run, interrupt):
    interrupt(13)
    run(*RATES, "--epochs", 4)
    assert verified(cli)["steps"] == 13
    interrupt(23)
    cli("train", "--resume", "run", "--quiet")
    cli("train", "--resume", "run", "--epochs", 6, "--quiet")  # OneCycle goes on as one of six epochs
    assert "extensions" in Path("run/config.toml").read_text()
    found = verified(cli)
    assert found["steps_replayed"] == found["steps"] >= 23
    forged("run/metrics.jsonl", 0, gradient_norm=1.0)
    assert difference(cli)["what"] == "gradient_norm"


@pytest.mark.heavy
def test_a_run_that_went_on_from_an_older_checkpoint(cli, run):
    run("--epochs", 3, "--checkpoint-every", 4, "--keep-every", 1)
    lines = Path("run/steps.jsonl").read_text()
    os.replace("run/checkpoints/epoch-0001.safetensors", "run/model.safetensors")
    cli("train", "--resume", "run", "--epochs", 2, "--quiet")
    assert sorted(os.listdir("run/checkpoints")) == ["epoch-0002.safetensors"]  # what had come after it is gone
    assert Path("run/steps.jsonl").read_text() == "".join(lines.splitlines(keepends=True)[:4])
    cli("train", "--resume", "run", "--epochs", 3, "--quiet")
    assert Path("run/steps.jsonl").read_text() == lines
    assert verified(cli)["lines_compared"] == 9


def test_a_run_that_stopped_early_and_went_back_to_its_best_weights(cli, run):
    run("--validation", 0.5, "--lr", 0.05, "--early-stopping", 1, "--epochs", 60)
    found = verified(cli)
    assert found["steps"] < 300
    checkpoint = load_checkpoint("run/model.safetensors")
    assert checkpoint.last_w is not None
    checkpoint.network.w[0] += 1
    save_checkpoint("run/model.safetensors", checkpoint)
    assert difference(cli)["what"] == "the weights"


def test_what_is_no_run_is_refused(cli, run):
    assert cli("verify", "nothing").code == 2
    run("--epochs", 1)
    os.remove("run/model.safetensors")
    ran = cli("verify", "run")
    assert (ran.code, "there is no checkpoint in it" in ran.err) == (4, True)


def test_a_line_of_an_epoch_that_was_never_made_is_found(cli, run):
    run("--epochs", 2)
    with Path("run/metrics.jsonl").open("a") as file:
        file.write(json.dumps(json.loads(Path("run/metrics.jsonl").read_text().splitlines()[1]) | {"epoch": 3}) + "\n")
    found = difference(cli)
    assert (found["where"], found["what"], found["found"]) == ("epoch 2", "the run", "it ends: done")


def test_a_line_that_is_missing_is_doubted(cli, run):
    run("--epochs", 2)
    lines = Path("run/metrics.jsonl").read_text().splitlines()
    Path("run/metrics.jsonl").write_text(lines[1] + "\n")
    ran = cli("verify", "run", "--quiet")
    assert ran.code == 0
    assert ran.err == "chainrule: warning: run/metrics.jsonl: has no line of epoch 1: nothing is known of it\n"


@pytest.mark.heavy
@pytest.mark.parametrize("options", [("--preset", "21mnist"), ("--preset", "mlp", "--engine", "reference")])
def test_the_lectures_program_and_the_reference_engine(cli, options):
    sizes = "--train-data-size", 192, "--test-data-size", 20
    cli("train", *options, *sizes, "--epochs", 1, "--out", "run", "--quiet")
    assert verified(cli)["steps_replayed"] == 3


def test_a_run_that_diverged_is_verified_up_to_its_last_line(cli, run):
    assert run("--optimizer", "sgd", "--lr", 1, "--lr-decay", 1e30, "--epochs", 3).code == 3
    assert verified(cli)["steps_replayed"] == 10
