"""Ctrl-C, SIGTERM and SIGHUP at random moments of every command, once or twice."""

import random
import signal
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

import chainrule as cr
from torture.campaign import Tally, campaign
from torture.signalled import signalled, start

SIGNALS = signal.SIGINT, signal.SIGTERM, signal.SIGHUP
TRAIN = "train --preset mlp --train-data-size 640 --test-data-size 100 --epochs 4"
COMMANDS = [
    TRAIN,
    f"{TRAIN} --validation 0.2 --early-stopping 1 --checkpoint-every 2 --quiet",
    f"{TRAIN} --engine reference --json",
    "predict model.safetensors pictures",
    "evaluate model.safetensors --data digits.npz --report report.html",
    "export model.safetensors model.npz",
    "regress table.csv --compare gd,sgd",
    "gradcheck --preset mlp",
    "info --preset mnist --plan",
    "bench --preset mlp --after 0 --warmup 0 --steps 3",
    "runs",
]


def prepare(folder: Path) -> None:
    """A model, pictures, digits and a table for the commands."""
    network, digits = cr.preset("mlp").network(), cr.data.mnist("test").head(20)
    network.save(folder / "model.safetensors")
    np.savez(folder / "digits.npz", x=digits.x, t=digits.t)
    (folder / "pictures").mkdir()
    for k, picture in enumerate(digits.x[:, 0]):
        Image.fromarray(np.asarray(picture)).save(folder / "pictures" / f"{k}.png")
    (folder / "table.csv").write_text("a,b\n1,2\n2,4\n3,5\n4,8\n")


@campaign(
    "Ctrl-C, SIGTERM or SIGHUP at any moment ends every command quietly: one word, no traceback, the right exit code",
    tries=400,
    few=3,
)
def interrupted_commands(tally: Tally) -> None:
    stopped = 0
    with tempfile.TemporaryDirectory() as name:
        folder, taken = Path(name), dict[str, float]()
        prepare(folder)
        for k in tally:
            rng, words = random.Random(k), COMMANDS[k % len(COMMANDS)]
            if words not in taken:  # the first time is slower
                began = time.perf_counter()
                _, err = start(words.split(), folder).communicate()
                taken[words] = time.perf_counter() - began
                tally.check("Traceback" not in err, f"{words}: {err[-300:]}")
            own = [*words.split(), "--out", f"run-{k}"] if words.startswith("train") else words.split()
            signum = rng.choice(SIGNALS)
            delays = [rng.uniform(0, taken[words]), *[rng.uniform(0, 0.2)] * rng.randrange(2)]
            ended = signalled(own, folder, signum, delays)
            wrong = ended.complaint(signum)
            tally.check(not wrong, f"try {k}: {' '.join(own)}, {signal.Signals(signum).name} after {delays}: {wrong}")
            stopped += ended.code != 0
    tally.notes["stopped before their end"] = f"{stopped:,}"
