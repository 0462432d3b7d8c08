"""Trained on all of MNIST, from the command line, each network reaches the accuracy it should."""

import json
import subprocess
import sys

import pytest

MEASURED = """
import resource, sys
from chainrule.cli import run
code = run(sys.argv[1:])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, file=sys.stderr)
sys.exit(code)
"""


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("preset", "epochs", "accuracy"),
    [("lecture", 3, 0.98), ("mnist", 3, 0.988), ("mlp", 3, 0.97), ("21mnist", 1, 0.98)],
)
def test_accuracy_on_the_test_digits(preset, epochs, accuracy, tmp_path):
    line = [sys.executable, "-c", MEASURED, "train", "--preset", preset, "--epochs", str(epochs), "--json"]
    done = subprocess.run(line, capture_output=True, cwd=tmp_path, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["accuracy"] >= accuracy
    assert int(done.stderr.splitlines()[-1]) < 1000  # MB
