"""Compiled kernels are kept on disk: found again by another process, never trusted where others can write."""

import hashlib
import os
import shutil
import subprocess
import sys

import pytest

SCRIPT = """
import sys
import numba
before = {name: getattr(numba.config, name) for name in dir(numba.config) if name.isupper()}
from chainrule.engine.kernels.convolution.direct import pack_weights, packed_floats
from chainrule.engine.kernels.convolution.operands import ConvolutionSizes
from chainrule.engine.runtime.memory import aligned_zeros
shape = ConvolutionSizes(5, 3, 3, 1, 0, 4, 4)
w, packed = aligned_zeros(135), aligned_zeros(packed_floats(5, 3, 3))
w[:] = range(135)
pack_weights(w, 0, packed, shape, 1, False)
assert set(packed) == set(range(135))
assert before == {name: getattr(numba.config, name) for name in dir(numba.config) if name.isupper()}
print(sum(pack_weights.stats.cache_hits.values()), sum(pack_weights.stats.cache_misses.values()))
"""


def compile_in_a_process(folder, *options):
    environment = {**os.environ, "CHAINRULE_CACHE_DIR": str(folder)}
    line = [sys.executable, *options, "-c", SCRIPT]
    done = subprocess.run(line, capture_output=True, encoding="utf-8", env=environment, timeout=300)
    assert done.returncode == 0, done.stderr
    return done


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    """A cache folder with the script's kernels in it."""
    folder = tmp_path_factory.mktemp("compiled")
    compile_in_a_process(folder)
    return folder


def test_a_second_process_finds_what_the_first_compiled(tmp_path):
    first = compile_in_a_process(tmp_path)
    assert first.stdout == "0 1\n"
    assert first.stderr.count("compiling kernels for this machine, once") == 1
    second = compile_in_a_process(tmp_path)
    assert second.stdout == "1 0\n"
    assert second.stderr == ""


def flipped(content, place):
    """One bit is another: at 0 the first, at 1 the last."""
    damaged = bytearray(content)
    damaged[round(place * (len(content) - 1))] ^= 1
    return bytes(damaged)


DAMAGES = {
    "flipped in the checksum": lambda content: flipped(content, 0),
    "flipped in the head": lambda content: flipped(content, 0.1),
    "flipped in the middle": lambda content: flipped(content, 0.5),
    "flipped near the end": lambda content: flipped(content, 0.9),
    "flipped at the end": lambda content: flipped(content, 1),
    "truncated": lambda content: content[: len(content) // 2],
    "empty": lambda content: b"",
    "zeroed": lambda content: content[:4096] + bytes(4096) + content[8192:],
    "without a checksum": lambda content: content[hashlib.sha256().digest_size :],
}


@pytest.mark.heavy
@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_file_is_never_executed_but_compiled_again(tmp_path, compiled, damage):
    shutil.copytree(compiled, tmp_path, dirs_exist_ok=True)
    files = list(tmp_path.rglob("*.nbc"))
    assert files
    for file in files:
        file.write_bytes(damage(file.read_bytes()))
    assert compile_in_a_process(tmp_path).stdout == "0 1\n"
    for file in files:
        content = file.read_bytes()
        assert content[:32] == hashlib.sha256(content[32:]).digest()
    assert list(files[0].parent.iterdir()) == files  # nothing half written is left
    if damage is DAMAGES["flipped in the middle"]:
        assert compile_in_a_process(tmp_path).stdout == "1 0\n"


NETWORKS = """
import sys
import numpy as np
import chainrule as cr
from chainrule.engine.compiled import Compiled
rng = np.random.default_rng(0)
for width in map(int, sys.argv[1:]):
    layers = [cr.Convolution(width), cr.ReLU(), cr.MaxPooling(), cr.Linear(width)]
    network = cr.Network(layers, (2, 9 + width % 7, 12), seed=width)
    x, t = rng.standard_normal((5, *network.input_shape)).astype(np.float32), np.arange(5)
    exact, expected = cr.engine.execute(network, "reference"), np.zeros(network.size)
    exact.loss_and_gradient(network.w.astype(np.float64), cr.Batch(x, t), expected)
    compiled = Compiled(network, threads=1)
    gw = np.zeros(compiled.layout.size, np.float32)
    compiled.loss_and_gradient(compiled.layout.pack(network.w), cr.Batch(x, t), gw)
    assert np.abs(compiled.layout.unpack(gw) - expected).max() <= 1e-4 * np.abs(expected).max(), width
"""


@pytest.mark.heavy
def test_what_several_processes_compiled_at_once_is_right_in_another(tmp_path):
    """Different networks need different variants of the same functions, which a third process loads together."""
    environment = {**os.environ, "CHAINRULE_CACHE_DIR": str(tmp_path)}
    widths = (["7", "20"], ["33", "7"])
    both = [subprocess.Popen([sys.executable, "-c", NETWORKS, *some], env=environment) for some in widths]
    assert [process.wait(timeout=300) for process in both] == [0, 0]
    for order in (["7", "33", "20"], ["20", "33", "7"]):
        subprocess.run([sys.executable, "-c", NETWORKS, *order], env=environment, check=True, timeout=300)


@pytest.mark.heavy
def test_two_processes_may_compile_at_once(tmp_path):
    environment = {**os.environ, "CHAINRULE_CACHE_DIR": str(tmp_path)}
    both = [subprocess.Popen([sys.executable, "-c", SCRIPT], env=environment, stdout=-1, stderr=-1) for _ in range(2)]
    for process in both:
        process.communicate(timeout=300)
        assert process.returncode == 0
    assert compile_in_a_process(tmp_path).stdout == "1 0\n"


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="access rights of POSIX")
def test_a_folder_that_others_can_write_to_is_not_used(tmp_path):
    (tmp_path / "kernels").mkdir(mode=0o777)
    (tmp_path / "kernels").chmod(0o777)
    done = compile_in_a_process(tmp_path)
    assert done.stderr.count("others can write to it; kernels are compiled in memory, at every start") == 1
    assert not list(tmp_path.rglob("*.nbc"))


def test_a_folder_that_cannot_be_made_is_one_warning(tmp_path):
    (tmp_path / "kernels").write_text("in the way")
    done = compile_in_a_process(tmp_path)
    assert done.stderr.count("RuntimeWarning") == 1
    assert done.stdout == "0 1\n"


OWN = """
import sys
from helper import HALF, helper
import numpy as np
from chainrule.engine.runtime.jit import inlined, kernel
from chainrule.engine.kernels.elementwise import of_one
from chainrule.engine.layout import View, image
FACTOR = np.float32({factor})
@inlined
def own(x):
    return FACTOR * helper(x) + {term}
at = image(4, 1, 1)
x = np.arange(at.stride, dtype=np.float32)
y = np.zeros_like(x)
run = of_one(own)
run(View(x, at), View(y, at), 0, 1)
print(*y[:3], sum(run.stats.cache_hits.values()))
"""
HELPER = """
from chainrule.engine.runtime.jit import inlined
HALF = 0.5
@inlined
def helper(x):
    return {helped}
"""


@pytest.mark.heavy
@pytest.mark.parametrize("in_a_file", [True, pytest.param(False, marks=pytest.mark.heavy)])
def test_a_kernel_of_a_users_own_is_known_by_its_source(tmp_path, in_a_file):
    """Each change of it, or of what it calls, keeps the lines' numbers; without a file it is code, as in a notebook."""
    environment = {
        **os.environ,
        "CHAINRULE_CACHE_DIR": str(tmp_path / "cache"),
        "PYTHONPATH": os.pathsep.join(sys.path),
    }

    def run(factor: float, term: float, helped: str) -> list[float]:
        (tmp_path / "helper.py").write_text(HELPER.format(helped=helped))
        text = OWN.format(factor=factor, term=term)
        (tmp_path / "own.py").write_text(text)
        line = [sys.executable, "own.py"] if in_a_file else [sys.executable, "-c", text]
        done = subprocess.run(line, capture_output=True, text=True, env=environment, cwd=tmp_path, timeout=300)
        assert done.returncode == 0, done.stderr
        return [float(number) for number in done.stdout.split()]

    assert run(2, 1, "x") == [1, 3, 5, 0]
    assert run(2, 5, "x") == [5, 7, 9, 0]
    assert run(2, 1, "x + 1") == [3, 5, 7, 0]
    assert run(2, 1, "x") == [1, 3, 5, 1]
    if in_a_file:
        assert run(3, 1, "x") == [1, 4, 7, 0]
