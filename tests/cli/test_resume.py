"""chainrule train --resume: a run goes on as if it had never ended."""

import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from chainrule.base.hashing import weights_hash
from chainrule.exchange.model_file import load_checkpoint
from chainrule.layers.initial import Parameter
from chainrule.layers.layer import LAYERS, Layer, register
from chainrule.training.events import BatchEvent, StopTraining
from small_runs import MNIST, SMALL, metrics, weights


@pytest.fixture
def interrupt(monkeypatch):
    """Make runs end after their n-th update, as Ctrl-C would."""
    from contextlib import contextmanager

    def after(updates: int | None) -> None:
        @contextmanager
        def stop():
            def listener(event):
                if isinstance(event, BatchEvent) and event.progress.state.step == updates:
                    raise StopTraining("interrupted")

            yield listener

        monkeypatch.setattr("chainrule.cli.training_run.stop_on_interrupt", stop)

    return after


@pytest.mark.parametrize(
    "updates", [4, pytest.param(10, marks=pytest.mark.heavy), pytest.param(13, marks=pytest.mark.heavy)]
)
def test_an_interrupted_run_ends_with_the_same_bits_and_the_same_lines(cli, interrupt, updates):
    interrupt(None)
    assert cli("train", *MNIST, "--epochs", 2, "--out", "whole").code == 0
    interrupt(updates)
    ran = cli("train", *MNIST, "--epochs", 2, "--out", "run")
    assert (ran.code, ran.err.splitlines()[-1]) == (
        130,
        "chainrule: interrupted; go on with: chainrule train --resume run",
    )
    interrupt(None)
    assert cli("train", "--resume", "run", "--threads", 1).code == 0
    assert weights("run") == weights("whole")
    assert metrics("run") == metrics("whole")
    assert Path("run/config.toml").read_text() == Path("whole/config.toml").read_text()


def test_epochs_is_the_total(cli):
    cli("train", "--preset", "mlp", *SMALL, "--epochs", 3, "--out", "whole")
    cli("train", "--preset", "mlp", *SMALL, "--epochs", 1, "--out", "run")
    ran = cli("train", "--resume", "run", "--epochs", 3, "--json")
    assert json.loads(ran.out)["epochs"] == 3
    assert weights("run") == weights("whole")
    assert metrics("run") == metrics("whole")
    assert "epochs = 3" in Path("run/config.toml").read_text()


def test_lines_after_the_checkpoint_are_cut_off(cli):
    cli("train", "--preset", "mlp", *SMALL, "--epochs", 2, "--out", "whole")
    cli("train", "--preset", "mlp", *SMALL, "--epochs", 2, "--out", "run")
    shutil.copy("run/previous.safetensors", "run/model.safetensors")  # as if the last save had not happened
    with Path("run/metrics.jsonl").open("a") as file:
        file.write('{"epoch": 3, "lo')  # and the process was killed in a line
    assert cli("train", "--resume", "run").code == 0
    assert weights("run") == weights("whole")
    assert metrics("run") == metrics("whole")


def test_a_damaged_model_is_made_up_for_by_the_previous_one(cli):
    cli("train", "--preset", "mlp", *SMALL, "--epochs", 2, "--out", "run")
    before = weights("run")
    Path("run/model.safetensors").write_bytes(b"damaged")
    ran = cli("train", "--resume", "run")
    assert (ran.code, weights("run")) == (0, before)
    warned = ran.err.splitlines()[0]
    assert warned.startswith("chainrule: warning: run/model.safetensors: not a model file, or damaged")
    assert warned.endswith("; the run goes on from previous.safetensors, after 1 epoch")


SHORT_OF_SPACE = """
import resource, signal, sys
from chainrule.cli import run
limit, action = map(int, sys.argv[1:3])
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
signal.signal(signal.SIGXFSZ, action)
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
sys.exit(run(["train", "--resume", "run"]))
"""
"""Resumes a run where no file can have more bytes than `limit`: a write beyond it is an error, or kills the process."""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such limit")
@pytest.mark.parametrize("file", [pytest.param("config.toml", marks=pytest.mark.heavy), "metrics.jsonl"])
@pytest.mark.parametrize("ending", [pytest.param("error", marks=pytest.mark.heavy), "killed"])
def test_a_write_that_ends_half_way_leaves_the_run_as_it_was(cli, tmp_path, file, ending):
    cli("train", "--preset", "mlp", *SMALL, "--epochs", 12, "--out", "whole")
    cli("train", "--preset", "mlp", *SMALL, "--epochs", 10, "--out", "run")
    before = {name: Path("run", name).read_bytes() for name in ("config.toml", "metrics.jsonl")}
    assert len(before["metrics.jsonl"]) > len(before["config.toml"])  # as the first may pass where the second does not
    action = signal.SIG_IGN if ending == "error" else signal.SIG_DFL
    line = [sys.executable, "-B", "-c", SHORT_OF_SPACE, str(len(before[file]) - 10), str(int(action))]
    done = subprocess.run(line, cwd=tmp_path, capture_output=True, encoding="utf-8", timeout=120)
    if ending == "error":
        assert done.returncode == 1
        assert done.stderr.endswith(f"\nchainrule: run/{file}: cannot be written: File too large\n")
    else:
        assert done.returncode == -signal.SIGXFSZ
    assert {name: Path("run", name).read_bytes() for name in before} == before
    assert cli("train", "--resume", "run", "--epochs", 12).code == 0
    assert weights("run") == weights("whole")
    assert metrics("run") == metrics("whole")


def test_there_is_a_whole_model_at_every_moment(cli, monkeypatch):
    replace, seen = os.replace, []

    def watched(source, target):
        replace(source, target)
        if seen or Path(target).name == "model.safetensors":
            seen.append(load_checkpoint("run/model.safetensors").epoch)

    monkeypatch.setattr("os.replace", watched)
    cli("train", "--preset", "mlp", *SMALL, "--epochs", 3, "--out", "run")
    assert sorted(set(seen)) == [1, 2, 3]
    assert load_checkpoint("run/previous.safetensors").epoch == 2


def test_a_run_that_is_done_stays_as_it_is(cli):
    cli("train", "--preset", "mlp", *SMALL, "--epochs", 1, "--out", "run")
    before = Path("run/model.safetensors").read_bytes()
    ran = cli("train", "--resume", "run", "--json")
    assert ran.code == 0
    assert json.loads(ran.out)["accuracy"] > 0.3
    assert Path("run/model.safetensors").read_bytes() == before
    assert "nothing is left to train; give --epochs, the total, of more than 1 to go on" in ran.err
    assert cli("train", "--resume", "run/model.safetensors", "--epochs", 2).code == 0  # the run that it lies in
    assert len(metrics("run")) == 2


def test_validation_and_the_lectures_program_go_on_too(cli, interrupt):
    options = ("--preset", "21mnist", "--train-data-size", 320, "--test-data-size", 50, "--epochs", 2)
    interrupt(None)
    cli("train", *options, "--validation", 0.2, "--out", "whole")
    interrupt(6)
    cli("train", *options, "--validation", 0.2, "--out", "run")
    interrupt(None)
    ran = cli("train", "--resume", "run")
    assert "Test set: Average loss" in ran.out
    assert weights("run") == weights("whole")
    assert metrics("run") == metrics("whole")


def test_early_stopping_remembers(cli, interrupt):
    options = ("--preset", "mlp", *SMALL, "--validation", 0.5, "--lr", 0.02, "--early-stopping", 2, "--epochs", 60)
    interrupt(None)
    cli("train", *options, "--out", "whole")
    assert len(metrics("whole")) < 60
    interrupt(5 * len(metrics("whole")) - 3)  # in its last epoch
    cli("train", *options, "--out", "run")
    interrupt(None)
    assert cli("train", "--resume", "run").code == 0
    assert metrics("run") == metrics("whole")
    assert weights("run") == weights("whole")


def test_early_stopping_that_began_on_the_test_data_goes_on_so(cli):
    cli("train", "--preset", "mlp", *SMALL, "--epochs", 1, "--out", "run")
    config = Path("run/config.toml")
    config.write_text("early_stopping = 2\n" + config.read_text())  # as once, when it held out nothing by itself
    ran = cli("train", "--resume", "run", "--epochs", 2, "--json")
    assert (ran.code, json.loads(ran.out)["train_samples"]) == (0, 640)
    assert "held out to choose by" not in ran.err
    assert "validation" not in config.read_text()


def test_the_model_holds_the_best_weights_and_the_run_goes_on_from_the_last(cli):
    options = ("--preset", "mlp", *SMALL, "--validation", 0.5, "--lr", 0.02, "--early-stopping", 2)
    cli("train", *options, "--epochs", 60, "--out", "run")
    lines = metrics("run")
    best = min(lines, key=lambda line: line["validation_loss"])
    checkpoint = load_checkpoint("run/model.safetensors")
    assert weights_hash(checkpoint.network.w) == best["weights"]
    assert checkpoint.last_w is not None
    assert weights_hash(checkpoint.last_w) == lines[-1]["weights"]
    assert checkpoint.epoch == len(lines)


@pytest.fixture
def centring(tmp_path):
    """A network with a layer that keeps a statistic, in a TOML file."""

    @register
    @dataclass(frozen=True)
    class Centring(Layer):
        """y = x - m, where m follows the means of the batches."""

        def forward(self, x, w, context):
            if context.training:
                context.statistics["m"][...] += 0.1 * (x.mean(axis=0) - context.statistics["m"])
            return x - context.statistics["m"], None

        def backward(self, gy, saved, w, context):
            return gy, {}

        def statistics_for(self, x_shape):
            return {"m": Parameter(x_shape)}

    (tmp_path / "centring.toml").write_text(
        'input_shape = [1, 28, 28]\nlayers = [{ type = "Centring" }, { type = "Linear", out_features = 10 }]'
    )
    yield "centring.toml"
    del LAYERS["Centring"]


def test_statistics_of_layers_are_kept_and_go_on(cli, interrupt, centring):
    options = ("--network", centring, *SMALL, "--validation", 0.5, "--lr", 0.05, "--early-stopping", 2)
    interrupt(None)
    cli("train", *options, "--epochs", 30, "--out", "whole")
    lines, whole = metrics("whole"), load_checkpoint("whole/model.safetensors")
    best = min(lines, key=lambda line: line["validation_loss"])
    assert weights_hash(whole.network.w, whole.network.statistics) == best["weights"] != weights_hash(whole.network.w)
    assert weights_hash(whole.last_w, whole.last_statistics) == lines[-1]["weights"]
    interrupt(7)
    assert cli("train", *options, "--epochs", 30, "--out", "run").code == 130
    interrupt(None)
    assert cli("train", "--resume", "run").code == 0
    run = load_checkpoint("run/model.safetensors")
    assert metrics("run") == lines
    assert weights("run") == weights("whole")
    assert run.network.statistics.tobytes() == whole.network.statistics.tobytes()
