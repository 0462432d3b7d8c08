"""The guards that `torture/guards` puts around arrays are there: whoever goes beside one is seen."""

import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from torture.guards import Guards
from torture.random_networks import Draw

from strategies import OURS

ROOT = Path(__file__).parents[2]
BESIDE = """
import ctypes
from torture.guards import Guards
array = Guards({before}).zeros({n})
print(array.sum(), flush=True)
ctypes.c_float.from_address(array.ctypes.data + {offset}).value
"""
ENGINE = """
import numpy as np
from chainrule import Convolution, Linear, MaxPooling, Network, ReLU
from chainrule.engine.compiled import Compiled
from torture.guards import Guards
guards = Guards(False)
guards.take_over()
engine = Compiled(Network([Convolution(3), ReLU(), MaxPooling(), Linear(2)], (1, 6, 6)), threads=1)
plan = engine.plan(2)
addresses = {gap.ctypes.data + gap.nbytes for gap in guards.gaps}
for stage in plan.stages:
    for view in (stage.x.view, stage.y.view, stage.y.gradient):
        values = getattr(view.values, "array", view.values)
        assert values.ctypes.data in addresses
print(len(guards.gaps))
"""


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(("before", "n", "offset"), [(False, 3, 12), (True, 3, -4), (False, 2000, 8000)])
def test_a_read_beside_an_array_ends_the_process(before: bool, n: int, offset: int) -> None:
    done = run(BESIDE.format(before=before, n=n, offset=offset))
    assert (done.stdout, done.returncode) == ("0.0\n", -signal.SIGSEGV)


@pytest.mark.parametrize("before", [False, True])
def test_a_write_on_the_other_side_is_seen(before: bool) -> None:
    guards = Guards(before)
    array = guards.copy(np.arange(6, dtype=np.float32).reshape(2, 3))
    array *= 2
    assert guards.untouched
    guards.gaps[0][0] = 0
    assert not guards.untouched


def test_an_engines_buffers_are_guarded() -> None:
    assert int(run(ENGINE).stdout) > 10


def test_random_networks_are_of_all_layers() -> None:
    assert set(Draw(np.random.default_rng(0)).makers) == set(OURS)
