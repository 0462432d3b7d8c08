"""Whole steps of random networks, whose arrays touch pages that nobody may read or write: by the machine's vectors, and
by AVX2's."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from torture.campaign import Tally, campaign

ROOT = Path(__file__).parents[1]
AT_ONCE = 25  # networks of a process
AVX2 = "sse sse2 sse3 ssse3 sse4.1 sse4.2 popcnt avx avx2 fma bmi bmi2 lzcnt"
NARROW = {"NUMBA_CPU_NAME": "haswell", "NUMBA_CPU_FEATURES": ",".join(f"+{name}" for name in AVX2.split())}


def run(first: int, last: int, variables: dict[str, str]) -> tuple[int, list[str], str]:
    """A process that makes those tries: its exit status, its lines, and the last of what it said on stderr."""
    path = os.pathsep.join([str(ROOT), str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, "-m", "torture.guards", str(first), str(last)]
    environment = os.environ | {"PYTHONPATH": path} | variables
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout.splitlines(), "".join(done.stderr.splitlines()[-1:])


def faults(first: int, last: int, variables: dict[str, str]) -> Iterator[str]:
    """What went wrong in those tries; one that ends its process is passed over."""
    while first < last:
        status, lines, said = run(first, last, variables)
        yield from (f"network {first}, {variables}: {line}" for line in lines if not line.isdecimal())
        reached = [int(line) for line in lines if line.isdecimal()]
        if status == 0:
            return
        first = max(reached, default=first)
        yield f"network {first}, {variables}: its process ended with {status} {said}"
        first += 1


@campaign(
    "No step of a random network reads or writes beside an array: engine's or user's, with AVX-512 or AVX2",
    tries=2000,
    few=1,
)
def guarded_steps(tally: Tally) -> None:
    first = 0
    for k in tally:
        if k + 1 == tally.tries or (k + 1) % AT_ONCE == 0:
            variables = NARROW if k // AT_ONCE % 2 else {}
            for fault in faults(first, k + 1, variables):
                tally.check(False, fault)
            first = k + 1
