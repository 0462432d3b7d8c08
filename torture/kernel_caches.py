"""The cache of compiled kernels, damaged in every way: the trained weights are right, and the damage is mended."""

import os
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from torture.campaign import Tally, campaign

TRAINS = """
import sys, numpy as np, chainrule as cr
x, t = np.eye(8, dtype=np.float32), np.arange(8) % 3
network = cr.Network([cr.Linear(5), cr.ReLU(), cr.Linear(3)], 8, seed=1)
cr.fit(network, cr.Dataset(x, t), cr.Training(epochs=2, batch_size=4), threads=1, progress=False)
print(network.w.tobytes().hex())
"""


def trained(cache: Path) -> tuple[str, str]:
    """What a new process that uses this cache says of its weights, and its errors."""
    environment = {**os.environ, "CHAINRULE_CACHE_DIR": str(cache)}
    line = [sys.executable, "-c", TRAINS]
    done = subprocess.run(line, env=environment, capture_output=True, text=True, timeout=300)
    return done.stdout.strip() if done.returncode == 0 else f"exit code {done.returncode}", done.stderr


def flip(file: Path, rng: random.Random) -> None:
    content = bytearray(file.read_bytes())
    content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
    file.write_bytes(content)


def cut(file: Path, rng: random.Random) -> None:
    os.truncate(file, rng.randrange(file.stat().st_size))


def zero(file: Path, rng: random.Random) -> None:
    content = bytearray(file.read_bytes())
    at = rng.randrange(len(content))
    content[at : at + 4096] = bytes(len(content[at : at + 4096]))
    file.write_bytes(content)


def swap(file: Path, rng: random.Random) -> None:
    """Another kernel's file."""
    shutil.copy(rng.choice(sorted(file.parent.glob("*.nbc"))), file.with_suffix(".new"))
    file.with_suffix(".new").replace(file)


def link(file: Path, rng: random.Random) -> None:
    target = file.with_suffix(".target")
    file.rename(target)
    file.symlink_to(target)


def pipe(file: Path, rng: random.Random) -> None:
    file.unlink()
    os.mkfifo(file)


def folder(file: Path, rng: random.Random) -> None:
    file.unlink()
    file.mkdir()


def open_up(file: Path, rng: random.Random) -> None:
    file.chmod(0o666)


DAMAGES = flip, flip, flip, cut, zero, zero, swap, link, pipe, folder, open_up


@campaign("Damaged kernels in the cache are never executed: the same weights, no crash", tries=120, few=0)
def damaged_kernels(tally: Tally) -> None:
    """Each try damages some files, each in one of these ways; a kernel takes about a second to compile again."""
    with tempfile.TemporaryDirectory() as made:
        right, said = trained(Path(made) / "whole")
        tally.check(not right.startswith("exit"), f"without a cache: {right}, {said[-300:]}")
        for k in tally:
            rng, cache = random.Random(k), Path(made) / f"{k}"
            shutil.copytree(Path(made) / "whole", cache)
            files = sorted(cache.rglob("*.nbc"))
            for file in rng.sample(files, min(len(files), 1 + k % 3)):
                rng.choice(DAMAGES)(file, rng)
            found, said = trained(cache)
            tally.check(found == right, f"try {k}: {found[:40]}, {said[-300:]}")
            tally.check("Traceback" not in said, f"try {k}: {said[-300:]}")
            again, _ = trained(cache) if k % 10 == 0 else (right, "")
            tally.check(again == right, f"try {k}, once more: {again[:40]}")
            shutil.rmtree(cache)


@campaign("Eight processes that compile into one cache at once train to the same weights", tries=12, few=0)
def compiled_at_once(tally: Tally) -> None:
    environment = dict(os.environ)
    for k in tally:
        with tempfile.TemporaryDirectory() as cache:
            environment["CHAINRULE_CACHE_DIR"] = cache
            line = [sys.executable, "-c", TRAINS]
            some = [subprocess.Popen(line, env=environment, stdout=-1, stderr=-1, text=True) for _ in range(8)]
            said = {process.communicate(timeout=900)[0].strip() for process in some}
            tally.check([each.returncode for each in some] == [0] * 8, f"try {k}: one failed")
            said.add(trained(Path(cache))[0])
            tally.check(len(said) == 1, f"try {k}: {len(said)} different weights")
            left = [each.name for each in Path(cache).rglob("*.part")]
            tally.check(not left, f"try {k}: {left[:3]} are left")
