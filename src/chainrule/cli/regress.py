"""chainrule regress: fit a polynomial to two columns of a table, by gradient descent."""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from rich.console import RenderableType
from rich.table import Table

from chainrule.base.errors import DataError, UsageError
from chainrule.base.guessing import meant
from chainrule.cli.console import Output, Seed, grid, table
from chainrule.cli.settings import Argument, Option
from chainrule.data import read_csv, stopping_distance
from chainrule.regression.comparison import COMPARED_EPOCHS, Comparison, compare
from chainrule.regression.descent import METHODS
from chainrule.regression.fitting import PolynomialFit, fit_polynomial
from chainrule.regression.pair import Pair, pair_of
from chainrule.regression.polynomial import formula
from chainrule.training.events import BatchEvent, Event
from chainrule.views.plots import check_plot_path, plot_comparison, plot_regression

EMBEDDED = "stopping_distance"
PATIENCE = 2.0  # seconds between two lines of progress


@dataclass(frozen=True)
class Regress:
    """Fit a polynomial by gradient descent: the lecture's first example.

    x and the target are scaled to [-1, 1] for it; coefficients and losses are given in the data's own units.
    """

    csv: Annotated[Path | None, Argument("A table; only the two columns are read (default: the embedded data).")] = None
    x: Annotated[str | None, Option("The input column (default: the first of numbers).", "NAME")] = None
    target: Annotated[str | None, Option("The column of the true values (default: the last of numbers).", "NAME")] = (
        None
    )
    degree: Annotated[int, Option("Of the polynomial.")] = 2
    method: Annotated[
        str, Option("gd: all data for every update; sgd: mini-batches, 'update sooner rather than later'.")
    ] = "gd"
    epochs: Annotated[
        int | None, Option("Times through the data; gd updates once in each (default: enough to converge).")
    ] = None
    lr: Annotated[float | None, Option("Learning rate, the lecture's eta, of the scaled data.")] = None
    batch_size: Annotated[int | None, Option("Samples of a mini-batch of sgd.")] = None
    until_converged: Annotated[bool, Option("Stop as soon as the gradient's norm is within the tolerance.")] = False
    tolerance: Annotated[float | None, Option("That norm (default: 1e-12 for gd, 1e-4 for sgd).")] = None
    compare: Annotated[
        str | None,
        Option(
            f"Also show, and plot instead, their loss against the samples seen in --epochs or {COMPARED_EPOCHS}.",
            "gd,sgd",
        ),
    ] = None
    seed: Seed = 0
    plot: Annotated[Path | None, Option("Also draw a plot into this .png, .svg or .pdf.", "FILE")] = None
    output: Output = field(default_factory=Output)

    def execute(self) -> None:
        methods = methods_of(self.compare)
        if self.plot:
            check_plot_path(self.plot)
        table_of, source = (stopping_distance(), EMBEDDED) if self.csv is None else (read_csv(self.csv), str(self.csv))
        pair, compared = pair_of(table_of, source, self.x, self.target), None
        self.output.note(f"{pair.source}: {len(pair.t)} rows, {pair.t_name} over {pair.x_name}")
        started, shared = time.perf_counter(), {"degree": self.degree, "lr": self.lr, "seed": self.seed}
        try:
            fit = fit_polynomial(
                pair.x,
                pair.t,
                method=self.method,
                epochs=self.epochs,
                batch_size=None if self.method == "gd" and "sgd" in methods else self.batch_size,  # it is sgd's
                until_converged=self.until_converged,
                tolerance=self.tolerance,
                listeners=[Patience(self.output)],
                **shared,
            )
            seconds = time.perf_counter() - started
            if methods:
                epochs = COMPARED_EPOCHS if self.epochs is None else self.epochs
                compared = compare(pair.x, pair.t, methods=methods, epochs=epochs, batch_size=self.batch_size, **shared)
        except DataError as error:
            raise DataError(f"{pair.source} (x: {pair.x_name}, t: {pair.t_name}): {error}") from None
        if self.plot and compared:
            plot_comparison(compared, self.plot, pair.t_name)
        elif self.plot:
            plot_regression(fit, pair.x, pair.t, self.plot, x_name=pair.x_name, t_name=pair.t_name)
        self.output.result(values_of(pair, fit, compared, seconds), *shown(pair, fit, compared, seconds))


def methods_of(given: str | None) -> list[str]:
    """The methods to compare."""
    methods = [] if given is None else [method.strip() for method in given.split(",")]
    for method in methods:
        if method not in METHODS:
            expected = f"expected some of {', '.join(METHODS)}, with commas between"
            raise UsageError(f"--compare is {given!r}; {expected}{meant(method, METHODS)}")
    return list(dict.fromkeys(methods))


class Patience:
    """Listens to a run and says now and then, on stderr, how far it is."""

    def __init__(self, output: Output) -> None:
        self.output, self.clock = output, time.perf_counter()

    def __call__(self, event: Event) -> None:
        if isinstance(event, BatchEvent) and time.perf_counter() - self.clock > PATIENCE:
            self.clock = time.perf_counter()
            self.output.note(f"{event.progress.state.step:,} updates: gradient norm {event.gradient_norm:.1e}")


def values_of(pair: Pair, fit: PolynomialFit, compared: Comparison | None, seconds: float) -> dict[str, Any]:
    """For a program."""
    values: dict[str, Any] = {
        "coefficients": fit.coefficients.tolist(),
        "formula": formula(fit.coefficients, pair.x_name, pair.t_name),
        "data": pair.source,
        "x": pair.x_name,
        "target": pair.t_name,
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
    return values | ({"compare": {"samples": compared.samples, "losses": compared.losses}} if compared else {})


def shown(pair: Pair, fit: PolynomialFit, compared: Comparison | None, seconds: float) -> Sequence[RenderableType]:
    """For a person."""
    rows = {
        "loss": f"{fit.loss:.6g}, the sum of squared errors; rms {fit.rms:.4g}",
        "iterations": f"{fit.iterations:,} updates, {fit.samples_seen:,} samples seen, {seconds:.2f} s",
        "converged": fit.message or f"yes: gradient norm {fit.gradient_norm:.1e}",
    }
    text = formula(fit.coefficients, pair.x_name, pair.t_name)
    result = [text, table(f"{pair.source}: degree {fit.degree} by {fit.method}", rows)]
    return [*result, side_by_side(compared)] if compared else result


def side_by_side(compared: Comparison) -> Table:
    """A row for each number of samples seen, a column for each method."""
    seen = zip(compared.samples, *compared.losses.values(), strict=True)
    rows = [(f"{samples:,}", *(f"{loss:#.5g}" for loss in losses)) for samples, *losses in seen]
    return grid("mean squared error over all data, by samples seen", ["samples seen", *compared.losses], rows, words=0)
