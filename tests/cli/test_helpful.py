"""The helpful thing: a run for its model, a name for a near one, what to type next, and nothing lost to `| head`."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import chainrule as cr
from chainrule.data import mnist

TRAIN = ("train", "--preset", "mlp", "--engine", "reference", "--train-data-size", 300, "--epochs", 1)


@pytest.fixture
def run(cli):
    """A run's folder, in runs/."""
    assert cli(*TRAIN, "--test-data-size", 50, "--out", "runs/first run").code == 0
    Image.fromarray(np.asarray(mnist("test").x[0, 0])).save("7.png")
    return Path("runs/first run")


def test_a_run_stands_for_its_model(cli, run):
    model = str(run / "model.safetensors")
    assert json.loads(cli("evaluate", run, "--json").out)["model"] == model
    assert cli("evaluate", run).out == cli("evaluate", model).out
    assert cli("predict", run, "7.png").out == cli("predict", model, "7.png").out
    assert json.loads(cli("export", run, "--onnx", "m.onnx", "--json").out)["source"] == model


def test_a_folder_without_a_model_names_the_newest_run_in_it(cli, run):
    for line in (("evaluate", "runs"), ("predict", "runs", "7.png"), ("export", "runs", "--onnx", "m.onnx")):
        ran = cli(*line)
        wanted = "expected a model.safetensors, or the folder of a run that has one"
        assert (ran.code, ran.out) == (4, "")
        assert ran.err == f"chainrule: runs: there is no model.safetensors in it; {wanted}, as {run}\n"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (("export", "m.safetensors", "--onnx", "x.txt"), "x.txt: is of the kind '.txt'; expected .onnx"),
        (("export", "m.safetensors", "--pytorch", "x.pt"), "x.pt: is of the kind '.pt'; expected .safetensors"),
        (
            ("import", "m", "--preset", "mlp", "--out", "x.onnx"),
            "x.onnx: is of the kind '.onnx'; expected .safetensors",
        ),
        (("info", "--preset", "minst"), "did you mean mnist?"),
        (("train", "--optimizer", "adm"), "did you mean adam?"),
        (("train", "--engine", "compild"), "did you mean compiled?"),
        (("regress", "--x", "sped_mph"), "did you mean speed_mph?"),
        (("regress", "--compare", "gd,sdg"), "did you mean sgd?"),
        (("evaluate", "m.safetensors", "--split", "tset"), "did you mean test?"),
        (("trian",), "Did you mean 'train'?"),
    ],
)
def test_a_wrong_name_is_answered_by_the_right_one(cli, line, expected):
    cr.preset("mlp").network().save("m.safetensors")
    ran = cli(*line)
    assert (ran.code in (2, 4), ran.out) == (True, "")
    assert expected in ran.err


def test_the_next_command_stands_at_the_end(cli, run):
    ran = cli(*TRAIN, "--test-data-size", 50, "--out", "another run")
    assert "chainrule evaluate 'another run'" in ran.out
    assert "on 50 test samples" in ran.out
    assert "; test: loss" in ran.err


def test_data_that_were_held_out_are_not_called_a_test(cli):
    options = ("--test-data-size", 0, "--validation", 0.2)
    ran = cli(*TRAIN, *options, "--out", "run", "--plot", "plot.png")
    assert "on 60 held-out samples" in ran.out
    assert "; held out: loss" in ran.err
    page = Path("run/report.html").read_text(encoding="utf-8")
    assert "mlp, on 60 held-out samples" in page
    assert "test samples" not in ran.out + ran.err + page
    assert "held-out loss" in cli("runs", "run").out
    values = json.loads(cli(*TRAIN, *options, "--early-stopping", 3, "--out", "more", "--json").out)
    assert (values["test_samples"], values["held_out_samples"]) == (0, 60)
    assert cli(*TRAIN, "--test-data-size", 50, "--out", "tested").code == 0
    page = Path("tested/report.html").read_text(encoding="utf-8")
    assert "held" not in page
    assert "test loss" in cli("runs", "tested").out


def unread(folder, *arguments: object, both: bool = False) -> tuple[int, str]:
    """The exit code and stderr of a command whose stdout, or both streams, go into a pipe that nobody reads."""
    reader, writer = os.pipe()
    os.close(reader)
    line = [sys.executable, "-m", "chainrule", *map(str, arguments)]
    err = writer if both else subprocess.PIPE
    done = subprocess.run(line, cwd=folder, stdout=writer, stderr=err, encoding="utf-8", timeout=120)
    os.close(writer)
    return done.returncode, done.stderr or ""


@pytest.mark.heavy
def test_nobody_has_to_read_to_the_end(tmp_path):
    assert unread(tmp_path, "info") == (0, "")
    assert unread(tmp_path, "info", "--json") == (0, "")
    assert unread(tmp_path, *TRAIN, "--out", "run", both=True)[0] == 0
    assert (tmp_path / "run/report.html").exists()


def test_streams_may_be_closed(tmp_path):
    line = [sys.executable, "-c", "import sys; sys.stdout = None; from chainrule.cli import main; main()", "info"]
    done = subprocess.run(line, cwd=tmp_path, capture_output=True, encoding="utf-8", timeout=120)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
