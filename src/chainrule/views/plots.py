"""Plots of what training did, saved as .png, .svg or .pdf."""

from __future__ import annotations

from contextlib import contextmanager
from textwrap import wrap
from typing import TYPE_CHECKING

import numpy as np

from chainrule.base.errors import UsageError
from chainrule.base.files import check_writable
from chainrule.regression.polynomial import formula
from chainrule.views.figures import BLUE, LINES, VERMILION, Curves, panels, save

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from matplotlib.axes import Axes

    from chainrule.regression.fitting import Comparison, PolynomialFit
    from chainrule.tasks.fitting import EpochRecord, History

FORMATS = (".png", ".svg", ".pdf")
UNITS = {
    *("mm", "cm", "m", "km", "in", "ft", "yd", "mi", "ms", "s", "min", "h", "d", "mg", "g", "kg", "t", "lb", "l", "ml"),
    *("mph", "kmh", "kn", "hz", "khz", "mhz", "ghz", "w", "kw", "kwh", "j", "kj", "v", "a", "n", "pa", "hpa", "bar"),
    *("k", "c", "f", "deg", "rad", "percent", "usd", "eur", "jpy", "gbp"),
}
LONGEST_FORMULA = 4  # the highest degree whose formula fits a title


def plot_regression(
    fit: PolynomialFit, x: np.ndarray, t: np.ndarray, path: str | Path, x_name: str = "x", t_name: str = "t"
) -> None:
    """The data (n,) with the fitted curve, and the loss over the iterations.

    Raises UsageError for a path that cannot be written or is no .png, .svg or .pdf, ChainruleError without matplotlib.
    """
    with _figure(path, 2) as (data, loss):
        fine = np.linspace(x.min(), x.max(), 400)
        data.plot(x, t, "o", color="black", alpha=0.55, markersize=4.5, markeredgewidth=0, label="data")
        data.plot(fine, fit(fine), color=VERMILION, linewidth=2.4, label=f"degree {fit.degree}, by {fit.method}")
        data.set(title=_title(fit, x_name, t_name), xlabel=axis_label(x_name), ylabel=axis_label(t_name))
        data.legend()
        loss.plot(fit.curve.iterations, fit.curve.loss, color=BLUE)
        loss.set_xscale("symlog", linthresh=1)  # logarithmic, but from 0 on
        loss.set_xlim(left=0)
        _loss_axes(loss, "iterations", t_name)
        unit = f" {_unit(t_name)}".rstrip()
        loss.set_title(f"rms error {fit.rms:.4g}{unit} after {fit.iterations:,} iterations")


def plot_comparison(comparison: Comparison, path: str | Path, t_name: str = "t") -> None:
    """The loss against the samples seen, a line for each method. Errors: as `plot_regression`."""
    fits = comparison.fits.values()
    with _figure(path, 1) as (axes,):
        start = min(int(fit.curve.samples[1:2].sum()) for fit in fits) / 2 or 0.5  # before anyone's first update
        for fit, (color, line, _) in zip(fits, LINES, strict=False):
            samples = np.maximum(fit.curve.samples, start)
            axes.step(samples, fit.curve.loss, line, where="post", color=color, label=_updates(fit))
        axes.set_xscale("log")
        axes.set_xlim(left=start)
        _loss_axes(axes, "samples seen", t_name)
        axes.set_title(_verdict(comparison))
        axes.legend()


def plot_history(history: History, path: str | Path) -> None:
    """Loss and, where there are classes, accuracy over the epochs of a run. Errors: as `plot_regression`."""
    if not history.epochs:
        raise UsageError(f"{path}: no epoch was finished, so there is nothing to plot; expected at least one")
    curves = Curves.of([_row(record) for record in history.epochs])
    with _figure(path, 2 if curves.classified else 1) as axes:
        curves.draw(axes)


def check_plot_path(path: str | Path) -> None:
    """UsageError unless a plot can be drawn into the path, as far as is known before; call it before a long run."""
    check_writable(path, kinds=FORMATS)


def axis_label(name: str) -> str:
    """ "speed_mph" is "speed (mph)"; a name without a unit stays, with spaces."""
    unit = _unit(name)
    return f"{_bare(name)} ({unit})" if unit else _bare(name)


def _unit(name: str) -> str:
    """What a column is measured in, by the end of its name; "" if that names no unit."""
    head, _, tail = name.rpartition("_")
    return tail if head and tail.lower() in UNITS else ""


def _bare(name: str) -> str:
    """The name without its unit."""
    unit = _unit(name)
    return (name.removesuffix(f"_{unit}") if unit else name).replace("_", " ")


def _title(fit: PolynomialFit, x_name: str, t_name: str) -> str:
    if fit.degree > LONGEST_FORMULA:
        return f"{_bare(t_name)}: a polynomial of degree {fit.degree}"
    text = formula(fit.coefficients, _bare(x_name), _bare(t_name))
    for power, raised in enumerate("²³⁴", start=2):
        text = text.replace(f"^{power}", raised)
    return "\n".join(wrap(text, 60))


def _verdict(comparison: Comparison) -> str:
    """How soon each method came near the lowest loss of all."""
    near = 1.1 * min(float(fit.curve.loss.min()) for fit in comparison.fits.values())
    soon = []
    for method, fit in comparison.fits.items():
        below = np.flatnonzero(fit.curve.loss <= near)
        samples = int(fit.curve.samples[below[0]]) if len(below) else fit.samples_seen + 1
        soon.append((samples, f"{method} after {samples:,} samples" if len(below) else f"{method} not yet"))
    return f"within 10 % of the lowest loss:\n{', '.join(text for _, text in sorted(soon))}"


def _updates(fit: PolynomialFit) -> str:
    size = fit.samples_seen / fit.iterations if fit.iterations else 0
    return f"{fit.method}, an update every {size:,.0f} samples"


def _loss_axes(axes: Axes, x_label: str, t_name: str) -> None:
    """A logarithmic loss (unless it is 0), and plain numbers on both axes."""
    from matplotlib.ticker import FuncFormatter, LogFormatter

    unit = _unit(t_name)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    if axes.dataLim.ymax > 0:
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(LogFormatter())
        axes.yaxis.set_minor_formatter(LogFormatter(minor_thresholds=(2, 0.5)))
    axes.set(xlabel=x_label, ylabel=f"mean squared error ({unit}²)" if unit else "mean squared error")


def _row(record: EpochRecord) -> tuple[int, float, float | None, float | None]:
    """As `Curves` takes it."""
    seen = record.validation
    return record.epoch, record.loss, seen and seen.loss, seen and seen.accuracy


@contextmanager
def _figure(path: str | Path, count: int) -> Iterator[list[Axes]]:
    """Axes beside each other, to be drawn into; saved at the end."""
    check_plot_path(path)
    with panels(count) as (figure, axes):
        yield axes
        try:
            save(figure, path, dpi=150)
        except OSError as error:
            raise UsageError(f"{path}: cannot be written: {error.strerror or error}") from None
