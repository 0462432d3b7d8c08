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

from safetensors import safe_open
from safetensors.numpy import load_file

from torture.campaign import Tally, campaign
from torture.forks import forked
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
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    told = [{key: value for key, value in line.items() if "second" not in key} for line in lines]
    arrays = load_file(folder / "model.safetensors").items()
    schema = json.loads(safe_open(folder / "model.safetensors", "numpy").metadata()["schema"])
    temperature = schema["answers"]["temperature"]
    return told, temperature, {name: a.tobytes() for name, a in arrays}


def complaint(code: int, said: str, signum: int) -> str:
    """What is wrong with the end of a process that was sent a signal; "" if nothing is, or it had not begun."""
    if "Traceback" in said or "Exception ignored" in said:
        return f"a traceback: {said[-300:]}"
    if code in (0, -signal.SIGKILL) or not said:
        return ""
    right = code == 128 + signum and said.count("chainrule: interrupted") == 1
    return "" if right else f"left with {code}: {said[-300:]}"


@campaign(
    "A training stopped by kill -9, Ctrl-C or SIGTERM, anywhere and again and again, ends with the same bits",
    tries=400,
    few=1,
)
def interrupted_runs(tally: Tally) -> None:
    stops = 0
    with tempfile.TemporaryDirectory() as name, forked(__name__) as done:
        root, log = Path(name), Path(name, "log")
        (root / "net.toml").write_text(NETWORK)
        whole: dict[tuple[str, str], tuple[object, float]] = {}
        for k in tally:
            rng = random.Random(k)
            kind, out = KINDS[k % len(KINDS)], root / f"run-{k}"
            if kind not in whole:
                whole[kind] = uninterrupted(done, root, kind)
            expected, seconds = whole[kind]
            line = begin(out, kind, rng.randint(1, 5))
            for _ in range(rng.randint(1, MOST_STOPS)):
                signum, threads = rng.choice(SIGNALS), rng.randint(1, 3)
                again = any((out / file).exists() for file in ("model.safetensors", "initial.safetensors"))
                words = f"train --resume {out}" if again else line
                words += f" --threads {threads}" * (kind[0] == "compiled")  # BLAS's bits depend on its threads
                if rng.randrange(FRESH) == 0:
                    ended = signalled(words.split(), root, signum, [rng.uniform(0, seconds + 1)])
                    code, said = ended.code, ended.err
                else:
                    log.write_text("")
                    code = done(f"{log} {words}", rng.uniform(0, seconds), signum)
                    said = log.read_text()
                stops += code != 0
                wrong = complaint(code, said, signum)
                tally.check(not wrong, f"run {k}: {words}: {wrong}")
            again = any((out / file).exists() for file in ("model.safetensors", "initial.safetensors"))
            code = done(f"{log} {f'train --resume {out}' if again else line}", -1)
            tally.check(code == 0, f"run {k}: left with {code} at the end: {log.read_text()[-300:]}")
            if code == 0:
                tally.check(contents(out) == expected, f"run {k}: another result")
            shutil.rmtree(out, ignore_errors=True)
    tally.notes["stops"] = f"{stops:,}"


def uninterrupted(done: Callable[..., int], root: Path, kind: tuple[str, str]) -> tuple[object, float]:
    """What such a run finds, and the seconds that it takes; the first time is slower."""
    seconds = 0.0
    for each in ("first", "second"):
        out, began = root / each, time.perf_counter()
        if done(f"{root / 'log'} {begin(out, kind, 1000)}", -1) != 0:
            raise RuntimeError((root / "log").read_text())
        seconds, found = time.perf_counter() - began, contents(out)
        shutil.rmtree(out)
    return found, seconds
