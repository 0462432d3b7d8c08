"""Paths as they may be: whatever a name holds, the right file is read and written, or one clear line says why not."""

import csv
import json
import os
import shutil
from pathlib import Path

import pytest

from chainrule.base.errors import UsageError
from chainrule.cli.settings import at_home
from chainrule.exchange.model_file import load_checkpoint

TABLE = "a,b,answer\n" + "".join(f"{k % 7},{k % 5},{'yes' if k % 7 > 3 else 'no'}\n" for k in range(60))
NAMES = [
    "with  two spaces ", "new\nline", "--out", os.fsdecode(b"no text \xff\xfe"), "\x1b[31m", "~x%s{x}[b]", "日" * 85,
]  # fmt: skip


def called(name: str, ending: str) -> str:
    """A name with that ending, that is no longer than names may be."""
    while len(os.fsencode(name + ending)) > 255:
        name = name[:-1]
    return name + ending


@pytest.fixture
def table(tmp_path: Path) -> Path:
    (tmp_path / "t.csv").write_text(TABLE)
    return tmp_path / "t.csv"


@pytest.mark.parametrize("name", NAMES, ids=lambda name: ascii(name)[:12])
def test_the_right_file_is_written_and_read(cli, table, name):
    data, picture, report = called(name, ".csv"), called(name, ".png"), called(name, ".html")
    answers, weights = called(name, "2.csv"), called(name, ".safetensors")
    shutil.copy(table, Path(data))
    made = {"t.csv", name, data, picture, report, answers, weights}
    for line in (
        ("train", f"--data={data}", "--engine=reference", "--epochs=1", f"--out={name}", f"--plot={picture}"),
        ("train", f"--resume={name}", "--epochs=2"),
        ("evaluate", f"--data={data}", f"--report={report}", "--", name),
        ("predict", f"--csv={answers}", "--", name, data),
        ("export", f"--pytorch={weights}", "--", name),
        ("runs", "--", name),
    ):
        ran = cli(*line)
        assert ran.code == 0, ran.err
    assert set(os.listdir()) == made
    assert load_checkpoint(Path(name, "model.safetensors")).epoch == 2
    assert {"config.toml", "report.html"} < set(os.listdir(name))
    assert len(list(csv.reader(Path(answers).read_text().splitlines()))) == 61


@pytest.mark.parametrize(("name", "said"), [("a\nb", r"a\nb"), ("a\tb", r"a\tb"), ("a\x1b[1mb", r"a\x1b[1mb")])
def test_an_error_is_one_line_and_names_the_path(cli, table, name, said):
    for line, code, begins in (
        (("evaluate", name), 4, f"{said}: no such file"),
        (("train", "--data", name), 4, f"{said}: no such file or folder"),
        (("train", "--resume", name), 2, f"{said}: there is no config.toml in it"),
        (("train", "--data", table, "--out", f"t.csv/{name}"), 2, f"t.csv/{said}: cannot write there: Not a directory"),
        (("regress", "--plot", f"{name}/x.png"), 2, f"{said}/x.png: there is no folder {said};"),
        (("predict", "--csv", f"{name}/x.csv", "m", "x"), 2, f"{said}/x.csv: there is no folder {said};"),
    ):
        ran = cli(*line, *(["--quiet"] if line[0] == "train" else []))
        assert ran.code == code
        assert ran.err.startswith(f"chainrule: {begins}")
        assert len(ran.err.splitlines()) == 1
    assert os.listdir() == ["t.csv"]


def test_what_to_type_next_is_typed_so(cli, table):
    for name, typed in (("-run", "./-run"), ("a b", "'a b'"), ("a\nb", r"$'a\nb'")):
        ran = cli("train", "--data", table, "--engine", "reference", "--epochs", 1, "--out", name)
        assert f"chainrule evaluate {typed}\n" in ran.out


def test_a_file_whose_name_is_no_text_has_its_bytes_in_the_answers(cli, table):
    name = os.fsdecode(b"\xff.csv")
    shutil.copy(table, name)
    assert cli("train", "--data", table, "--engine", "reference", "--epochs", 1, "--out", "run").code == 0
    assert cli("predict", "run", name, table, "--csv", "answers.csv").code == 0
    assert b"\n\xff.csv," in Path("answers.csv").read_bytes()


def test_a_tilde_is_the_home_folder(cli, table, monkeypatch, tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    shutil.copy(table, home / "mine.csv")
    assert cli("train", "--data=~/mine.csv", "--engine=reference", "--epochs=1", "--out=~/run").code == 0
    assert cli("predict", "~/run", "~/mine.csv", "--csv=~/answers.csv").code == 0
    assert {path.name for path in home.iterdir()} == {"mine.csv", "run", "answers.csv"}
    assert at_home([Path("~"), Path("a/~"), Path("~no such user/x"), 3]) == [
        home,
        Path("a/~"),
        Path("~no such user/x"),
        3,
    ]
    monkeypatch.setattr("os.path.expanduser", str)  # as for a user of whom the system knows no home
    with pytest.raises(UsageError, match="~/x: there is no home folder; expected a path without ~, or HOME set"):
        at_home(Path("~/x"))


def test_a_working_folder_that_is_gone(cli, table, monkeypatch, tmp_path):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    train = ("train", "--data", table, "--engine", "reference", "--epochs", 1)
    ran = cli(*train, "--out", "run")
    assert (ran.code, ran.err.splitlines()[-1]) == (2, "chainrule: run: cannot write there: No such file or directory")
    ran = cli(*train)
    assert ran.code == 2
    assert ran.err.splitlines()[-1].endswith(": cannot write there: No such file or directory")
    ran = cli("regress", "--plot", "x.png")
    assert (ran.code, ran.err.splitlines()[-1]) == (1, "chainrule: x.png: cannot be written: No such file or directory")
    ran = cli(*train, "--out", tmp_path / "run", "--json")
    assert (ran.code, Path(json.loads(ran.out)["model"]).exists()) == (0, True)


def test_where_nobody_may_write_that_is_said_before_a_long_run(cli, table, monkeypatch):
    Path("there.png").touch()
    for path, closed in (("there.png", "there.png"), ("x.png", ".")):
        monkeypatch.setattr("os.access", lambda at, mode, closed=closed: str(at) != closed)
        ran = cli("train", "--data", table, "--plot", path)
        assert (ran.code, ran.err) == (2, f"chainrule: {path}: cannot be written: Permission denied\n")
    assert sorted(os.listdir()) == ["t.csv", "there.png"]
