"""Every option of every command is given what it cannot be, or can hardly be."""

import random
import shutil
from collections.abc import Iterator
from dataclasses import MISSING
from typing import get_args

from chainrule.cli.app import COMMANDS
from chainrule.cli.commands import name_of
from chainrule.cli.settings import Argument, Leaf, leaves
from torture.campaign import Tally, campaign
from torture.commands import fault, workplace

NASTY = (
    "", " ", "nan", "inf", "-inf", "-1", "0", "-0.0", "1e309", "1e-400", "1e300", "9" * 30, "0.5",
    "99999999999999999999", "abc", "x" * 5000, "x" * 200_000,
    "é" * 300, "\udcff", "\x1b[31mred", "\x9b31m", "a\u202eb", "\u200b", "--x", "--1",
    "-x", "a\0b", "a\nb", "²", "٣", "1,2", "0,0", "1,nan", "0x10", "1_000", "None", "[]", "{}", "a=b", "shift=nan",
    "shift=1e300", "28x28", "0x0", "99999999999x99999999999", "²x²", ".", "..", "/", "~", "folder", "pipe", "t.csv",
    "net.toml", "run", "run/model.safetensors", "/dev/null", "/dev/full", "/dev/zero", "nowhere/else", "t.csv/x",
)  # fmt: skip
BASE = {
    "train": ["--data", "t.csv", "--network", "net2.toml", "--epochs", "1", "--engine", "reference", "--quiet"],
    "evaluate": ["run", "--data", "t.csv"],
    "predict": ["run", "t.csv"],
    "runs": ["run"],
    "verify": ["run"],
    "explain": ["run", "--export", "page.html"],
    "export": ["run", "--pytorch", "made.safetensors"],
    "import": ["state.safetensors", "--out", "made.safetensors", "--network", "net.toml"],
    "regress": ["--epochs", "3"],
    "gradcheck": ["--network", "net.toml"],
    "info": ["--network", "net.toml"],
    "bench": ["--preset", "none"],  # whose numbers are looked at before
    "reproduce": ["none"],  # likewise
    "20vgg": ["--cifar_data", "t.csv"],  # likewise
}
"""Command lines that are right, and quick."""
LONG = 15.0
"""The CPU time that one may take: some of the values are right, as 1,000 epochs are."""


def attempts() -> list[list[str]]:
    """All command lines, in an order that is drawn once."""
    found = [line for kind in COMMANDS for leaf in leaves(kind) for line in lines(name_of(kind), leaf)]
    random.Random(11).shuffle(found)
    return found


def lines(command: str, leaf: Leaf) -> Iterator[list[str]]:
    """A command's line with one option or argument of each value."""
    base = BASE[command]
    if isinstance(leaf.option, Argument):
        place = ["model", "inputs"].index(leaf.name) if leaf.default is MISSING and leaf.name == "inputs" else 0
        for value in NASTY:
            yield [command, *base[:place], value, *base[place + (base[place : place + 1] != ["--epochs"]) :]]
    elif bool in (get_args(leaf.type) or (leaf.type,)):
        yield [command, *base, *leaf.flags[:1]]
        yield [command, *base, f"{leaf.flags[0]}=x"]
    else:
        for k, value in enumerate(NASTY):
            given = [f"{leaf.flags[0]}={value}"] if k % 2 else [leaf.flags[0], value]
            kept = [each for at, each in enumerate(base) if leaf.flags[0] not in base[max(0, at - 1) : at + 1]]
            yield [command, *kept, *given]


@campaign(
    "Whatever an option of a command is given, it ends in seconds, with a line and no traceback", tries=9000, few=60
)
def options(tally: Tally) -> None:
    everything = attempts()
    tally.tries = min(tally.tries, len(everything))
    with workplace() as folder:
        kept = set(folder.iterdir())
        for k in tally:
            new = everything[k][0] == "train" and not any(
                "--out" in each or "--resume" in each for each in everything[k]
            )
            line = [*everything[k], *(["--out", "made"] if new else [])]
            wrong = fault(line, seconds=LONG)
            tally.check(not wrong, f"{' '.join(map(repr, line))[:300]}: {wrong}")
            for made in set(folder.iterdir()) - kept:
                shutil.rmtree(made) if made.is_dir() else made.unlink()
