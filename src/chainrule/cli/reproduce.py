"""chainrule reproduce: whether this machine gives the published numbers."""

import sys
import time
from dataclasses import dataclass, field
from typing import Annotated, Any

from chainrule.cli.console import Output, grid
from chainrule.cli.settings import Argument, Option
from chainrule.tasks.reproduction.published import NAMES, SAMPLES, SEED, named

DIGITS = 16  # of a hash that are shown
NAMES_HELP = f"Presets (default: all that are published: {', '.join(NAMES)})."


@dataclass(frozen=True)
class Reproduce:
    """Train presets for an epoch, and say whether their weights have the published hashes.

    The same code, data and seed give the same bits: on any processor, with any number of threads. The table that comes
    with chainrule holds a SHA-256 of each preset's weights after one epoch over 2,000 digits. Where this machine gives
    others, the first step whose weights differ is named; if it is the first of all, also what of it differs first: a
    layer's values, a gradient, an update. The exit code is 0 if all are the same, else 1.
    """

    presets: Annotated[list[str] | None, Argument(NAMES_HELP, "NAME")] = None
    threads: Annotated[int | None, Option("At most so many threads.", "N", least=1)] = None
    output: Output = field(default_factory=Output)

    def execute(self) -> int:
        from chainrule.engine.simd.isa import HAS_FMA
        from chainrule.tasks.reproduction.made_here import difference, trained  # Numba is loaded where it is used

        if not HAS_FMA:
            self.output.note(
                "this processor multiplies and adds in two steps, each rounded: other numbers are expected"
            )
        rows: list[dict[str, Any]] = []
        for name, said in named(self.presets).items():
            began = time.perf_counter()
            self.output.note(f"{name}: {len(said.steps)} steps")
            found = trained(name, self.threads)
            differs = difference(name, said, found)
            row = {"preset": name, "steps": len(found[1]), "sha256": found[0], "published": said.sha256}
            rows.append(row | {"differs": differs, "seconds": round(time.perf_counter() - began, 3)})
        others = [row for row in rows if row["differs"] is not None]
        title = "All as published" if not others else f"{len(others)} of {len(rows)} NOT as published"
        heads = "preset", "SHA-256 of w", "differs first in", "seconds"
        lines = [(row["preset"], row["sha256"][:DIGITS], row["differs"] or "", f"{row['seconds']:.1f}") for row in rows]
        values = {"reproduced": not others, "samples": SAMPLES, "seed": SEED, "presets": rows}
        self.output.result(values, grid(title, heads, lines, words=3))
        if not others:
            return 0
        told = "; ".join(f"{row['preset']} differs first in {row['differs']}" for row in others)
        print(f"chainrule: not as published: {told}", file=sys.stderr)
        return 1
