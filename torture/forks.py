"""Forked processes: of this one, to see what becomes of its state there; and of a warm one, to be killed.

The warm one has imported all and forks another for each try, which does what `work(text)` in the campaign's file says.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

KILLED = -signal.SIGKILL
LIMIT = 120.0  # seconds: a child that takes longer hangs
SERVE = "import sys; from torture.forks import serve; from {module} import work; serve(work)"


def child_of(work: Callable[[], object]) -> int:
    """The number of a forked process that does this work, and ends with 0, or with 1 if it raises."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            work()
            code = 0
        finally:  # it must not go on as if it were its parent, whatever was raised
            os._exit(code)
    return child


def says_true_in_a_child(work: Callable[[], bool]) -> bool:
    """What it says in a forked process; False, too, if it raises, or hangs and so is killed."""
    child, end = child_of(lambda: os._exit(0 if work() else 1)), time.monotonic() + LIMIT
    while time.monotonic() < end:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return status == 0
        time.sleep(0.005)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return False


def serve(work: Callable[[str], None]) -> None:
    """For each line of stdin, seconds, a signal's number and a text: fork a process, send it the signal after so long
    (-1: never), tell its end."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # which is ignored by what runs in the background
    for line in sys.stdin:
        seconds, signum, text = line.rstrip("\n").split(" ", 2)
        child = child_of(partial(work, text))
        if float(seconds) >= 0:
            time.sleep(float(seconds))
            os.kill(child, int(signum))
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


@contextmanager
def forked(module: str) -> Iterator[Callable[..., int]]:
    """A function that lets a process do the module's `work(text)`, kills it after so many seconds (-1: never), or sends
    it another signal, and gives its exit code: 0 if it ended, 1 if it raised, `KILLED`."""
    line = [sys.executable, "-c", SERVE.format(module=module)]
    alone = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}  # only one thread can be forked
    with subprocess.Popen(
        line, env=alone, cwd=Path(__file__).parents[1], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:

        def done(text: str, seconds: float, signum: int = signal.SIGKILL) -> int:
            print(seconds, int(signum), text, file=process.stdin, flush=True)
            return int(process.stdout.readline() if process.stdout else 1)

        yield done
        if process.stdin:
            process.stdin.close()
