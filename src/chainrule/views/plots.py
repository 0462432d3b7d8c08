"""Plots of what training did, saved as .png, .svg or .pdf."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING

import numpy as np

from chainrule.base.errors import UsageError
from chainrule.base.files import check_writable
from chainrule.regression.polynomial import formula
from chainrule.views.colours import BLUE, VERMILION
from chainrule.views.curves import ACCURACY, LOSS, Curves
from chainrule.views.figures import FORMATS, LINES, figure

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes

    from chainrule.regression.comparison import Comparison
    from chainrule.regression.fitting import PolynomialFit
    from chainrule.tasks.fitting import History
    from chainrule.tasks.lr_range import LrRange

CROWD = 30  # points of a curve: more of them have no markers
UNITS = {
    *("mm", "cm", "m", "km", "in", "ft", "yd", "mi", "ms", "s", "min", "h", "d", "mg", "g", "kg", "t", "lb", "l", "ml"),
    *("mph", "kmh", "kn", "hz", "khz", "mhz", "ghz", "w", "kw", "kwh", "j", "kj", "v", "a", "n", "pa", "hpa", "bar"),
    *("k", "c", "f", "deg", "rad", "percent", "usd", "eur", "jpy", "gbp"),
}
LONGEST_FORMULA = 4  # the highest degree whose formula fits a title


def plot_regression(
    fit: PolynomialFit, x: np.ndarray, t: np.ndarray, path: str | Path, *, x_name: str = "x", t_name: str = "t"
) -> None:
    """The data (n,) with the fitted curve, and the loss over the iterations.

    Raises UsageError for a path that cannot be written or is no .png, .svg or .pdf, ChainruleError without matplotlib.
    """
    with figure(path, 2) as (data, loss):
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
    with figure(path, 1) as (axes,):
        start = min(int(fit.curve.samples[1:2].sum()) for fit in fits) / 2 or 0.5  # before anyone's first update
        for fit, (color, line, _) in zip(fits, LINES, strict=False):
            samples = np.maximum(fit.curve.samples, start)
            axes.step(samples, fit.curve.loss, line, where="post", color=color, label=_updates(fit))
        axes.set_xscale("log")
        axes.set_xlim(left=start)
        _loss_axes(axes, "samples seen", t_name)
        axes.set_title(_verdict(comparison))
        axes.legend()


def plot_history(history: History, path: str | Path, measured_on: str = "held-out") -> None:
    """Loss and, where there are classes, accuracy over the epochs of a run, measured on "held-out" or "test" data.

    Raises UsageError for a history of no epoch, and as `plot_regression`.
    """
    if not history.epochs:
        raise UsageError(f"{path}: no epoch was finished, so there is nothing to plot; expected at least one")
    curves = Curves.of_history(history, measured_on)
    with figure(path, 1 if curves.accuracy is None else 2) as axes:
        loss = axes[0]
        _curve(loss, curves.epochs, curves.loss, LINES[0], label="training")
        loss.set_title(f"training: loss {curves.loss[-1]:.4g} in epoch {curves.epochs[-1]:.0f}")
        loss.set_ylabel(LOSS)
        if curves.other is not None:
            _curve(loss, curves.epochs, curves.other, LINES[1], label=curves.name)
        loss.set_ylim(bottom=0)
        loss.legend()
        if curves.accuracy is not None:
            _curve(axes[1], curves.epochs, curves.accuracy, LINES[1], label=curves.name)
            axes[1].set(title=curves.best, ylabel=ACCURACY)


def plot_lr_range(found: LrRange, path: str | Path) -> None:
    """The loss over the learning rate of a range test, and the suggestion. Errors: as `plot_regression`."""
    with figure(path, 1) as (axes,):
        axes.plot(found.lr, found.loss, "o", color="black", alpha=0.4, markersize=3, markeredgewidth=0, label="a batch")
        axes.plot(found.lr, found.smooth, color=BLUE, label="smoothed")
        chosen = found.suggestion
        title = "the loss falls at no learning rate"
        if chosen is not None:
            axes.axvline(chosen, color=VERMILION, linestyle="--", label=f"falls fastest: {chosen:.2g}")
            title = f"a learning rate of about {chosen:.2g}; the loss is lowest at {found.lowest:.2g}"
        axes.set_xscale("log")
        axes.set_ylim(top=1.05 * found.smooth.max())
        axes.set(title=title, xlabel="learning rate", ylabel=LOSS)
        axes.legend()


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
    from matplotlib.ticker import FuncFormatter

    unit = _unit(t_name)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    if axes.dataLim.ymax > 0:
        axes.set_yscale("log")
    axes.set(xlabel=x_label, ylabel=f"mean squared error ({unit}²)" if unit else "mean squared error")


def _curve(axes: Axes, epochs: np.ndarray, values: np.ndarray, look: tuple[str, str, str], *, label: str) -> None:
    """A line over the epochs where there are values, with markers where they do not crowd."""
    from matplotlib.ticker import MaxNLocator

    color, line, marker = look
    there = np.isfinite(values)
    if there.any():
        few = len(epochs) <= CROWD
        axes.plot(epochs[there], values[there], line, color=color, marker=marker if few else "", label=label)
    axes.set_xlim(epochs[0] - 0.5, epochs[-1] + 0.5)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axes.set_xlabel("epoch")
