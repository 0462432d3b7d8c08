"""python -m torture.guided TARGET CORPUS RUNS SEED: fuzz one target by atheris, guided by the lines that it reaches.

CORPUS is a folder of files to begin with, and gets those that reach something new. What is wrong is printed, once for
each place. libFuzzer ends the process, by 0 when all runs are made.
"""

import importlib
import sys
from pathlib import Path

INSTRUMENTED = ["chainrule", "PIL", "numpy.lib._format_impl", "zipfile", "csv", "json", "tomllib", "ast", "safetensors"]
"""The modules whose lines and comparisons guide the search."""
LONGEST = 4096
"""Bytes of a try at most."""
HANGS, SWELLS = 60, 4096
"""Seconds, and megabytes in all, that end the process."""


def main(name: str, corpus: str, runs: str, seed: str) -> None:
    atheris = importlib.import_module("atheris")  # which only the extra "torture" installs
    with atheris.instrument_imports(include=INSTRUMENTED):
        from torture.__main__ import load
        from torture.fuzzing import TARGETS

        load()
    target, known = TARGETS[name], set()

    def attempt(data: bytes) -> None:
        wrong = target.fault(data)
        place = wrong and wrong.partition(": ")[0]
        if place not in known | {None}:
            known.add(place)
            print(f"{name}: {wrong}: {data[:300]!r}", flush=True)

    length = max([LONGEST, *(path.stat().st_size for path in Path(corpus).iterdir())])
    limits = [f"-max_len={length}", f"-timeout={HANGS}", f"-rss_limit_mb={SWELLS}"]
    options = [f"-runs={runs}", f"-seed={seed}", f"-artifact_prefix={corpus}/", *limits]
    atheris.Setup([sys.argv[0], corpus, *options], attempt)
    atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
