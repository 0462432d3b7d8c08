"""Results as Markdown."""

from collections.abc import Sequence
from datetime import UTC, datetime
from statistics import median

from benchmarks.qualify import Options
from benchmarks.results import Result, Runs


def report(
    results: Sequence[Result], machine: Sequence[tuple[str, str]], options: Options, failures: Sequence[str] = ()
) -> str:
    """The whole file: on what machine, the ratios at a glance, what failed, then every work."""
    when = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    lines = [
        "# Benchmark results",
        "",
        f"Written by `python -m benchmarks` at {when}; README.md says how to read it.",
        "",
    ]
    lines += ["| machine | |", "| --- | --- |", *(f"| {what} | {value} |" for what, value in machine)]
    lines += [
        "",
        *_how(options),
        "",
        "| work | chainrule, float32 | best rival in float32 | times better | in bfloat16 | times better |",
    ]
    lines += ["| --- | --- | --- | --- | --- | --- |"]
    lines += [_glance(result) for result in results]
    if failures:
        lines += ["", "**Not measured**, because chainrule failed:", "", *(f"* {failure}" for failure in failures)]
    for result in results:
        lines += ["", f"## {result.title}", "", *_table(result), *_disturbed(result), *_tried(result)]
    return "\n".join(lines) + "\n"


def _how(options: Options) -> list[str]:
    rivals = "whole epochs" if options.whole else f"the part of an epoch that fits in {options.seconds:g} s"
    epoch = "an epoch" if options.samples is None else f"an epoch of {options.samples:,} samples only: a trial"
    lines = [
        f"{options.rounds} round{'s' * (options.rounds > 1)}, contestants in turns, each in its own process. "
        f"In training, chainrule does {epoch}, rivals {rivals}."
    ]
    if options.configurations:
        lines.append(f"Only PyTorch configurations with: {options.configurations}.")
    return lines


def _glance(result: Result) -> str:
    ours = f"{_number(result.own.median)} {result.unit}"
    cells = []
    for half in (False, True):
        rivals = [rival for rival in result.rivals if ("bfloat16" in rival.name) == half]
        best = min(rivals, key=lambda rival: median(result.ratios(rival)), default=None)
        cells.append(f"{best.name}: {_number(best.median)} | **{median(result.ratios(best)):.2f}**" if best else " | ")
    return f"| {result.title} | {ours} | {' | '.join(cells)} |"


def _table(result: Result) -> list[str]:
    head = f"| contestant | median, {result.unit} | lowest to highest | times better, median | lowest to highest |"
    rows = [f"{head} differs by | one run |", "| --- | --- | --- | --- | --- | --- | --- |"]
    for runs in (result.own, *result.rivals):
        ratios = result.ratios(runs) if runs is not result.own else []
        cells = [
            runs.name,
            _number(runs.median),
            _spread(runs.values),
            f"{median(ratios):.2f}" if ratios else "",
            f"{min(ratios):.2f} to {max(ratios):.2f}" if ratios else "",
            _validation(runs),
            runs.scope,
        ]
        rows.append(f"| {' | '.join(cells)} |")
    return rows


def _disturbed(result: Result) -> list[str]:
    if not result.busy or max(result.busy) < 0.05:
        return []
    return ["", f"**Not alone**: others used up to {max(result.busy):.0%} of the machine's processors before a round."]


def _tried(result: Result) -> list[str]:
    if not result.tried:
        return []
    lines = ["", "Tried, for a moment each, to find the best; that one then ran in turns with chainrule:", ""]
    return lines + [f"* {what}: {outcome}" for what, outcome in result.tried]


def _validation(runs: Runs) -> str:
    return "" if runs.validation is None else f"{runs.validation:.0e}"


def _spread(values: list[float]) -> str:
    return f"{_number(min(values))} to {_number(max(values))}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
