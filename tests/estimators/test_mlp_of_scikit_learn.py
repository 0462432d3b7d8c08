"""scikit-learn's own tests of its multilayer perceptrons, passed by ours with the import line changed."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import sklearn.neural_network

TESTS = Path(sklearn.neural_network.__file__).parent / "tests" / "test_mlp.py"
THEIRS, OURS = "from sklearn.neural_network import MLP", "from chainrule import MLP"
PRIVATE = {"test_gradient": "it calls _loss_grad_lbfgs; test_mlp.py checks the same derivatives"}
CONFTEST = """
import pytest


@pytest.fixture
def global_random_seed():
    return 42
"""  # of scikit-learn's own conftest


@pytest.mark.heavy
def test_their_tests_pass(tmp_path):
    text = TESTS.read_text(encoding="utf-8")
    assert text.count(THEIRS) == 1
    (tmp_path / "test_mlp.py").write_text(text.replace(THEIRS, OURS), encoding="utf-8")
    (tmp_path / "conftest.py").write_text(CONFTEST, encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    left_out = [f"--deselect=test_mlp.py::{name}" for name in PRIVATE]
    line = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *left_out, "test_mlp.py"]
    done = subprocess.run(line, cwd=tmp_path, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stdout[-3000:]
    passed, deselected = re.findall(r"(\d+) (?:passed|deselected)", done.stdout)
    assert int(passed) > 50
    assert int(deselected) == len(PRIVATE)
