"""A command line in a fresh process, sent a signal at some moment; and what it may say of that."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

HANDLED = 1 << (signal.SIGTERM - 1)  # in a mask of signals: Python itself does not handle it, chainrule does
CAUGHT = re.compile(r"^SigCgt:\s*([0-9a-f]+)$", re.MULTILINE)
PATIENCE = 60.0  # seconds


class Ended(NamedTuple):
    """How a process ended, and what it wrote."""

    code: int
    out: str
    err: str

    def complaint(self, signum: int) -> str:
        """What is wrong with how it took the signal; "" if nothing is."""
        words = self.err.count("interrupted")
        if "Traceback" in self.err or "Exception ignored" in self.err:
            return f"a traceback: {self.err[-300:]}"
        if self.code not in (0, 128 + signum):
            return f"left with {self.code}: {self.err[-300:]}"
        if words != (self.code != 0):
            return f"left with {self.code} and said {words} times that it was interrupted"
        return ""


def start(line: Sequence[object], folder: Path) -> subprocess.Popen[str]:
    """Start `python -m chainrule` in the folder; return when its own first line has run."""
    command = [sys.executable, "-m", "chainrule", *map(str, line)]
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        preexec_fn=heed,
    )
    until = time.monotonic() + PATIENCE
    while not handles(process.pid) and process.poll() is None and time.monotonic() < until:
        time.sleep(0.001)
    return process


def heed() -> None:
    """Take signals as they are by default: a process in the background was begun with Ctrl-C ignored."""
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_DFL)


def handles(process: int) -> bool:
    """Whether it handles SIGTERM; True where that cannot be told."""
    try:
        found = CAUGHT.search(Path(f"/proc/{process}/status").read_text())
    except OSError:
        return not Path("/proc/self/status").exists()
    return bool(found and int(found[1], 16) & HANDLED)


def signalled(line: Sequence[object], folder: Path, signum: int, delays: Sequence[float]) -> Ended:
    """Run a command line, and send it the signal after each of the delays, in seconds."""
    process = start(line, folder)
    for seconds in delays:
        time.sleep(seconds)
        process.send_signal(signum)
    out, err = process.communicate(timeout=PATIENCE)
    return Ended(process.returncode, out, err)


def environment() -> dict[str, str]:
    """One thread of BLAS, and the repository's own chainrule."""
    return os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
