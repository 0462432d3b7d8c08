"""Renews the table of published hashes, and the page that shows it:

    python -m chainrule.tasks.reproduction.renew docs/reproducible.md "why the numbers are others now"

That breaks a promise: whoever compares with an older version finds other numbers. So it needs a reason, which is kept
in the table and shown by the page: a bug that changed results, or a kernel whose sums have another order. A change that
should not change results, and does, is no reason, but a bug.
"""

import json
import sys
from pathlib import Path

from chainrule.base.version import __version__
from chainrule.base.writing import write_bytes
from chainrule.tasks.reproduction.made_here import renewed
from chainrule.tasks.reproduction.published import NAMES, SAMPLES, SEED, TABLE

BEGIN, END = "<!-- made by chainrule.tasks.reproduction.renew -->", "<!-- until here -->"


def page(text: str) -> str:
    """The page with the table as it is now."""
    before, _, after = text.partition(BEGIN)
    return f"{before}{BEGIN}\n{shown()}{END}{after.partition(END)[2]}"


def shown() -> str:
    """The table, in Markdown."""
    table = json.loads(TABLE.read_text(encoding="utf-8"))
    lines = [f"| preset | steps | SHA-256 after an epoch over {SAMPLES:,} digits, seed {SEED} |", "| --- | --- | --- |"]
    lines += [f"| `{name}` | {len(each['steps'])} | `{each['sha256']}` |" for name, each in table["presets"].items()]
    return "\n".join([*lines, "", "Renewed:", "", *(f"* {reason}" for reason in table["reasons"]), ""])


def main(arguments: list[str]) -> int:
    """Renew both; the exit code."""
    if len(arguments) != 2 or not arguments[1].strip():
        print(__doc__, file=sys.stderr)
        return 2
    where = Path(arguments[0])
    text = where.read_text(encoding="utf-8")
    if BEGIN not in text or END not in text:
        print(f"{where}: has no {BEGIN} ... {END}", file=sys.stderr)
        return 2
    print(f"training {', '.join(NAMES)}", file=sys.stderr)
    write_bytes(TABLE, (json.dumps(renewed(arguments[1], __version__), indent=1) + "\n").encode())
    write_bytes(where, page(text).encode())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
