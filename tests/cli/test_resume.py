"""chainrule train --resume: a run goes on as if it had never ended."""

import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from chainrule.cli.run_keeper import weights_hash
from chainrule.exchange.model_file import load_checkpoint
from chainrule.layers.initial import Parameter
from chainrule.layers.layer import LAYERS, Layer, register
from chainrule.training.events import BatchEvent, StopTraining

SMALL = ("--train-data-size", 640, "--test-data-size", 200)
MNIST = ("--preset", "mnist", *SMALL, "--batch-size", 64)  # with dropout


def weights(folder: str) -> bytes:
    return load_checkpoint(f"{folder}/model.safetensors").network.w.tobytes()


def metrics(folder: str) -> list[dict]:
    """The lines of metrics.jsonl without what a clock decides."""
    lines = [json.loads(line) for line in Path(folder, "metrics.jsonl").read_text().splitlines()]
    return [{key: value for key, value in line.items() if "second" not in key} for line in lines]


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


@pytest.mark.parametrize("updates", [4, 10, 13])
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
@pytest.mark.parametrize("file", ["config.toml", "metrics.jsonl"])
@pytest.mark.parametrize("ending", ["error", "killed"])
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


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ("--lr", 0.1),
            "--lr is given with --resume, which goes on with the run's own settings; expected none of these",
        ),
        (("--preset", "mlp"), "--preset is given with --resume"),
        (("--seed", 0), "--seed is given with --resume"),
        (("--weight-seed", 3), "--weight-seed is given with --resume"),
        (("--early-stopping", 1), "--early-stopping is given with --resume"),
        (("--out", "other"), "--out is given with --resume"),
        (("--epochs", 1), "--epochs, the total, is 1, but run has made 2; expected at least 2"),
    ],
)
def test_settings_of_a_run_cannot_be_changed(cli, options, message):
    cli("train", "--preset", "mlp", *SMALL, "--epochs", 2, "--out", "run")
    ran = cli("train", "--resume", "run", *options)
    assert ran.code == 2
    assert message in ran.err
    assert len(metrics("run")) == 2


def test_what_is_no_run_is_refused(cli, tmp_path):
    ran = cli("train", "--resume", "nowhere")
    assert (ran.code, ran.err) == (
        2, "chainrule: nowhere: there is no config.toml in it; expected the folder of a run\n",
    )  # fmt: skip
    cli("train", "--preset", "mlp", *SMALL, "--epochs", 1, "--out", "run")
    Path("run/model.safetensors").unlink()
    assert cli("train", "--resume", "run").code == 4
    Path("run/config.toml").write_text("name = ")
    ran = cli("train", "--resume", "run")
    assert ran.code == 4
    assert "config.toml: not a TOML file" in ran.err


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


def test_a_run_of_an_older_version_that_cannot_go_on_is_refused_and_stays_as_it_is(cli, monkeypatch):
    cli("train", "--preset", "mlp", *SMALL, "--epochs", 1, "--out", "run")
    before = {path.name: path.read_bytes() for path in Path("run").iterdir()}
    monkeypatch.setattr(
        "chainrule.cli.run_folder.load_checkpoint", lambda path: replace(load_checkpoint(path), obstacle="it is old")
    )
    ran = cli("train", "--resume", "run", "--epochs", 2)
    assert (ran.code, ran.out, ran.err) == (2, "", "chainrule: this run cannot be resumed: it is old\n")
    assert {path.name: path.read_bytes() for path in Path("run").iterdir()} == before


def table_of(path: Path, rows: int = 60, changed: int | None = None) -> Path:
    """A table whose target follows from its first column; one row of it may be another."""
    lines = [f"{k % 7}.5,{k % 5},{'yes' if k % 7 > 3 else 'no'}" for k in range(rows)]
    if changed is not None:
        lines[changed] = f"3.25{lines[changed][3:]}"
    path.write_text("\n".join(["a,b,answer", *lines]) + "\n")
    return path


def test_the_same_data_may_lie_elsewhere(cli, tmp_path):
    run = ("train", "--preset", "mlp", "--epochs", 1, "--out", "run")
    assert cli(*run, "--data", table_of(tmp_path / "before.csv")).code == 0
    (tmp_path / "before.csv").rename(tmp_path / "after.csv")
    assert cli("train", "--resume", "run", "--epochs", 2).code == 4
    ran = cli("train", "--resume", "run", "--epochs", 2, "--data", tmp_path / "after.csv")
    assert (ran.code, len(metrics("run"))) == (0, 2)
    assert cli("train", "--resume", "run", "--epochs", 3).code == 0  # where they are now is kept


@pytest.mark.parametrize("row", [0, 17, 59])
def test_other_data_are_refused(cli, tmp_path, row):
    path = table_of(tmp_path / "t.csv")
    assert cli("train", "--preset", "mlp", "--data", path, "--epochs", 1, "--out", "run").code == 0
    model = Path("run/model.safetensors").read_bytes()
    for rows, changed in ((60, row), (59, None), (61, None)):
        table_of(path, rows, changed)
        ran = cli("train", "--resume", "run", "--epochs", 2)
        assert ran.code == 4
        assert "run: the " in ran.err
        assert "are not those that the run was begun on; expected these unchanged" in ran.err
    assert Path("run/model.safetensors").read_bytes() == model


def test_an_older_run_goes_on_and_says_what_it_does_not_know(cli):
    cli("train", "--preset", "mlp", *SMALL, "--epochs", 1, "--out", "run")
    config = Path("run/config.toml")
    config.write_text(config.read_text().partition("[fingerprints]")[0])
    ran = cli("train", "--resume", "run", "--epochs", 2)
    assert ran.code == 0
    assert "warning: run: was begun before runs knew their data" in ran.err
