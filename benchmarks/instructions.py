"""Instructions of a training step, beside those of another revision: python -m benchmarks.instructions [PRESET ...].

callgrind counts them (valgrind has to be installed), so that the figures hardly depend on what else the machine does.
It knows no AVX-512: kernels are compiled for AVX2. Both revisions train on one thread; start-up and binding cancel.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks import counted

ROOT = Path(__file__).parents[1]
BEFORE = "0ed3712"  # the last revision before "It cannot be broken", which may cost 1 % at most
FEATURES = "sse sse2 sse3 ssse3 sse4.1 sse4.2 popcnt avx avx2 fma bmi bmi2 lzcnt"
PRESETS = "mnist", "mlp", "lecture"
DUMPED = re.compile(r"^desc: Trigger: Client Request: (\w+) (\d+)$.*?^(?:summary|totals): (\d+)$", re.M | re.S)


def environment(source: Path) -> dict[str, str]:
    """Of a process that trains by that source: AVX2, one thread, nothing that differs from run to run."""
    features = ",".join(f"+{name}" for name in FEATURES.split())
    own = {"PYTHONPATH": str(source), "NUMBA_CPU_NAME": "haswell", "NUMBA_CPU_FEATURES": features}
    return os.environ | own | {"OPENBLAS_NUM_THREADS": "1", "PYTHONHASHSEED": "0"}


def instructions(source: Path, presets: list[str]) -> dict[str, float]:
    """Those of a training step, by preset. RuntimeError, with what it said, if the process fails."""
    script = [sys.executable, counted.__file__, *presets]
    with tempfile.TemporaryDirectory() as folder:
        callgrind = ["valgrind", "--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={folder}/counts"]
        for command in (script, [*callgrind, *script]):  # the first one compiles and keeps kernels
            done = subprocess.run(command, env=environment(source), capture_output=True, text=True, check=False)
            if done.returncode:
                raise RuntimeError(f"{command[0]} ended with {done.returncode}:\n{done.stderr}")
        found = {}
        for path in Path(folder).iterdir():
            for name, batches, total in DUMPED.findall(path.read_text()):
                found[name, int(batches)] = int(total)
    steps = counted.MORE - counted.FEW
    return {name: (found[name, counted.MORE] - found[name, counted.FEW]) / steps for name in presets}


def source_of(revision: str, folder: Path) -> Path:
    """The package's sources as of that revision, put into the folder."""
    archive = subprocess.run(["git", "archive", revision, "src"], cwd=ROOT, stdout=subprocess.PIPE, check=True)
    subprocess.run(["tar", "x", "-C", str(folder)], input=archive.stdout, check=True)
    return folder / "src"


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m benchmarks.instructions", description=__doc__)
    options.add_argument("presets", nargs="*", metavar="PRESET", help=f"default: {', '.join(PRESETS)}")
    options.add_argument("--base", default=BEFORE, help="the revision to compare the working tree with")
    given = options.parse_args()
    presets: list[str] = given.presets or [*PRESETS]
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as both:
        sources = source_of(given.base, Path(folder)), ROOT / "src"
        base, ours = both.map(lambda source: instructions(source, presets), sources)
    for name in presets:
        change = ours[name] / base[name] - 1
        print(f"{name}: {ours[name]:,.0f} instructions a step, {given.base}: {base[name]:,.0f} ({change:+.2%})")


if __name__ == "__main__":
    main()
