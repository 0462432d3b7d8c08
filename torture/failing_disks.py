"""Disks that fail while a run's files are written: each error in each step, and a disk with too little room."""

import errno
import itertools
import os
import random
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from chainrule.base.errors import WriteError
from chainrule.base.writing import append
from torture.campaign import Tally, campaign
from torture.faults import ERRORS, STEPS, fault
from torture.killed_saving import save, saved

CASES = list(itertools.product(STEPS, ERRORS, ("model", "metrics")))
ROOM = 1 << 20  # bytes of the small disk; two models take 400 kB, a third one is beside them while it is written


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def begun(folder: Path) -> None:
    """A folder with two checkpoints, and the lines of two epochs."""
    for epoch in (1, 2):
        save(folder, epoch)
        append(folder / "metrics.jsonl", b'{"epoch": %d}\n' % epoch)


def goes_on(folder: Path) -> bool:
    """Whether the next checkpoint and line are written, and are all that is there."""
    last = saved(folder / "model.safetensors")
    save(folder, last + 1)
    append(folder / "metrics.jsonl", b'{"epoch": 3}\n')
    models = saved(folder / "model.safetensors"), saved(folder / "previous.safetensors")
    lines = (folder / "metrics.jsonl").read_bytes().count(b"\n")
    return (models, lines, len(list(folder.iterdir()))) == ((last + 1, last), 3, 3)


@campaign(
    "ENOSPC, EIO, EACCES, EROFS and EDQUOT in open, write, short write, fsync, replace and the folder's fsync, "
    "each with a model and with metrics.jsonl: a clear error, and what was there is unharmed",
    tries=len(CASES),
    few=len(CASES),
)
def failing_disks(tally: Tally) -> None:
    for k in tally:
        step, error, file = CASES[k]
        untouched = file == "metrics" and step in ("replace", "folder fsync")  # a line is added without these
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            begun(folder)
            before, said = contents(folder), ""
            with fault(step, error):
                try:
                    save(folder, 3) if file == "model" else append(folder / "metrics.jsonl", b"x" * 1000 + b"\n")
                except WriteError as caught:
                    said = str(caught)
            path = folder / ("model.safetensors" if file == "model" else "metrics.jsonl")
            tally.check(
                untouched or said == f"{path}: cannot be written: {os.strerror(error)}",
                f"{step}, {os.strerror(error)}: {said or 'no error'}",
            )
            tally.check(untouched or contents(folder) == before, f"{step}, {os.strerror(error)}: files have changed")
            tally.check(untouched or goes_on(folder), f"{step}, {os.strerror(error)}: it cannot be written again")


@campaign(
    "A disk with too little room: a clear error, both checkpoints unharmed, and on once there is room", tries=200, few=2
)
def full_disks(tally: Tally) -> None:
    refused = 0
    with small_disk() as (folder, real):
        for k in tally:
            for each in folder.iterdir():
                each.unlink()
            begun(folder)
            before, rng = contents(folder), random.Random(k)
            free = ROOM - sum(-(-len(each) // 4096) * 4096 for each in before.values())
            filler = folder / "filler"
            filler.write_bytes(bytes(rng.randrange(max(free - 300_000, 0), free - 4096) if real else 0))
            try:
                with nullcontext() if real else fault("short write", errno.ENOSPC):
                    save(folder, 3)
            except WriteError as error:
                refused += 1
                tally.check(str(error).endswith(f": {os.strerror(errno.ENOSPC)}"), f"disk {k}: {error}")
                filler.unlink()
                tally.check(contents(folder) == before, f"disk {k}: files have changed")
            filler.unlink(missing_ok=True)
            tally.check(goes_on(folder), f"disk {k}: it cannot be written again")
    tally.notes |= {"refused": f"{refused:,}", "disk": "a real one (tmpfs)" if real else "injected errors"}


@contextmanager
def small_disk() -> Iterator[tuple[Path, bool]]:
    """A folder on a disk of its own, if we may mount one, and whether it is."""
    with tempfile.TemporaryDirectory() as name:
        line = ["mount", "-t", "tmpfs", "-o", f"size={ROOM}", "tmpfs", name]
        real = (
            hasattr(os, "geteuid") and os.geteuid() == 0 and subprocess.run(line, capture_output=True).returncode == 0
        )
        try:
            yield Path(name), real
        finally:
            if real:
                subprocess.run(["umount", name], check=True)
