"""POST /api/regression: the lecture's first example, a polynomial found by gradient descent, every step of it.

Nothing is kept: data, settings and w_0 come with the request. x and t are scaled to [-1, 1] first, and the loss is the
mean of the squared errors of these, as everywhere in `chainrule.regression`. It is a bowl with one Hessian H, so that
the page can draw any contour of it exactly:

    L(w) = L(w*) + (w - w*)^T H (w - w*) / 2          w*: the lowest point
"""

from dataclasses import dataclass
from math import ceil
from typing import Annotated, Any

import numpy as np

from chainrule.base.errors import DataError, DivergedError, UsageError
from chainrule.base.typed import Within
from chainrule.data.tables import parse_csv, stopping_distance
from chainrule.regression.pair import Pair, pair_of
from chainrule.regression.polynomial import PolynomialObjective, Scale, ScaledProblem, powers
from chainrule.server.asked import Asked
from chainrule.server.subject import Subject
from chainrule.training.descent import minimise
from chainrule.training.events import BatchEvent, Event, StopTraining
from chainrule.training.objective import Batch
from chainrule.training.optimizers import SGD
from chainrule.training.sampling import batch_count
from chainrule.training.settings import Training

MOST_DEGREE, MOST_STEPS, MOST_ROWS = 9, 2_000, 5_000
FAR = 1e9
"""A coefficient of scaled data that is larger tells that descent has become ascent."""
ROSE = 1.1
"""So many times the first loss is no noise."""
Number = Annotated[float, Within(-1e100, 1e100)]


@dataclass(frozen=True)
class Points:
    """The reader's own."""

    x: Annotated[tuple[Number, ...], Within(0, MOST_ROWS)]
    t: Annotated[tuple[Number, ...], Within(0, MOST_ROWS)]


@dataclass(frozen=True)
class Csv:
    """The reader's own file."""

    name: Annotated[str, Within(0, 1_000)]
    text: str


@dataclass(frozen=True)
class Descended:
    """What is asked for."""

    data: Points | Csv | None = None  # None: the embedded table
    degree: Annotated[int, Within(0, MOST_DEGREE)] = 2
    lr: Annotated[float, Within(0, 1e30)] | None = None  # None: half of the largest that is certain to descend
    batch_size: Annotated[int, Within(1, MOST_ROWS)] = 10  # of SGD
    steps: Annotated[int, Within(1, MOST_STEPS)] = 200
    seed: Annotated[int, Within(0, 2**53 - 1)] = 0  # of SGD's shuffles
    w0: Annotated[tuple[Number, ...], Within(0, MOST_DEGREE + 1)] | None = None  # scaled; None: zeros


def regression(subject: Subject, asked: Asked) -> dict[str, Any]:
    """Both descents from the same w_0, and the bowl that they are in."""
    wish = asked.read(Descended)
    pair = pair_for(wish.data)
    problem = ScaledProblem(pair.x, pair.t, wish.degree)
    lr = problem.largest_lr / 2 if wish.lr is None else wish.lr
    w0 = start_of(wish)
    lowest, *_ = np.linalg.lstsq(powers(problem.data.x, wish.degree), problem.data.t, rcond=None)
    hessian = hessian_of(problem)
    paths = {}
    for method, size in (("gd", None), ("sgd", min(wish.batch_size, problem.n))):
        path = descended(problem, w0, Training(SGD(lr), batch_size=size, seed=wish.seed), wish.steps)
        paths[method] = told(path, problem, lr=lr, plain=size is None)
    return {
        "data": {"source": pair.source, "x_name": pair.x_name, "t_name": pair.t_name, "x": pair.x, "t": pair.t},
        "x_scale": of_scale(problem.x_scale),
        "t_scale": of_scale(problem.t_scale),
        "lr": lr,
        "largest_lr": problem.largest_lr,
        "condition": problem.condition,
        "hessian": hessian,
        "lowest": {"w": lowest, "loss": mean_loss(problem, lowest)},
        **paths,
    }


def pair_for(data: Points | Csv | None) -> Pair:
    """The data; DataError for those that cannot be used."""
    if isinstance(data, Points):
        found = Pair("own points", "x", "t", np.array(data.x, float), np.array(data.t, float))
        if len(data.x) != len(data.t):
            raise DataError(f"{len(data.x)} x but {len(data.t)} t; expected as many")
    elif isinstance(data, Csv):
        found = pair_of(parse_csv(data.text.encode(), data.name), data.name)
    else:
        found = pair_of(stopping_distance(), "stopping_distance")
    if len(found.x) > MOST_ROWS:
        raise DataError(f"{found.source} has {len(found.x):,} rows; expected at most {MOST_ROWS:,}")
    return found


def start_of(wish: Descended) -> np.ndarray:
    """(degree + 1,) where both begin."""
    if wish.w0 is None:
        return np.zeros(wish.degree + 1)
    if len(wish.w0) != wish.degree + 1:
        raise UsageError(f"w0 has {len(wish.w0)} numbers; expected {wish.degree + 1}, as the degree is {wish.degree}")
    return np.array(wish.w0, float)


@dataclass
class Path:
    """A descent, as it was made: w before each step, and the gradient that made it."""

    w: list[np.ndarray]
    gradient: list[np.ndarray]
    error: str = ""


class Recording(PolynomialObjective):
    """Writes down what it is asked for."""

    def __init__(self, degree: int) -> None:
        super().__init__(degree)
        self.path = Path([], [])

    def loss_and_gradient(self, w: np.ndarray, batch: Batch, out: np.ndarray) -> float:
        loss = super().loss_and_gradient(w, batch, out)
        self.path.w.append(w.copy())
        self.path.gradient.append(out.copy())
        return loss


def descended(problem: ScaledProblem, w0: np.ndarray, training: Training, steps: int) -> Path:
    """So many steps from w_0, or those until w is far away."""
    objective = Recording(problem.degree)
    epochs = ceil(steps / batch_count(problem.n, training.batch_size or problem.n))

    def stop(event: Event) -> None:
        if isinstance(event, BatchEvent):
            if not np.abs(event.progress.w).max() < FAR:
                raise StopTraining("far")
            if event.progress.state.step == steps:
                raise StopTraining("done")

    optimizer, size, seed = training.optimizer, training.batch_size, training.seed
    path, last = objective.path, w0
    try:
        result = minimise(objective, problem.data, w0, Training(optimizer, epochs, size, seed=seed), listeners=[stop])
        last = result.w
    except DivergedError as error:
        path.error = str(error).partition(";")[0]
    if np.isfinite(last).all() and not path.error:
        path.w.append(last)
    return path


def told(path: Path, problem: ScaledProblem, *, lr: float, plain: bool) -> dict[str, Any]:
    """A path as the page draws it: of w before the first step to after the last, and what made each step."""
    w = np.array(path.w)
    losses = [mean_loss(problem, each) for each in path.w]
    sure, why = problem.largest_lr, ""
    grew = bool(path.error) or np.abs(w).max() >= FAR or losses[-1] > ROSE * losses[0]
    if plain and lr > sure:
        above = f"eta is {lr:.4g}, above 2 / lambda_max = {sure:.4g}"
        why = f"{above}: along the steepest direction each step leads further away"
    elif grew:
        why = f"eta is {lr:.4g}: the loss has grown from {losses[0]:.4g} to {losses[-1]:.4g}"
    return {"w": w, "gradient": np.array(path.gradient), "loss": losses, "diverges": bool(why), "message": why}


def mean_loss(problem: ScaledProblem, w: np.ndarray) -> float:
    """Over all data, scaled."""
    return problem.objective.loss(w, problem.whole) / problem.n


def hessian_of(problem: ScaledProblem) -> np.ndarray:
    p = powers(problem.data.x, problem.degree)
    return 2 * p.T @ p / problem.n


def of_scale(scale: Scale) -> dict[str, float]:
    return {"centre": scale.centre, "half": scale.half}
