"""chainrule runs: which runs there are, and in what two of them differ."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from rich.table import Table

from chainrule.base.errors import DataError, UsageError
from chainrule.cli.console import Output, grid, table
from chainrule.cli.run_folder import RunFolder, measured_on
from chainrule.cli.settings import Argument

MISSING = "-"


@dataclass(frozen=True)
class Runs:
    """List runs; of two or more that are named, show which settings differ and when their weights part."""

    folders: Annotated[
        list[Path] | None,
        Argument("Runs, which are compared, or a folder of runs (default: runs).", "FOLDER"),
    ] = None
    output: Output = field(default_factory=Output)

    def execute(self) -> None:
        folders = self.folders or [Path("runs")]
        found = [run for folder in folders for run in runs_in(folder)]
        broken = {str(run.path): problem for run in found if (problem := problem_of(run)) is not None}
        found = [run for run in found if str(run.path) not in broken]
        rows = [summary(run) for run in found]
        values: dict[str, Any] = {"runs": rows}
        shown = [listing(rows, self.output.stdout.width)]
        if broken:
            values["broken"] = broken
            shown.append(table("Broken", broken))
        if len(folders) > 1 and found:
            differences, partings = differing(found), [parting(found[0], other) for other in found[1:]]
            values |= {"differences": differences, "first_different_epoch": [epoch for epoch, _ in partings]}
            told = {str(run.path): words for run, (_, words) in zip(found[1:], partings, strict=True)}
            shown += [comparison(found, differences), table("Weights", told)]
        self.output.result(values, *shown)


def runs_in(folder: Path) -> list[RunFolder]:
    """The folder itself, if it is a run, else the runs in it."""
    if not folder.is_dir():
        raise UsageError(f"{folder}: no such folder; expected a run, or a folder of runs")
    found = [each for each in (folder, *sorted(folder.iterdir())) if os.path.lexists(each / "config.toml")]
    if not found:
        raise UsageError(f"{folder}: there is no run in it; expected config.toml here or in its folders")
    return [RunFolder(each) for each in (found[:1] if found[0] == folder else found)]


def problem_of(run: RunFolder) -> str | None:
    """Why a run cannot be listed; None where it can."""
    try:
        run.configuration()
    except DataError as error:
        return str(error)
    return None


def summary(run: RunFolder) -> dict[str, Any]:
    """What a run is, and how far it came."""
    configuration, epochs = run.configuration(), run.epochs()
    last = epochs[-1] if epochs else {}
    return {
        "run": str(run.path),
        "name": configuration.get("name"),
        "epochs": len(epochs),
        "of": configuration.get("training", {}).get("epochs"),
        "measured_on": measured_on(configuration),
        "loss": last.get("loss"),
        "validation_loss": last.get("validation_loss"),
        "validation_accuracy": last.get("validation_accuracy"),
        "seconds": round(sum(line.get("seconds", 0) for line in epochs), 3),
        "samples_per_second": last.get("samples_per_second"),
        "weights": last.get("weights"),
    }


def listing(rows: Sequence[dict[str, Any]], width: int) -> Table:
    """A line a run; how fast it was is left out where there is no room for it beside the runs' names."""
    forms = {
        "loss": ".4f", "validation_loss": ".4f", "validation_accuracy": ".2%", "seconds": ".1f",
        "samples_per_second": ",.0f",
    }  # fmt: skip
    lines = []
    for row in rows:
        numbers = [MISSING if row[key] is None else format(row[key], form) for key, form in forms.items()]
        lines.append((row["run"], f"{row['epochs']}/{row['of']}", *numbers))
    other = "/".join(sorted({row["measured_on"] for row in rows}))
    heads = "run", "epochs", "loss", f"{other} loss", "accuracy", "seconds", "samples/s"
    room = width - max((len(row["run"]) for row in rows), default=0) - sum(len(head) + 3 for head in heads[1:]) - 4
    shown = len(heads) if room >= 0 else len(heads) - 2
    return grid("Runs", heads[:shown], [line[:shown] for line in lines])


def differing(found: Sequence[RunFolder]) -> dict[str, list[Any]]:
    """The keys of the configurations that are not the same in all runs, and what each has; None where it has none."""
    flat = [flattened(run.configuration()) for run in found]
    keys = dict.fromkeys(key for each in flat for key in each)
    values = {key: [each.get(key) for each in flat] for key in keys}
    return {key: row for key, row in values.items() if any(value != row[0] for value in row)}


def flattened(value: Any, name: str = "") -> dict[str, Any]:
    """{"training": {"lr": 1}} as {"training.lr": 1}; items of lists by their numbers from 1."""
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
        items = [(str(k), item) for k, item in enumerate(value, start=1)]
    else:
        return {name: value}
    return {k: v for key, item in items for k, v in flattened(item, f"{name}.{key}" if name else key).items()}


def comparison(found: Sequence[RunFolder], differences: dict[str, list[Any]]) -> Table:
    """The settings that differ, a column a run."""
    heads = ["setting", *(str(run.path) for run in found)]
    rows = [[key, *(MISSING if v is None else str(v) for v in values)] for key, values in differences.items()]
    return grid("Settings that differ" if differences else "No settings differ", heads, rows, words=len(heads))


def parting(first: RunFolder, other: RunFolder) -> tuple[int | None, str]:
    """The first epoch after which their weights differ, None if they do in no epoch that both have; and in words."""
    pairs = list(zip(first.epochs(), other.epochs(), strict=False))
    for a, b in pairs:
        if a.get("weights") != b.get("weights"):
            return int(a["epoch"]), f"differ from {first.path} from epoch {a['epoch']} on"
    return None, f"the same as in {first.path} in all {len(pairs)} epochs that both have"
