"""Fuzzing: a reader is given bytes of every kind, and must answer or say in a typed line why not.

    @fuzzed("an IDX file", seeds=[write(np.arange(6)), ...])
    def idx(data: bytes) -> None:
        parse_idx(data, "fuzzed")

enters the campaign `fuzz_idx`. Its many tries are made by atheris, which looks for bytes that reach new lines of the
readers, in a process of its own (`torture/guided.py`); the few of the tests are seeds with plain mutations.
"""

import random
import resource
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from chainrule.base.errors import ChainruleError, DataWarning
from torture.campaign import Campaign, Tally, campaign

SECONDS, MEMORY = 1.0, 64 << 20
"""The CPU time that a try may take, and by how many bytes it may raise the process's peak."""
SEED = 11


@dataclass(frozen=True)
class Target:
    """What is fuzzed: a function of a file's bytes, and some files to begin with."""

    name: str
    read: Callable[[bytes], object]
    seeds: Sequence[bytes]

    def fault(self, data: bytes) -> str | None:
        """What is wrong with how these bytes are read, in a line; None for an answer, or a typed error of one line."""
        began, peak, wrong = time.thread_time(), peak_memory(), None
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            try:
                self.read(data)
            except ChainruleError as error:
                wrong = f"an error of many lines: {error}" if "\n" in str(error) else None
            except Exception as error:
                *_, last = traceback.extract_tb(error.__traceback__)
                wrong = f"{type(error).__name__} at {Path(last.filename).name}:{last.lineno}: {error}"
        strange = [each for each in said if each.category is not DataWarning]
        took, more = time.thread_time() - began, peak_memory() - peak
        if strange:
            wrong = wrong or f"{strange[0].category.__name__}: {strange[0].message}"
        if took > SECONDS:
            wrong = wrong or f"took {took:.1f} s"
        if more > MEMORY:
            wrong = wrong or f"took {more >> 20} MiB"
        return wrong and " ".join(wrong.split())


TARGETS: dict[str, Target] = {}


def fuzzed(
    what: str, *, seeds: Sequence[bytes], tries: int = 1_000_000, few: int = 100
) -> Callable[[Callable[[bytes], object]], Campaign]:
    """Enter a function of a file's bytes as a target of its name, and the campaign that fuzzes it.

    what: what the bytes should be, in the words of the promise.
    """

    def enter(read: Callable[[bytes], object]) -> Campaign:
        target = TARGETS[read.__name__] = Target(read.__name__, read, seeds)

        def attack(tally: Tally) -> None:
            blindly(target, tally) if tally.tries <= few else guided(target, tally)

        attack.__name__ = f"fuzz_{target.name}"
        return campaign(f"Any bytes given as {what} are read, or refused in one line", tries=tries, few=few)(attack)

    return enter


def blindly(target: Target, tally: Tally) -> None:
    """Try seeds with mutations that are drawn."""
    for k in tally:
        data = mutated(target.seeds, random.Random(k))
        wrong = target.fault(data)
        tally.check(not wrong, f"try {k}, {data[:80]!r}: {wrong}")


def guided(target: Target, tally: Tally) -> None:
    """Try what atheris makes of the seeds, in a process of its own, which a crash ends."""
    with tempfile.TemporaryDirectory() as corpus:
        for k, seed in enumerate(target.seeds):
            Path(corpus, f"{k:04}").write_bytes(seed)
        command = [sys.executable, "-m", "torture.guided", target.name, corpus, str(tally.tries), str(SEED)]
        ended = subprocess.run(command, capture_output=True, text=True, errors="replace", cwd=Path(__file__).parents[1])
    made = [line.split()[1] for line in ended.stderr.splitlines() if line.startswith("Done ")]
    tally.made = int(made[0]) if made else 0
    tally.failures += ended.stdout.splitlines()
    tally.check(ended.returncode == 0 and made, f"{target.name}: ended with {ended.returncode}: {ended.stderr[-300:]}")


def mutated(seeds: Sequence[bytes], draw: random.Random) -> bytes:
    """A seed in which some bits, bytes or stretches are others, or are missing, or come twice."""
    data = bytearray(draw.choice(seeds))
    for _ in range(draw.randint(1, 4)):
        at, length = draw.randrange(len(data) + 1), draw.choice((1, 2, 4, 16, 64))
        match draw.randrange(5):
            case 0 if at < len(data):
                data[at] ^= 1 << draw.randrange(8)
            case 1:
                data[at : at + length] = draw.choice((b"\0", b"\xff", b"\x7f", b"9")) * length
            case 2:
                del data[at : at + length]
            case 3:
                data[at:at] = data[at : at + length]
            case _:
                other = draw.choice(seeds)
                start = draw.randrange(len(other) + 1)
                data[at : at + length] = other[start : start + length]
    return bytes(data)


def peak_memory() -> int:
    """The bytes that the process has had in memory at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10
