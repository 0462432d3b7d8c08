"""chainrule regress: fit a polynomial to two columns of a table, by gradient descent."""

import math
import time
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.table import Table as Grid

from chainrule.base.errors import DataError, UsageError
from chainrule.cli.console import Json, Output, Plot, Quiet, Seed, table
from chainrule.data import Table, read_csv, stopping_distance
from chainrule.regression.fitting import COMPARED_EPOCHS, METHODS, Comparison, PolynomialFit, compare, fit_polynomial
from chainrule.regression.polynomial import formula
from chainrule.training.events import BatchEvent, Event

EMBEDDED = "stopping_distance"
PATIENCE = 2.0  # seconds between two lines of progress


def regress(
    csv: Annotated[
        Path | None, typer.Argument(help="A table with one header line at most (default: the embedded data).")
    ] = None,
    x: Annotated[str | None, typer.Option("--x", metavar="NAME", help="The input column (default: the first).")] = None,
    target: Annotated[
        str | None, typer.Option(metavar="NAME", help="The column of the true values (default: the last).")
    ] = None,
    degree: Annotated[int, typer.Option(help="Of the polynomial.")] = 2,
    method: Annotated[
        str, typer.Option(help="gd: all data for every update; sgd: mini-batches, 'update sooner rather than later'.")
    ] = "gd",
    epochs: Annotated[
        int | None, typer.Option(help="Times through the data; gd updates once in each (default: enough to converge).")
    ] = None,
    lr: Annotated[float | None, typer.Option(help="Learning rate, the lecture's eta, of the scaled data.")] = None,
    batch_size: Annotated[int | None, typer.Option(help="Samples of a mini-batch of sgd.")] = None,
    until_converged: Annotated[
        bool, typer.Option("--until-converged", help="Stop as soon as the gradient's norm is within the tolerance.")
    ] = False,
    tolerance: Annotated[float | None, typer.Option(help="That norm (default: 1e-12 for gd, 1e-4 for sgd).")] = None,
    compare_methods: Annotated[
        str | None,
        typer.Option(
            "--compare",
            metavar="gd,sgd",
            help=f"Also show, and plot instead, their loss against the samples seen in --epochs or {COMPARED_EPOCHS}.",
        ),
    ] = None,
    seed: Seed = 0,
    plot: Plot = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Fit a polynomial by gradient descent: the lecture's first example.

    x and the target are scaled to [-1, 1] for it; coefficients and losses are given in the data's own units.
    """
    output = Output(json, quiet)
    methods = _methods(compare_methods)
    if plot:
        from chainrule.views.plots import check_plot_path

        check_plot_path(plot)
    data = stopping_distance() if csv is None else read_csv(csv)
    name = EMBEDDED if csv is None else str(csv)
    x_name, t_name = _columns(data, name, x, target)
    inputs, values = data.column(x_name), data.column(t_name)
    output.note(f"{name}: {len(data)} rows, {t_name} over {x_name}")
    compared = None
    started = time.perf_counter()
    try:
        fit = fit_polynomial(
            inputs,
            values,
            degree,
            method,
            lr=lr,
            epochs=epochs,
            batch_size=None if method == "gd" and "sgd" in methods else batch_size,  # it is the comparison's then
            until_converged=until_converged,
            tolerance=tolerance,
            seed=seed,
            listeners=[_Patience(output)],
        )
        seconds = time.perf_counter() - started
        if methods:
            passes = COMPARED_EPOCHS if epochs is None else epochs
            compared = compare(inputs, values, degree, methods, lr=lr, epochs=passes, batch_size=batch_size, seed=seed)
    except DataError as error:
        raise DataError(f"{name} (x: {x_name}, t: {t_name}): {error}") from None
    if plot:
        _plot(plot, fit, compared, inputs, values, x_name, t_name)
    _report(output, name, fit, compared, seconds, x_name, t_name)


class _Patience:
    """Listens to a run and says now and then, on stderr, how far it is."""

    def __init__(self, output: Output) -> None:
        self.output, self.clock = output, time.perf_counter()

    def __call__(self, event: Event) -> None:
        if isinstance(event, BatchEvent) and time.perf_counter() - self.clock > PATIENCE:
            self.clock = time.perf_counter()
            self.output.note(f"{event.progress.state.step:,} updates: gradient norm {event.gradient_norm:.1e}")


def _methods(given: str | None) -> list[str]:
    """The methods to compare."""
    methods = [] if given is None else [method.strip() for method in given.split(",")]
    for method in methods:
        if method not in METHODS:
            raise UsageError(f"--compare is {given!r}; expected some of {', '.join(METHODS)}, with commas between")
    return list(dict.fromkeys(methods))


def _columns(data: Table, name: str, x: str | None, target: str | None) -> tuple[str, str]:
    """The names of the input and of the target column."""
    if len(data.columns) < 2:
        raise DataError(f"{name}: the only column is {', '.join(data.columns)!r}; expected an input and a target")
    for column in (x, target):
        if column is not None and column not in data.columns:
            raise DataError(f"{name}: there is no column {column!r}; expected one of: {', '.join(data.columns)}")
    target = target or next(column for column in reversed(data.columns) if column != x)
    x = x or next(column for column in data.columns if column != target)
    if x == target:
        raise UsageError(f"--x and --target are both {x!r}; expected two different columns")
    return x, target


def _plot(
    path: Path,
    fit: PolynomialFit,
    compared: Comparison | None,
    x: np.ndarray,
    t: np.ndarray,
    x_name: str,
    t_name: str,
) -> None:
    from chainrule.views.plots import plot_comparison, plot_regression  # matplotlib is loaded for a plot only

    if compared:
        plot_comparison(compared, path, t_name)
    else:
        plot_regression(fit, x, t, path, x_name, t_name)


def _report(
    output: Output,
    name: str,
    fit: PolynomialFit,
    compared: Comparison | None,
    seconds: float,
    x_name: str,
    t_name: str,
) -> None:
    text = formula(fit.coefficients, x_name, t_name)
    values: dict[str, Any] = {
        "coefficients": fit.coefficients.tolist(),
        "formula": text,
        "data": name,
        "x": x_name,
        "target": t_name,
        "degree": fit.degree,
        "method": fit.method,
        "lr": fit.optimizer.lr,
        "loss": fit.loss,
        "rms": fit.rms,
        "iterations": fit.iterations,
        "samples_seen": fit.samples_seen,
        "converged": fit.converged,
        "gradient_norm": fit.gradient_norm,
        "condition": fit.condition if math.isfinite(fit.condition) else None,
        "message": fit.message,
        "seconds": round(seconds, 3),
    }
    rows = {
        "loss": f"{fit.loss:.6g}, the sum of squared errors; rms {fit.rms:.4g}",
        "iterations": f"{fit.iterations:,} updates, {fit.samples_seen:,} samples seen, {seconds:.2f} s",
        "converged": fit.message or f"yes: gradient norm {fit.gradient_norm:.1e}",
    }
    shown = [text, table(f"{name}: degree {fit.degree} by {fit.method}", rows)]
    if compared:
        values["compare"] = {"samples": compared.samples, "losses": compared.losses}
        shown.append(_grid(compared))
    output.result(values, *shown)


def _grid(compared: Comparison) -> Grid:
    """The comparison as a table: a row for each number of samples seen, a column for each method."""
    grid = Grid(title="mean squared error over all data, by samples seen", title_justify="left")
    grid.add_column("samples seen", justify="right")
    for method in compared.losses:
        grid.add_column(method, justify="right")
    for samples, *losses in zip(compared.samples, *compared.losses.values(), strict=True):
        grid.add_row(f"{samples:,}", *(f"{loss:#.5g}" for loss in losses))
    return grid
