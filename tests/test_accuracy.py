"""Trained on all of MNIST, from the command line, each network reaches the accuracy it should."""

import json
import subprocess
import sys

import pytest

MEASURED = """
import re, sys
from pathlib import Path
from chainrule.cli import run
code = run(sys.argv[1:])
print(re.search("VmHWM: *([0-9]+)", Path("/proc/self/status").read_text().replace("\\t", " "))[1], file=sys.stderr)
sys.exit(code)
"""
"""Its memory at most, of its own: getrusage's begins with that of the process that started it."""


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("preset", "epochs", "accuracy"),
    [
        ("lecture", 3, 0.98),
        ("mnist", 3, 0.988),
        ("mlp", 3, 0.97),
        ("21mnist", 1, 0.98),
        ("quick", 1, 0.988),
        ("best", 2, 0.993),
    ],
)
def test_accuracy_on_the_test_digits(preset, epochs, accuracy, tmp_path):
    line = [sys.executable, "-c", MEASURED, "train", "--preset", preset, "--epochs", str(epochs), "--json"]
    done = subprocess.run(line, capture_output=True, cwd=tmp_path, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["accuracy"] >= accuracy
    assert int(done.stderr.splitlines()[-1]) < 1_000_000  # kB
