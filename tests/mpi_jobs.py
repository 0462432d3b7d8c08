"""Jobs of several processes, started by the real mpiexec."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

MPIEXEC = Path(sys.executable).parent / "mpiexec"
needs_mpi = pytest.mark.skipif(not MPIEXEC.exists(), reason="there is no mpiexec beside this Python")
LONGEST = 300  # seconds, of a machine that is busy
TRAIN = "-m", "chainrule", "train"
ONE = "--threads", "1"
REFERENCE = "--engine", "reference", *ONE  # its bits are the same for the same number of BLAS threads alone


def line(ranks: int, *arguments: str) -> list[str]:
    """What starts that with Python on so many ranks, on a machine that may have fewer processors."""
    return [str(MPIEXEC), "--allow-run-as-root", "--oversubscribe", "-n", str(ranks), sys.executable, *arguments]


def surviving(words: Sequence[str]) -> list[str]:
    """Such a line, of a job that goes on when one of its processes dies."""
    return [words[0], "--with-ft", "ulfm", *words[1:]]


def start(words: Sequence[str], folder: Path, **environment: str) -> subprocess.Popen[str]:
    """A process in that folder, that no proxy of a test run's own threads disturbs."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OMPI_", "PMIX_", "PRTE_"))}
    kept |= environment
    pipe = subprocess.PIPE
    return subprocess.Popen(words, cwd=folder, text=True, env=kept, start_new_session=True, stdout=pipe, stderr=pipe)


def ended(process: subprocess.Popen[str], seconds: float = LONGEST) -> subprocess.CompletedProcess[str]:
    """How it ended; killed, with all that it started, if that takes too long."""
    try:
        out, err = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        raise
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def run(ranks: int, folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """That on so many ranks, to its end."""
    return ended(start(line(ranks, *arguments), folder, **environment))


def said(done: subprocess.CompletedProcess[str]) -> list[str]:
    """What chainrule said on stderr, without what it notes of its progress and mpiexec says."""
    return [each for each in done.stderr.splitlines() if each.startswith("chainrule:")]


def ranks_of(process: subprocess.Popen[str], count: int) -> list[int]:
    """The numbers of the processes that mpiexec has started, once they are there."""
    end, found = time.monotonic() + LONGEST, list[int]()
    while time.monotonic() < end:
        found = children(process.pid)
        if len(found) == count:
            return found
        time.sleep(0.05)
    raise TimeoutError(f"mpiexec has started {len(found)} of {count}")


def children(parent: int) -> list[int]:
    """Of a process, by /proc."""
    tasks = Path(f"/proc/{parent}/task")
    return sorted(int(child) for each in tasks.glob("*/children") for child in each.read_text().split())


def lives(process: int) -> bool:
    """Whether it runs: one that has ended may wait for somebody to ask how."""
    status = Path(f"/proc/{process}/stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"
