"""The command line, run in this process (`cli`) or in one of its own (`process`)."""

import re
import subprocess
import sys
from dataclasses import dataclass

import pytest

from chainrule.cli import run
from chainrule.data import Dataset, mnist, write_idx

COMPILING = r"chainrule: compiling kernels for this machine, once; .*\n"  # whichever test is the first to need them


@dataclass
class Ran:
    code: int
    out: str
    err: str


@pytest.fixture
def cli(capsys, tmp_path, monkeypatch):
    """Run a command line in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def command(*arguments: object) -> Ran:
        code = run([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Ran(code, captured.out, re.sub(COMPILING, "", captured.err))

    return command


@pytest.fixture
def process(tmp_path):
    """Run `python -m chainrule` as a process."""

    def command(*arguments: object) -> Ran:
        line = [sys.executable, "-W", "error", "-m", "chainrule", *map(str, arguments)]
        done = subprocess.run(line, capture_output=True, cwd=tmp_path, timeout=120, encoding="utf-8")
        return Ran(done.returncode, done.stdout, done.stderr)

    return command


def write_idx_folder(folder, train: Dataset, test: Dataset) -> None:
    for prefix, part in (("train", train), ("t10k", test)):
        write_idx(folder / f"{prefix}-images-idx3-ubyte", part.x[:, 0])
        write_idx(folder / f"{prefix}-labels-idx1-ubyte", part.t.astype("uint8"))


@pytest.fixture
def idx_folder(tmp_path):
    """A folder of IDX files: 300 training and 100 test digits."""
    folder = tmp_path / "digits"
    folder.mkdir()
    write_idx_folder(folder, mnist("train").head(300), mnist("test").head(100))
    return folder
