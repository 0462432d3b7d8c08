"""Processes to be killed: a warm one, which has imported all, forks another for each try.

A campaign's file has a function `work(text)`, which is what they do.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

KILLED = -signal.SIGKILL
SERVE = "import sys; from torture.forks import serve; from {module} import work; serve(work)"


def serve(work: Callable[[str], None]) -> None:
    """For each line of stdin, seconds, a signal's number and a text: fork a process, send it the signal after so long
    (-1: never), tell its end."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # which is ignored by what runs in the background
    for line in sys.stdin:
        seconds, signum, text = line.rstrip("\n").split(" ", 2)
        child = os.fork()
        if child == 0:
            try:
                work(text)
            except BaseException:
                os._exit(1)
            os._exit(0)
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
