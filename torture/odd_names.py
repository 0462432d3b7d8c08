"""Names of files and folders that hold anything that a name may hold, at the command line."""

import os
import random
import tempfile
from contextlib import chdir
from pathlib import Path

from torture.campaign import Tally, campaign
from torture.commands import executed
from torture.killed_training import TABLE

LONGEST = 255  # bytes of a name
PIECES = [
    *"aB7 .-~$%&*?!#;:|<>()[]{}'\"`\\,=+@^_\t\n\r\x1b\x01\x7f", "--out", "-q", "日本", "ö", "o\u0308", "😀", "\u202e",
    "\u2028", "\xa0", "%s", "{x}", "[red]", "\x1b[31m", "$(x)", "CON", b"\xff", b"\xc3", b"\xed\xa0\x80",
]  # fmt: skip


def name_of(rng: random.Random) -> str:
    """A name, seldom one as long as it can be."""
    name, longest = b"", LONGEST if rng.random() < 0.2 else rng.randint(1, 40)
    while len(name) < longest:
        piece = rng.choice(PIECES)
        name += piece if isinstance(piece, bytes) else piece.encode()
    return os.fsdecode(name[:longest])


def called(name: str, ending: str) -> str:
    """The name with an ending, no longer than names may be."""
    while len(os.fsencode(name + ending)) > LONGEST:
        name = name[:-1]
    return name + ending


@campaign("Names that hold anything: the right file is written and read, errors are one line", tries=200, few=1)
def odd_names(tally: Tally) -> None:
    for k in tally:
        name = name_of(random.Random(k))
        data, picture, report, answers = (called(name, end) for end in (".csv", ".svg", ".html", "2.csv"))
        missing = called(name, "?" if name.endswith("!") else "!")  # cut off, a long name might be itself
        begun = "train", f"--data=./{data}", "--engine=reference", "--epochs=1", f"--out=./{name}"
        with tempfile.TemporaryDirectory() as folder, chdir(folder):
            Path(data).write_text(TABLE)
            for line in (
                (*begun, f"--plot=./{picture}"),
                ("train", f"--resume=./{name}", "--epochs=2"),
                ("evaluate", f"--data=./{data}", f"--report=./{report}", "--", f"./{name}"),
                ("predict", f"--csv=./{answers}", "--", f"./{name}", f"./{data}"),
                ("runs", "--", name),
            ):
                code, _, said = executed([*line])
                tally.check(code == 0, f"{name!a}: {line[0]} leaves with {code}: {said!a}")
            made = {name, data, picture, report, answers}
            tally.check(set(os.listdir()) == made, f"{name!a}: {os.listdir()!a}")
            for line in (("evaluate", "--", missing), ("predict", "--", name, missing), ("train", f"--data={missing}")):
                code, _, said = executed([*line])
                tally.check(code == 4, f"{missing!a}: {line[0]} leaves with {code}")
                tally.check(len(said.splitlines()) == 1, f"{missing!a}: {line[0]} says {said!a}")
