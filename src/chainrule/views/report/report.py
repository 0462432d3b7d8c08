"""What stands in a report, and the file it becomes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from chainrule.base.errors import UsageError
from chainrule.base.files import check_writable, write_atomically
from chainrule.data.dataset import Dataset
from chainrule.engine import DEFAULT_ENGINE
from chainrule.network.network import Network
from chainrule.tasks.examination import Examination, examine
from chainrule.views.figures import require_matplotlib
from chainrule.views.report.confusion import confusion
from chainrule.views.report.document import Section, document
from chainrule.views.report.filters import filters
from chainrule.views.report.gallery import gallery, largest_errors
from chainrule.views.report.layers import layers
from chainrule.views.report.overview import configuration_shown, curves, overview
from chainrule.views.report.scores import calibration, per_class, residuals

MISTAKES = 24  # in the gallery


def write_report(
    path: str | Path,
    network: Network,
    data: Dataset,
    epochs: Sequence[Mapping[str, Any]] = (),
    title: str = "",
    configuration: Mapping[str, Any] | None = None,
    classes: Sequence[str] | None = None,
    *,
    examination: Examination | None = None,
    engine: str = DEFAULT_ENGINE,
    threads: int | None = None,
    mistakes: int = MISTAKES,
) -> None:
    """Write one HTML file about how well the network does on the data.

    `epochs` are the lines of a run's metrics.jsonl and `configuration` its config.toml, `classes` the classes' names
    (default: the data's, or their numbers); `examination` is what `examine` made of this network and data, if it was
    called before. Raises UsageError for a path that cannot be written, ChainruleError without matplotlib, and as
    `examine` does.
    """
    path = check_report_path(path)
    require_matplotlib()
    x = network.check_shape(data.x)
    seen = examination or examine(network, data, engine, classes=classes, threads=threads)
    sections: list[Section | None] = [overview(network, seen, epochs), curves(epochs)]
    if seen.classification is not None:
        named = seen.classification
        sections += [confusion(named), per_class(named), calibration(named.calibration)]
        sections.append(gallery(seen, named.names, x, mistakes))
    else:
        sections += [residuals(seen), largest_errors(seen, x, mistakes)]
    sections += [filters(network), layers(network, x, engine, threads), configuration_shown(configuration)]
    page = document(title or f"A network of {network.size:,} parameters", [each for each in sections if each])
    try:
        write_atomically(path, lambda file: file.write(page.encode()))
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror or error}") from None


def check_report_path(path: str | Path) -> Path:
    """UsageError unless a report can be written there, as far as is known before."""
    return check_writable(path, kinds=(".html", ".htm"))
