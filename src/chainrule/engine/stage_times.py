"""How long each stage of a forward pass takes."""

from collections import defaultdict
from statistics import median
from typing import TYPE_CHECKING

import numpy as np

from chainrule.engine.runtime.program import INPUT
from chainrule.engine.runtime.stopwatch import Stopwatch
from chainrule.network.engine import LayerTime

if TYPE_CHECKING:
    from chainrule.engine.compiled import Compiled


def stage_times(engine: "Compiled", watch: Stopwatch, x: np.ndarray, runs: int) -> list[LayerTime]:
    """Of an engine that the watch times: medians over so many runs, after one that compiles."""
    w, groups = engine.layout.pack(engine.network.w), engine.lowering.groups
    for k in range(1 + runs):
        engine.outputs(w, x, unchanged=k > 0)
    totals: list[dict[int | str, float]] = []
    for timed in watch.runs[1:]:
        totals.append(defaultdict(float))
        for unit, seconds in timed.items():
            totals[-1][watch.owners[unit].stage] += seconds
    names = {INPUT: ()} | {k: tuple(node.name for node in group.nodes) for k, group in enumerate(groups)}
    return [
        LayerTime(each, max(median(total[owner] for total in totals), 0.0) / len(x)) for owner, each in names.items()
    ]
