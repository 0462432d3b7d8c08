"""kill -9 at random moments of `chainrule train`, and of its --resume, as often as it takes."""

import json
import os
import random
import sys
import tempfile
import time
from pathlib import Path

from chainrule.cli import run
from chainrule.cli.recorded import BY_CLOCK
from chainrule.exchange.model_file import load_checkpoint
from torture.campaign import Tally, campaign
from torture.forks import KILLED, forked

MOST_KILLS = 3  # of one run, before it may end
TABLE = "a,b,answer\n" + "".join(f"{k % 7},{k % 5},{'yes' if k % 7 > 3 else 'no'}\n" for k in range(60))
FILES = ["config.toml", "losses.jsonl", "metrics.jsonl", "model.safetensors", "previous.safetensors", "report.html"]
EPOCHS = 12


def work(folder: str) -> None:
    """Train in the folder, or go on with what was begun there."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 2)
    sys.stdout = sys.stderr
    data = ["--data", str(Path(folder).parent / "table.csv"), "--engine", "reference", "--epochs", str(EPOCHS)]
    os._exit(run(["train", "--resume", folder] if begun(Path(folder)) else ["train", *data, "--out", folder]))


def begun(folder: Path) -> bool:
    """Whether there is something to go on from."""
    return any((folder / name).exists() for name in ("model.safetensors", "initial.safetensors"))


def history(folder: Path) -> tuple[list[dict[str, object]], list[float]]:
    """The lines of metrics.jsonl, without what a clock decides, and the loss of each update."""
    epochs, losses = (
        [json.loads(line) for line in (folder / name).read_text().splitlines()]
        for name in ("metrics.jsonl", "losses.jsonl")
    )
    exact = [{key: value for key, value in line.items() if key not in BY_CLOCK} for line in epochs]
    return exact, [loss for line in losses for loss in line["losses"]]


@campaign(
    "A training killed by kill -9, again and again, goes on to the same bits with its whole history", tries=200, few=2
)
def killed_training(tally: Tally) -> None:
    kills = 0
    with tempfile.TemporaryDirectory() as name, forked(__name__) as done:
        folder = Path(name)
        (folder / "table.csv").write_text(TABLE)
        whole, seconds = folder / "whole", 0.0
        for each in (folder / "warm", whole):  # the first is slower
            began = time.perf_counter()
            tally.check(done(str(each), -1) == 0, "the run that is not killed fails")
            seconds = time.perf_counter() - began
        for k in tally:
            rng, out = random.Random(k), folder / f"run-{k}"
            for _ in range(rng.randint(1, MOST_KILLS)):
                ended = done(str(out), rng.uniform(0, seconds))
                tally.check(ended in (KILLED, 0), f"run {k}: left with {ended} between kills")
                kills += ended == KILLED
            ended = done(str(out), -1)
            tally.check(ended == 0, f"run {k}: left with {ended} at the end")
            if ended == 0:
                tally.check(history(out) == history(whole), f"run {k}: another history")
                tally.check(bits(out) == bits(whole), f"run {k}: other weights")
                tally.check(sorted(os.listdir(out)) == FILES, f"run {k}: {sorted(os.listdir(out))} are left")
    tally.notes["kills"] = f"{kills:,}"


def bits(folder: Path) -> bytes:
    return load_checkpoint(folder / "model.safetensors").network.w.tobytes()
