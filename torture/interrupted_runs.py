"""Trainings that are stopped at random moments, in many ways, and go on with other numbers of threads."""

import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from safetensors import safe_open
from safetensors.numpy import load_file

from torture.campaign import Tally, campaign
from torture.forks import forked
from torture.killed_training import begun, history
from torture.signalled import signalled

SIGNALS = signal.SIGKILL, signal.SIGINT, signal.SIGTERM
MOST_STOPS = 4  # of one run, before it may end
FRESH = 8  # each so many-th process is a fresh one; the others are forked from one that has imported all
NETWORK = """
input_shape = [1, 28, 28]
layers = [{ type = "Linear", out_features = 24 }, { type = "ReLU" }, { type = "Dropout", p = 0.2 },
          { type = "Linear", out_features = 10 }]
"""
OPTIONS = "--train-data-size 320 --test-data-size 64 --batch-size 32 --epochs 6 --lr 0.02 --augment shift=1"
KINDS = [(engine, stopping) for engine in ("compiled", "reference") for stopping in ("", "--early-stopping 1")]


def work(line: str) -> None:
    """`chainrule LINE`, as a process of its own would do it; what it says goes to a file, the line's first word."""
    from chainrule.cli import main

    log, *arguments = line.split()
    os.dup2(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 2)
    os.dup2(2, 1)
    sys.argv = ["chainrule", *arguments]
    try:
        main()
    except SystemExit as end:
        sys.stderr.flush()
        os._exit(int(end.code or 0))


def begin(folder: Path, kind: tuple[str, str], steps: int) -> str:
    engine, stopping = kind
    own = f"--network {folder.parent / 'net.toml'} --engine {engine} {stopping} --checkpoint-every {steps}"
    return f"train {OPTIONS} {own} --out {folder}"


def contents(folder: Path) -> tuple[object, ...]:
    """What a run has found: the lines of metrics.jsonl but for the clock, the temperature, and every bit of the
    weights, the schema, and the optimizer's and listeners' memories."""
    arrays = load_file(folder / "model.safetensors").items()
    schema = json.loads(safe_open(folder / "model.safetensors", "numpy").metadata()["schema"])
    temperature = schema["answers"]["temperature"]
    return history(folder), temperature, {name: a.tobytes() for name, a in arrays}


def complaint(code: int, said: str, signum: int) -> str:
    """What is wrong with the end of a process that was sent a signal; "" if nothing is, or it had not begun."""
    if "Traceback" in said or "Exception ignored" in said:
        return f"a traceback: {said[-300:]}"
    if code in (0, -signal.SIGKILL) or not said:
        return ""
    right = code == 128 + signum and said.count("chainrule: interrupted") == 1
    return "" if right else f"left with {code}: {said[-300:]}"


class Stopped(NamedTuple):
    """How a process that was sent a signal ended."""

    code: int
    complaint: str


class Run:
    """A training in a folder of its own, which is begun, or goes on if it was."""

    def __init__(self, done: Callable[..., int], out: Path, kind: tuple[str, str], steps: int) -> None:
        self.done, self.out, self.log, self.kind = done, out, out.parent / "log", kind
        self.first = begin(out, kind, steps)

    def words(self) -> str:
        return f"train --resume {self.out}" if begun(self.out) else self.first

    def stop(self, rng: random.Random, seconds: float) -> Stopped:
        """Let it run, and send it a signal at some moment: in a fresh process or a forked one."""
        signum, words = rng.choice(SIGNALS), self.words()
        words += f" --threads {rng.randint(1, 3)}" * (self.kind[0] == "compiled")  # BLAS's bits depend on its threads
        if rng.randrange(FRESH) == 0:
            ended = signalled(words.split(), self.out.parent, signum, [rng.uniform(0, seconds + 1)])
            code, said = ended.code, ended.err
        else:
            self.log.write_text("")
            code = self.done(f"{self.log} {words}", rng.uniform(0, seconds), signum)
            said = self.log.read_text()
        wrong = complaint(code, said, signum)
        return Stopped(code, wrong and f"{words}: {wrong}")

    def end(self) -> int:
        """Let it run to its end: the exit code."""
        return self.done(f"{self.log} {self.words()}", -1)


@campaign(
    "A training stopped by kill -9, Ctrl-C or SIGTERM, anywhere and again and again, ends with the same bits",
    tries=400,
    few=1,
)
def interrupted_runs(tally: Tally) -> None:
    stops = 0
    with tempfile.TemporaryDirectory() as name, forked(__name__) as done:
        root = Path(name)
        (root / "net.toml").write_text(NETWORK)
        whole: dict[tuple[str, str], tuple[object, float]] = {}
        for k in tally:
            rng, kind = random.Random(k), KINDS[k % len(KINDS)]
            if kind not in whole:
                whole[kind] = uninterrupted(done, root, kind)
            expected, seconds = whole[kind]
            run = Run(done, root / f"run-{k}", kind, rng.randint(1, 5))
            for _ in range(rng.randint(1, MOST_STOPS)):
                stopped = run.stop(rng, seconds)
                stops += stopped.code != 0
                tally.check(not stopped.complaint, f"run {k}: {stopped.complaint}")
            code = run.end()
            tally.check(code == 0, f"run {k}: left with {code} at the end: {run.log.read_text()[-300:]}")
            if code == 0:
                tally.check(contents(run.out) == expected, f"run {k}: another result")
            shutil.rmtree(run.out, ignore_errors=True)
    tally.notes["stops"] = f"{stops:,}"


def uninterrupted(done: Callable[..., int], root: Path, kind: tuple[str, str]) -> tuple[object, float]:
    """What such a run finds, and the seconds that it takes; the first time is slower."""
    seconds, found = 0.0, None
    for each in ("first", "second"):
        run, began = Run(done, root / each, kind, 1000), time.perf_counter()
        if run.end() != 0:
            raise RuntimeError(run.log.read_text())
        seconds, found = time.perf_counter() - began, contents(run.out)
        shutil.rmtree(run.out)
    return found, seconds
