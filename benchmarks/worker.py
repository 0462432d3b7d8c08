"""A contestant in a process of its own: its threads, its environment and its processors disturb nobody else's."""

import os
import pickle
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

from benchmarks.libraries import build
from benchmarks.works import Work

ROOT = Path(__file__).parent.parent
FOREIGN = ("OPENBLAS_", "MKL_", "OMP_", "KMP_", "GOMP_", "NUMBA_NUM_THREADS", "XLA_FLAGS", "TORCHINDUCTOR_", "TORCH_")


class CannotRun(Exception):
    """A contestant that does not exist here, or fails; its text says why."""


def environment(threads: int) -> dict[str, str]:
    """This process's, without what others set to tune libraries, and with so many threads for all of them."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
    counts = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    return {**kept, **dict.fromkeys(counts, str(threads)), "JAX_PLATFORMS": "cpu"}


def use_processors(count: int) -> None:
    """Keep this process on so many processors, where the system can: JAX counts its threads by them."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:count])


class Worker:
    """The parent's end: `check` and `run` of a contestant. CannotRun carries what went wrong over there."""

    def __init__(
        self, library: str, work: Work, configuration: str, threads: int, samples: int | None, patience: float
    ) -> None:
        self.patience = patience  # seconds until a question without an answer is given up
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 (closed by `close`)
        command = [sys.executable, "-m", "benchmarks.worker"]
        self._process = subprocess.Popen(
            command, cwd=ROOT, env=environment(threads),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors,
        )  # fmt: skip
        try:
            self._ask(library, work, configuration, threads, samples)
        except CannotRun:
            self.close()
            raise

    def check(self) -> dict[str, Any]:
        return self._ask("check")

    def run(self, items: int) -> tuple[int, float]:
        return self._ask("run", items)

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()
        self._errors.close()

    def __enter__(self) -> "Worker":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _ask(self, *question: Any) -> Any:
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise CannotRun("no pipe to its process")
        watch = threading.Timer(self.patience, self._process.kill)
        watch.start()
        try:
            pickle.dump(question, stdin)
            stdin.flush()
            kind, answer = pickle.load(stdout)
        except (EOFError, OSError, pickle.UnpicklingError):
            code = self._process.wait()
            self._errors.seek(0)
            last = self._errors.read().decode(errors="replace").strip().splitlines()[-1:]
            raise CannotRun(f"its process ended with {code} {' '.join(last)}".strip()) from None
        finally:
            watch.cancel()
        if kind == "failed":
            raise CannotRun(answer)
        return answer


def serve() -> None:
    """The other end: what is asked on stdin is answered on what was stdout; prints go to stderr."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    contestant: Any = None
    while True:
        try:
            question = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        try:
            if contestant is None:
                library, work, configuration, threads, samples = question
                use_processors(threads)
                contestant = build(library, work, configuration, threads, samples)
                answer = None
            else:
                answer = getattr(contestant, question[0])(*question[1:])
            reply = "ok", answer
        except Exception as error:
            text = str(error).strip().splitlines() or [""]
            reply = "failed", f"{type(error).__name__}: {text[0][:200]}"
        pickle.dump(reply, answers)
        answers.flush()


if __name__ == "__main__":
    serve()
