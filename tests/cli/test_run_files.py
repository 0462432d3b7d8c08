"""config.toml and metrics.jsonl, whatever is in them: a line that names the key, or what of them is right."""

import json
import os
import re
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import tomli_w
from torture.models import places, put, without

from chainrule import DataError, DataWarning
from chainrule.base.plain_text import toml_of
from chainrule.cli.run_files import LONGEST, read_configuration, read_epochs
from messages import exactly
from odd_files import ODD_FILES, put_odd_file

TABLE = "\n".join(["a,b,t", *(f"{k % 7}.5,{k % 5},{'yes' if k % 7 > 3 else 'no'}" for k in range(40))]) + "\n"
OTHERS = (True, 3, -1.5, "text", [], [1], {"k": 1}, float("inf"), float("nan"), 10**30, -(10**18), date(2026, 1, 1))


@pytest.fixture
def runs(cli, tmp_path):
    """Two runs of a small table."""
    (tmp_path / "t.csv").write_text(TABLE)
    (tmp_path / "net.toml").write_text("input_shape = [2]\nlayers = [{ type = 'Linear', out_features = 2 }]\n")
    options = "--validation", 0.2, "--early-stopping", 9, "--target", "t", "--skip-bad"
    line = ("train", "--data", "t.csv", "--network", "net.toml", "--engine", "reference", "--epochs", 2)
    for name in ("all/a", "all/b"):
        assert cli(*line, *options[:-1], "--out", name).code == 0
    return cli


def content(path: Path) -> dict[str, Any]:
    return toml_of(path.read_text(), str(path), DataError)


def test_every_key_of_a_wrong_type_is_named(runs):
    path = Path("all/a/config.toml")
    right, tried = content(path), 0
    for place in places(right):
        there = right
        for key in place:
            there = there[key]
        own_layers = place[:2] in (("network", "layers"), ("network", "loss")) and len(place) > 2
        for other in OTHERS if place and not own_layers else ():
            same = type(other) is type(there) or (type(there) is float and type(other) is int)
            if same or (place == ("network", "loss") and isinstance(other, dict)):
                continue
            path.write_text(tomli_w.dumps(put(right, place, other)))
            with pytest.raises(DataError) as refused:
                read_configuration(path)
            line = str(refused.value)
            assert line.startswith(f"{path}: ")
            assert "\n" not in line
            names = [str(key) for key in place if isinstance(key, str)]
            assert names[-1].replace("_", "-") in line.replace("_", "-"), (place, other, line)
            tried += 1
    assert tried > 250


@pytest.mark.parametrize("key", ["name", "training", "initial_weights"])
def test_what_every_run_has_is_missed(runs, key):
    path = Path("all/a/config.toml")
    path.write_text(tomli_w.dumps(without(content(path), (key,))))
    with pytest.raises(DataError, match=exactly(f"{path}: has no {key}; expected a run's configuration")):
        read_configuration(path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"validation": 2.0}, "--validation is 2.0"),
        ({"header": "maybe"}, "--header is 'maybe'; expected yes or no"),
        ({"ink": "red"}, "--ink is 'red'"),
        ({"early_stopping": 0}, "--early-stopping is 0"),
        ({"classes": ["a", "a"]}, "classes holds 'a' twice; expected different names"),
        ({"data": "x" * 5000}, "--data is"),
    ],
)
def test_what_is_out_of_its_range_is_refused_when_the_run_goes_on(runs, changes, message):
    path = Path("all/a/config.toml")
    path.write_text(tomli_w.dumps(content(path) | changes))
    ran = runs("train", "--resume", "all/a", "--epochs", 3)
    assert ran.code == 4
    assert message in ran.err
    assert len(ran.err.splitlines()) == 1


def test_broken_runs_are_shown_as_broken_beside_the_others(runs):
    for name, text in (
        ("c", "name = "),
        ("d", "name = 3"),
        ("e", "a." * 100_000 + "a = 1"),
        ("f", "a = " + "9" * 5000),
    ):
        shutil.copytree("all/a", f"all/{name}")
        Path(f"all/{name}/config.toml").write_text(text)
    os.mkfifo("all/pipe")
    Path("all/g").mkdir()
    Path("all/g/config.toml").symlink_to("config.toml")
    ran = runs("runs", "all", "--json")
    listed = json.loads(ran.out)
    assert ran.code == 0
    assert [row["run"] for row in listed["runs"]] == ["all/a", "all/b"]
    assert list(listed["broken"]) == [f"all/{name}" for name in "cdefg"]
    assert listed["broken"]["all/d"] == "all/d/config.toml: has no training; expected a run's configuration"
    shown = runs("runs", "all").out
    assert "Broken" in shown
    assert "is nested too deep" in shown
    assert runs("runs", "all/a", "all/b", "all/c").code == 0


def line(epoch: int = 3, **values: Any) -> str:
    return json.dumps({"epoch": epoch, "loss": 0.5, "seconds": 0.1} | values)


BAD = {
    "1": "it is 1; expected a table",
    "[]": "it is []; expected a table",
    "null": "it is None; expected a table",
    "{}": "it has no epoch; expected epoch, loss",
    "": "it: no JSON",
    "{": "it: no JSON",
    '{"epoch": "a"}': "it.epoch is 'a'; expected a whole number of at least 1",
    '{"epoch": 3.0}': "it.epoch is 3.0",
    '{"epoch": true}': "it.epoch is True",
    '{"epoch": 3, "epoch": 3}': "it: no JSON: a key comes twice",
    '{"epoch": 3, "loss": NaN}': "it: loss is nan",
    '{"epoch": 3, "loss": Infinity}': "it.loss is inf",
    '{"epoch": 3, "loss": "0.5"}': "it.loss is '0.5'",
    '{"epoch": 3, "loss": [0.5]}': "it.loss is [0.5]",
    '{"epoch": 3, "seconds": -1}': "it.seconds is -1",
    '{"epoch": 3, "seconds": null}': "it.seconds is None",
    '{"epoch": 3, "weights": 5}': "it.weights is 5",
    '{"epoch": 3, "validation_accuracy": 7}': "it.validation_accuracy is 7",
    '{"epoch": 3, "more": 1}': "it has 'more'",
    line(2): "it.epoch is 2; expected more than 2",
    line(1): "it.epoch is 1; expected more than 2",
    "[" * 10_000: "it is nested too deep",
    "9" * 5000: "it: no JSON",
    '{"epoch": 3, "weights": "' + "x" * LONGEST + '"}': f"it has more than {LONGEST:,} bytes",
    "\x00\x01": "it: no JSON",
}


@pytest.mark.parametrize("text", BAD, ids=lambda text: text[:20])
def test_a_line_that_cannot_be_right_ends_the_history(tmp_path, text):
    path = tmp_path / "metrics.jsonl"
    path.write_text("\n".join([line(1), line(2), text, line(3)]) + "\n")
    with pytest.warns(DataWarning, match=re.escape(f"{path}: line 3 cannot be read, nor what follows: {BAD[text]}")):
        read = read_epochs(path)
    assert [each["epoch"] for each in read] == [1, 2]


@pytest.mark.parametrize("end", [b"\xff\xfe\n", b'{"epoch": 2', b'{"epoch": 2}', bytes(10)])
def test_bytes_that_are_no_line_end_the_history(tmp_path, end):
    path = tmp_path / "metrics.jsonl"
    path.write_bytes(line(1).encode() + b"\n" + end)
    with pytest.warns(DataWarning, match="line 2 cannot be read"):
        assert len(read_epochs(path)) == 1


@pytest.mark.parametrize("kind", ODD_FILES)
def test_what_is_no_history_is_none(tmp_path, kind):
    put_odd_file(kind, tmp_path / "metrics.jsonl")
    with pytest.warns(DataWarning, match="line 1 cannot be read"):
        assert read_epochs(tmp_path / "metrics.jsonl") == []


def test_no_history_is_none(tmp_path):
    assert read_epochs(tmp_path / "metrics.jsonl") == []


@pytest.mark.parametrize("text", ["1", "[]", "{}", '{"epoch": "a"}', '{"epoch": 1, "loss": NaN}', "\x00"])
def test_a_run_whose_history_is_spoiled_is_listed_reported_and_goes_on(runs, text):
    path = Path("all/a/metrics.jsonl")
    path.write_text(path.read_text().splitlines()[0] + f"\n{text}\n")
    for command in (
        ("runs", "all"),
        ("runs", "all/a", "all/b"),
        ("evaluate", "all/a", "--data", "t.csv", "--report", "r.html"),
        ("train", "--resume", "all/a", "--epochs", 3),
    ):
        ran = runs(*command)
        assert ran.code == 0, ran.err
        assert "warning: all/a/metrics.jsonl: line 2 cannot be read" in ran.err
    assert read_epochs(path)[0]["epoch"] == 1
