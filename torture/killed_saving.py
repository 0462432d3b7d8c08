"""kill -9 at random moments while a model is saved again and again."""

import random
import tempfile
import time
from pathlib import Path

import numpy as np

from chainrule.base.temporary import remove_left
from chainrule.exchange.checkpoint import Checkpoint
from chainrule.exchange.model_file import load_checkpoint, save_checkpoint
from chainrule.layers import Linear
from chainrule.network.network import Network
from torture.campaign import Tally, campaign
from torture.forks import KILLED, forked

NAMES = "model.safetensors", "previous.safetensors"
SAVES = 5  # of a process that is not killed before


def work(text: str) -> None:
    """Save a model whose weights are the number of its save, from one number on: "number folder"."""
    first, _, folder = text.partition(" ")
    for epoch in range(int(first), int(first) + SAVES):
        save(Path(folder), epoch)


def save(folder: Path, epoch: int) -> None:
    network = Network([Linear(100)], 500)
    network.w[:] = epoch
    model, previous = (folder / name for name in NAMES)
    save_checkpoint(model, Checkpoint(network, np.empty((0, network.size)), epoch=epoch, step=epoch), previous=previous)


def saved(path: Path) -> int:
    """Of which save a file is; ModelError if it is not whole, ValueError if it is of two."""
    checkpoint = load_checkpoint(path)
    if not (checkpoint.network.w == checkpoint.epoch).all():
        raise ValueError(f"{path}: its weights are not those of its epoch")
    return checkpoint.epoch


@campaign("A model being saved survives kill -9: both checkpoints are whole, and nothing is left", tries=1200, few=20)
def killed_saving(tally: Tally) -> None:
    halves = last = kills = 0
    with tempfile.TemporaryDirectory() as name, forked(__name__) as done:
        folder = Path(name)
        model, previous = (folder / each for each in NAMES)
        for first in (1, 1 + SAVES):  # the first time is slower
            began = time.perf_counter()
            done(f"{first} {name}", -1)
            seconds = time.perf_counter() - began
        for k in tally:
            last = saved(model)
            ended = done(f"{last + 1} {name}", random.Random(k).uniform(0, seconds))
            tally.check(ended in (KILLED, 0), f"kill {k}: the process failed")
            kills += ended == KILLED
            try:
                newest, older = saved(model), saved(previous)
            except Exception as error:
                tally.check(False, f"kill {k}: {error}")
                continue
            tally.check(newest >= last and older in (newest, newest - 1), f"kill {k}: {older} is behind {newest}")
            halves += len(list(folder.iterdir())) > len(NAMES)
            remove_left(folder)
            tally.check(sorted(each.name for each in folder.iterdir()) == [*NAMES], f"kill {k}: something is left")
        tally.notes |= {"saves": f"{saved(model):,}", "kills": f"{kills:,}", "amid the writing": f"{halves:,}"}
