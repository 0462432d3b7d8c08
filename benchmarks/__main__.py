"""`python -m benchmarks`: measure, and write it down."""

import argparse
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks.alternate import measure
from benchmarks.machine import machine
from benchmarks.processes import PROCESSES
from benchmarks.qualify import Options
from benchmarks.report import report
from benchmarks.results import Result
from benchmarks.validate import Disagreement
from benchmarks.worker import CannotRun
from benchmarks.works import WORKS

DEFAULTS = Options()


def arguments() -> argparse.Namespace:
    names = [*(work.name for work in WORKS), *PROCESSES]
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="chainrule against its peers.")
    parser.add_argument("--only", action="append", choices=names, help="only this work; may be given again")
    parser.add_argument("--rounds", type=int, default=DEFAULTS.rounds, help="runs of each contestant (%(default)s)")
    parser.add_argument("--seconds", type=float, default=DEFAULTS.seconds, help="of one run, about (%(default)g)")
    parser.add_argument("--whole", action="store_true", help="rivals train whole epochs: an hour and more")
    parser.add_argument("--samples", type=int, help="train on the first N digits only: to try the benchmark itself")
    parser.add_argument("--configurations", default="", metavar="WORDS", help='of PyTorch, only those with: "eager"')
    parser.add_argument(
        "--patience", type=float, default=DEFAULTS.patience, help="seconds for one answer (%(default)g)"
    )
    parser.add_argument("--out", type=Path, help="write the results to this file; default: to stdout")
    return parser.parse_args()


def main() -> None:
    chosen, here = arguments(), machine()
    options = Options(
        chosen.rounds, chosen.seconds, chosen.samples, chosen.whole, chosen.patience, chosen.configurations
    )
    works: dict[str, Callable[[Options], Result]] = {work.name: partial(measure, work) for work in WORKS}
    results, failures = [], []
    for name, work in (works | PROCESSES).items():
        if not chosen.only or name in chosen.only:
            try:
                results.append(work(options))
            except (CannotRun, Disagreement) as error:
                failures.append(f"{name}: {error}")
                print(f"  chainrule cannot run it: {error}", flush=True)
    text = report(results, here, options, failures)
    if chosen.out:
        chosen.out.write_text(text, encoding="utf-8")
    else:
        print(text)


if __name__ == "__main__":
    main()
