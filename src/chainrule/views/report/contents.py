"""What stands in a report, and the file it becomes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chainrule.base.files import check_writable
from chainrule.base.showing import brief
from chainrule.base.writing import write_bytes
from chainrule.data.dataset import Dataset
from chainrule.engine import DEFAULT_ENGINE
from chainrule.network.network import Network
from chainrule.tasks.examination import Examination, examine
from chainrule.views.report.confusion import confusion
from chainrule.views.report.document import Section, document
from chainrule.views.report.filters import filters
from chainrule.views.report.gallery import gallery, largest_errors
from chainrule.views.report.head import head
from chainrule.views.report.layers import layers
from chainrule.views.report.overview import configuration_shown, curves, overview
from chainrule.views.report.reliability import calibration, residuals
from chainrule.views.report.scores import per_class

MISTAKES = 24  # in the gallery


@dataclass(frozen=True)
class Run:
    """Where a network comes from, as far as that is known."""

    title: str = ""  # of the report
    epochs: Sequence[Mapping[str, Any]] = ()  # lines of the run's metrics.jsonl
    configuration: Mapping[str, Any] | None = None  # its config.toml
    measured_on: str = "held-out"  # or "test": the data that were looked at after every epoch
    steps: Sequence[Mapping[str, Any]] = ()  # lines of its losses.jsonl
    name: str = ""  # its own
    data: str = ""  # which they are, in a few words

    __repr__ = brief


def write_report(
    path: str | Path,
    network: Network,
    data: Dataset,
    run: Run | None = None,
    *,
    examination: Examination | None = None,
    engine: str = DEFAULT_ENGINE,
    threads: int | None = None,
    mistakes: int = MISTAKES,
) -> None:
    """Write one HTML file about how well the network does on the data.

    path : of an .html file
    run : how the network was trained, if it is to be told
    examination : what `examine` made of this network and data, if it was called before, perhaps with classes' names
    engine, threads : as `execute` takes them
    mistakes : so many are shown, the worst

    Raises UsageError for a path that cannot be written, ChainruleError if writing fails after all, and as `examine`
    does.
    """
    path, run = check_report_path(path), run or Run()
    x = network.check_shape(data.x)
    seen = examination or examine(network, data, engine, threads=threads)
    trained = curves(run.epochs, run.measured_on, run.configuration, run.steps)
    told = head(run.name, run.data or f"{seen.samples:,} samples", run.epochs)
    sections: list[Section | None] = [overview(network, seen, run.epochs, told), trained]
    if seen.classification is not None:
        named = seen.classification
        sections += [confusion(named), per_class(named), calibration(named.calibration)]
        sections.append(gallery(seen, named.names, x, mistakes))
    else:
        sections += [residuals(seen), largest_errors(seen, x, mistakes)]
    sections += [filters(network), layers(network, x, engine, threads), configuration_shown(run.configuration)]
    page = document(run.title or f"A network of {network.size:,} parameters", [each for each in sections if each])
    write_bytes(path, page.encode(errors="backslashreplace"))  # what a file's name has that is no text


def check_report_path(path: str | Path) -> Path:
    """UsageError unless a report can be written there, as far as is known before."""
    return check_writable(path, kinds=(".html", ".htm"))
