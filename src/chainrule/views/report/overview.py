"""The top of a report, the numbers that matter most; the training: its course, data and settings."""

from collections.abc import Mapping, Sequence
from typing import Any

import tomli_w

from chainrule.base.numbers import written
from chainrule.data.schema_rows import schema_rows
from chainrule.network.network import Network
from chainrule.tasks.examination import Examination
from chainrule.views.curves import Curves
from chainrule.views.markup import Markup, element, joined
from chainrule.views.report.document import MISSING, Section, charts, folded, note, percent, table
from chainrule.views.report.rates import rate_charts
from chainrule.views.report.steps import step_chart

Epochs = Sequence[Mapping[str, Any]]  # lines of a metrics.jsonl
COLUMNS = {  # of the table of epochs: a line's key, its heading, how its number is written
    "epoch": ("epoch", "d"),
    "loss": ("loss", ".4f"),
    "validation_loss": ("{} loss", ".4f"),
    "validation_accuracy": ("accuracy", ".2%"),
    "validation_r2": ("R²", ".4f"),
    "validation_rmse": ("rms error", ".4g"),
    "lr": ("learning rate", ".4g"),
    "gradient_norm": ("|dL/dw|", ".3g"),
    "seconds": ("seconds", ".1f"),
    "samples_per_second": ("samples/s", ",.0f"),
}


def overview(network: Network, seen: Examination, epochs: Epochs, told: Markup) -> Section:
    """What stands below the title; first what is told of the run."""
    numbers = {}
    if (named := seen.classification) is not None:
        numbers["accuracy"] = percent(named.accuracy)
        numbers[f"of {seen.samples:,} wrong"] = f"{len(seen.wrong):,}"
    numbers["loss"] = f"{seen.loss:.4g}"
    if named is not None:
        numbers["calibration error"] = percent(named.calibration.expected_error)
    if seen.regression is not None:
        outputs = len(seen.regression.rmse)
        mean = "" if outputs == 1 else f", mean of {outputs:,} outputs"
        numbers[f"rms error{mean}"] = f"{seen.regression.rmse.mean():.4g}"
        numbers[f"R²{mean}"] = written(seen.regression.r2.mean(), ".4g")
    if named is None:
        numbers["samples"] = f"{seen.samples:,}"
    numbers["parameters"] = f"{network.size:,}"
    if epochs:
        seconds = sum(line.get("seconds") or 0.0 for line in epochs)
        numbers["epoch" if len(epochs) == 1 else "epochs"] = f"{len(epochs)}"
        numbers["seconds of training"] = f"{seconds:.1f}"
    tiles = element("dl", *[_tile(*item) for item in numbers.items()], class_="tiles")
    return Section("overview", "Overview", joined([told, tiles, *_trained_on(network)]))


def curves(
    epochs: Epochs, measured_on: str, configuration: Mapping[str, Any] | None = None, steps: Epochs = ()
) -> Section | None:
    """Loss and accuracy over the epochs, the loss of each update, how the rates moved, and a table of the epochs."""
    known = [line for line in epochs if line.get("epoch") is not None and line.get("loss") is not None]
    if not known:
        return None
    keys = "epoch", "loss", "validation_loss", "validation_accuracy"
    seen = Curves.of([[line.get(key) for key in keys] for line in known], measured_on)
    columns = {key: how for key, how in COLUMNS.items() if any(line.get(key) is not None for line in known)}
    heads = [heading.format(measured_on) for heading, _ in columns.values()]
    rows = [[_cell(line.get(key), form) for key, (_, form) in columns.items()] for line in known]
    words = "The training loss is the mean over an epoch's samples, each before its update."
    content = [
        note(f"{words} {seen.best[0].upper()}{seen.best[1:]}." if seen.best else words),
        charts(*seen.charts(), *step_chart(steps), *rate_charts(known, configuration)),
        folded("Every epoch", table(heads, rows, "The epochs of the training", numbers_from=0)),
    ]
    return Section("training", "Training", joined(content))


def configuration_shown(configuration: Mapping[str, Any] | None) -> Section | None:
    """As the run's config.toml holds it."""
    if not configuration:
        return None
    text = element("pre", tomli_w.dumps(dict(configuration)), tabindex=0)
    return Section("configuration", "Configuration", folded("All that fixes the run", text))


def _trained_on(network: Network) -> list[Markup]:
    """What the network was fitted to, if it was."""
    if network.schema is None:
        return []
    heads, rows = ["what", "in the training data"], schema_rows(network.schema)
    return [folded("What it was trained on", table(heads, rows, "The training data", numbers_from=len(heads)))]


def _tile(name: str, value: str) -> Markup:
    return element("div", element("dt", name), element("dd", value))


def _cell(value: Any, form: str) -> str:
    return MISSING if value is None else format(value, form).replace("%", " %")
