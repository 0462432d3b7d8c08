"""How long each stage of a forward pass takes."""

from collections import defaultdict
from collections.abc import Sequence
from statistics import median

from chainrule.engine.runtime.program import INPUT
from chainrule.engine.runtime.stopwatch import Stopwatch
from chainrule.engine.stages.stage import Group
from chainrule.network.engine import LayerTime


def stage_times(watch: Stopwatch, groups: Sequence[Group], samples: int) -> list[LayerTime]:
    """For each of so many samples: medians over the runs that were timed, but for the first one."""
    totals: list[dict[int | str, float]] = []
    for timed in watch.runs[1:]:
        totals.append(defaultdict(float))
        for unit, seconds in timed.items():
            totals[-1][watch.owners[unit].stage] += seconds
    names = {INPUT: ()} | {k: tuple(node.name for node in group.nodes) for k, group in enumerate(groups)}
    return [
        LayerTime(each, max(median(total[owner] for total in totals), 0.0) / samples) for owner, each in names.items()
    ]
