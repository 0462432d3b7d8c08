"""python -m torture [NAME ...] [--list] [--tries N [--keep]]: run campaigns, print their figures, keep those of all."""

import argparse
import importlib
import pkgutil
import sys

import torture
from torture.campaign import CAMPAIGNS, SHOWN
from torture.figures import record


def load() -> None:
    """Import every campaign's file, which enters it."""
    for module in pkgutil.iter_modules(torture.__path__):
        if module.name != "__main__":
            importlib.import_module(f"torture.{module.name}")


def main() -> int:
    load()
    options = argparse.ArgumentParser(prog="torture", description=__doc__)
    options.add_argument("names", nargs="*", metavar="NAME", help="campaigns; none given: all")
    options.add_argument("--list", action="store_true", help="print their names and promises, and leave")
    options.add_argument("--tries", type=int, help="instead of each campaign's own")
    options.add_argument("--keep", action="store_true", help="keep the figures of --tries, too")
    given = options.parse_args()
    unknown = set(given.names) - CAMPAIGNS.keys()
    if unknown:
        options.error(f"there is no campaign {min(unknown)}; expected some of {', '.join(sorted(CAMPAIGNS))}")
    chosen = [CAMPAIGNS[name] for name in given.names or sorted(CAMPAIGNS)]
    if given.list:
        print(*(f"{each.name}: {each.promise} ({each.tries:,} tries)" for each in chosen), sep="\n")
        return 0
    broken = 0
    for each in chosen:
        tally, seconds = each(given.tries)
        broken += len(tally.failures)
        count = f"{tally.made:,} tried, {len(tally.failures):,} broken, {seconds:.0f} s"
        print(f"{each.name}: {count}", *(f"{name}: {value}" for name, value in tally.notes.items()), sep=", ")
        print(*tally.failures[:SHOWN], sep="\n", end="\n" * bool(tally.failures), flush=True)
        if given.tries is None or given.keep:
            record(each, tally)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
