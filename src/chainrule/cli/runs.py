"""chainrule runs: which runs there are, and in what two of them differ."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from chainrule.base.errors import UsageError
from chainrule.cli.console import Json, Output, Quiet, table
from chainrule.cli.run_folder import RunFolder

MISSING = "-"


def runs(
    folders: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FOLDER...", help="Runs, which are compared, or a folder of runs (default: runs)."),
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """List runs; of two or more that are named, show which settings differ and when their weights part."""
    output = Output(json, quiet)
    named = folders or [Path("runs")]
    found = [run for folder in named for run in runs_in(folder)]
    rows = [summary(run) for run in found]
    values: dict[str, Any] = {"runs": rows}
    shown = [listing(rows)]
    if len(named) > 1:
        differences, partings = differing(found), [parting(found[0], other) for other in found[1:]]
        values |= {"differences": differences, "first_different_epoch": partings}
        shown += [comparison(found, differences), table("Weights", told(found, partings))]
    output.result(values, *shown)


def runs_in(folder: Path) -> list[RunFolder]:
    """The folder itself, if it is a run, else the runs in it."""
    if not folder.is_dir():
        raise UsageError(f"{folder}: no such folder; expected a run, or a folder of runs")
    files = sorted(folder.glob("config.toml")) or sorted(folder.glob("*/config.toml"))
    if not files:
        raise UsageError(f"{folder}: there is no run in it; expected config.toml here or in its folders")
    return [RunFolder(path.parent) for path in files]


def summary(run: RunFolder) -> dict[str, Any]:
    """What a run is, and how far it came."""
    configuration, epochs = run.configuration(), run.epochs()
    last = epochs[-1] if epochs else {}
    return {
        "run": str(run.path),
        "name": configuration.get("name"),
        "epochs": len(epochs),
        "of": configuration.get("training", {}).get("epochs"),
        "loss": last.get("loss"),
        "validation_loss": last.get("validation_loss"),
        "validation_accuracy": last.get("validation_accuracy"),
        "seconds": round(sum(line.get("seconds", 0) for line in epochs), 3),
        "samples_per_second": last.get("samples_per_second"),
        "weights": last.get("weights"),
    }


def listing(rows: Sequence[dict[str, Any]]) -> Table:
    """A line a run."""
    grid = Table(title="Runs", title_justify="left")
    grid.add_column("run", overflow="fold")
    for name in ("epochs", "loss", "held-out loss", "accuracy", "seconds", "samples/s"):
        grid.add_column(name, justify="right")
    for row in rows:
        numbers = (
            ("loss", ".4f"), ("validation_loss", ".4f"), ("validation_accuracy", ".2%"), ("seconds", ".1f"),
            ("samples_per_second", ",.0f"),
        )  # fmt: skip
        cells = [MISSING if row[key] is None else format(row[key], how) for key, how in numbers]
        grid.add_row(row["run"], f"{row['epochs']}/{row['of']}", *cells)
    return grid


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
    grid = Table(title="Settings that differ" if differences else "No settings differ", title_justify="left")
    for name in ("setting", *(str(run.path) for run in found)):
        grid.add_column(name, overflow="fold")
    for key, values in differences.items():
        grid.add_row(key, *(MISSING if value is None else str(value) for value in values))
    return grid


def parting(one: RunFolder, other: RunFolder) -> int | None:
    """The first epoch after which their weights differ; None if they do not in any epoch that both have."""
    for a, b in zip(one.epochs(), other.epochs(), strict=False):
        if a.get("weights") != b.get("weights"):
            return int(a["epoch"])
    return None


def told(found: Sequence[RunFolder], partings: Sequence[int | None]) -> dict[str, str]:
    """The partings in words."""
    first, lines = found[0], {}
    for other, epoch in zip(found[1:], partings, strict=True):
        common = min(len(first.epochs()), len(other.epochs()))
        same = f"the same as in {first.path} in all {common} epochs that both have"
        lines[str(other.path)] = same if epoch is None else f"differ from {first.path} from epoch {epoch} on"
    return lines
