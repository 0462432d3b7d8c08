"""Names come from files: what of them a terminal would obey is escaped, wherever it is printed."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

import chainrule
from chainrule import DataError, DataWarning, Linear, Network
from chainrule.base.errors import warn
from chainrule.base.printable import printable
from chainrule.cli.streams import usable_streams
from chainrule.data import Dataset
from chainrule.views.markup import element

RED = "\x1b[31mred\x1b[0m"
ODD = {
    "\x1b[31mred": r"\x1b[31mred",
    "\x07bell": r"\x07bell",
    "\x9b31m": r"\x9b31m",
    "a\rb": r"a\rb",
    "\x7f": r"\x7f",
    "a\u202eb": r"a\u202eb",
    "\u2066a\u2069": r"\u2066a\u2069",
    "z\u200bero": r"z\u200bero",
    "\ufeffa": r"\ufeffa",
    "\u2028": r"\u2028",
    "\U000e0041": r"\U000e0041",
    "\udcff": r"\udcff",
    "d\xe9j\xe0 日本語 🙂\t\n": "d\xe9j\xe0 日本語 🙂\t\n",
}


@pytest.mark.parametrize("text", ODD)
def test_what_nobody_would_see_is_escaped(text):
    assert printable(text) == ODD[text]
    assert printable(printable(text)) == printable(text)
    in_a_line = ODD[text].replace("\t", r"\t").replace("\n", r"\n")
    assert str(DataError(text)) == in_a_line
    assert element("b", text).replace("\n", "") == f"<b>{ODD[text]}</b>".replace("\n", "")
    with pytest.warns(DataWarning) as said:
        warn(text)
    assert str(said[0].message) == in_a_line


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_whatever_is_printed_is_escaped(stream, capsys):
    with usable_streams():
        print(RED, end="", file=getattr(sys, stream))
    assert getattr(capsys.readouterr(), stream[3:]) == r"\x1b[31mred\x1b[0m"


def hostile() -> Dataset:
    """Classes, columns and a target whose names move the cursor."""
    x = np.random.default_rng(0).normal(size=(60, 2))
    names = "\x1b[2Jgone", "a\u202eb"
    return Dataset(x, (x[:, 0] > 0).astype(int), classes=names, columns=(RED, "b\x07"), target="t\x9b1m")


@pytest.fixture
def model(tmp_path) -> Path:
    """Trained on them."""
    network, data = Network([Linear(2)], 2), hostile()
    names = data.classes or ()
    chainrule.fit(network, data, chainrule.Training(epochs=1), engine="reference")
    network.save(tmp_path / "m\x1b[1m.safetensors")
    rows = [f"{a},{b},{names[t]}" for (a, b), t in zip(data.x.tolist(), data.t.tolist(), strict=True)]
    (tmp_path / "t\x1b[1m.csv").write_text("\n".join([f"{RED},b\x07,t\x9b1m", *rows]), encoding="utf-8")
    return tmp_path / "m\x1b[1m.safetensors"


def test_commands_print_names_escaped(cli, model):
    table = "t\x1b[1m.csv"
    for line in (
        ("info", "--model", model),
        ("evaluate", model, "--data", table, "--mistakes", 3),
        ("predict", model, table),
        ("predict", model, table, "nothing\x1b[1m.csv"),
        ("evaluate", "no\x1b[1mmodel"),
        ("info", "--preset", RED),
        ("train", "--data", table, "--target", "no\x1b[1mcolumn"),
        ("export", model, "--pytorch", "made\x1b[1m.safetensors"),
        ("runs", "no\x1b[1mrun"),
    ):
        ran = cli(*line)
        assert not {*"\x1b\x07\x9b\u202e"} & {*ran.out, *ran.err}, line
        assert "\\x" in ran.out + ran.err
    shown = cli("evaluate", model, "--data", table).out
    assert r"\x1b[2Jgone" in shown
    assert r"a\u202eb" in shown
    values = json.loads(cli("info", "--model", model, "--json").out)
    assert values["schema"]["answers"]["names"] == ["\x1b[2Jgone", "a\u202eb"]


def test_a_run_on_such_data_prints_and_reports_them_escaped(cli, model):
    options = ("--epochs", 1, "--engine", "reference", "--out", "r\x1b[1m", "--preset", "mlp")
    ran = cli("train", "--data", "t\x1b[1m.csv", *options)
    assert ran.code == 0
    assert "\x1b" not in ran.out + ran.err
    report = Path("r\x1b[1m/report.html").read_text(encoding="utf-8")
    assert not {*"\x1b\x07\x9b\u202e"} & {*report}
    assert r"\x1b[2Jgone" in report
    assert cli("train", "--resume", "r\x1b[1m", "--epochs", 2).code == 0
