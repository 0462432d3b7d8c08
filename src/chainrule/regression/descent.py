"""How to descend to a polynomial of the least squares; most of it follows from the data.

    repeat:  w <- w - eta dL(w; D')/dw          of the mean loss of x and t, both scaled to [-1, 1]

`gd`: D' = D. eta and the number of updates follow from the loss's Hessian (`polynomial` has the formulas); where plain
descent would take more than 20,000 updates, with momentum.

`sgd`: D' are mini-batches. At first eta = 1 / (degree + 1): no mini-batch's Hessian has an eigenvalue above
2 max |p_i|^2 = 2 (degree + 1), so none can throw w further from its own lowest point. eta decays to a thousandth of
that, and with it the noise of the updates.
"""

import math
from dataclasses import dataclass

from chainrule.base.arguments import name_among, real_number, truth
from chainrule.base.elementary import power
from chainrule.base.errors import UsageError
from chainrule.base.numbers import whole_number
from chainrule.base.random import check_seed
from chainrule.base.showing import short
from chainrule.regression.polynomial import ScaledProblem
from chainrule.training.optimizers import SGD
from chainrule.training.sampling import batch_count
from chainrule.training.settings import Training

METHODS = ("gd", "sgd")
SGD_TOLERANCE = 1e-4  # of the gradient's norm
MOST_PLAIN = 20_000  # updates without momentum
MOST_UPDATES = 100_000  # updates at all, by default
SGD_UPDATES = 5_000  # at least so many by default, and so many more ...
SGD_TIME = 300.0  # ... that eta lambda_min of them add up to this: enough for the noise to average out
SGD_LAST_LR = 1e-3  # of the first


@dataclass(frozen=True)
class Descent:
    """How to descend; what is None follows from the data.

    method : "gd", by all data for every update, or "sgd", by mini-batches
    lr : eta, of the scaled problem
    epochs : passes over the data, an update each by gd (default: as convergence takes, within 100,000 updates)
    batch_size : samples of a mini-batch of sgd (default: 10, or n / 100 if that is more)
    seed : of sgd's shuffles, 0 to 2**64 - 1
    tolerance : the norm of the scaled mean loss's gradient at which a fit has converged (default: 1e-12, for sgd 1e-4,
        or what float64 can resolve where kappa is large)
    until_converged : end the run as soon as it has

    Raises UsageError for what is out of its range.
    """

    method: str = "gd"
    lr: float | None = None
    epochs: int | None = None
    batch_size: int | None = None
    seed: int = 0
    tolerance: float | None = None
    until_converged: bool = False

    def __post_init__(self) -> None:
        checked: dict[str, object] = {"seed": check_seed(self.seed)}
        name_among(METHODS, "the method", self.method)
        checked["until_converged"] = truth("until_converged", self.until_converged)
        if self.batch_size is not None:
            if self.method == "gd":
                given = f"the batch size is {short(self.batch_size)}, but gd takes all data for an update"
                raise UsageError(f"{given}; expected method sgd")
            checked["batch_size"] = whole_number("the batch size", self.batch_size, 1)
        if self.epochs is not None:
            checked["epochs"] = whole_number("epochs", self.epochs, 0)
        for name, called in (("lr", "the learning rate"), ("tolerance", "the tolerance")):
            if (value := getattr(self, name)) is not None:
                checked[name] = real_number(called, value, "a number above 0", lambda number: number > 0)
        for name, value in checked.items():
            object.__setattr__(self, name, value)

    def tolerance_for(self, problem: ScaledProblem) -> float:
        """The tolerance, or the default of that problem."""
        return self.tolerance or (problem.tolerance if self.method == "gd" else SGD_TOLERANCE)

    def training_for(self, problem: ScaledProblem) -> Training:
        """How to train on that problem; UsageError for epochs or a seed out of its range."""
        return self._gd(problem) if self.method == "gd" else self._sgd(problem)

    def _gd(self, problem: ScaledProblem) -> Training:
        """Plain descent; with momentum where that takes too long, unless there is no time for momentum to pay."""
        tolerance = self.tolerance_for(problem)
        optimizer = problem.plain() if self.lr is None else SGD(self.lr)
        needed = problem.updates_needed(optimizer, tolerance)
        if self.lr is None and needed > MOST_PLAIN:
            faster = problem.heavy_ball()
            enough = problem.updates_needed(faster, tolerance)
            if self.epochs is None or self.epochs >= enough:
                optimizer, needed = faster, enough
        epochs = math.ceil(min(needed, MOST_UPDATES)) if self.epochs is None else self.epochs
        return Training(optimizer, epochs, batch_size=None)

    def _sgd(self, problem: ScaledProblem) -> Training:
        """Mini-batches, and an eta that decays."""
        optimizer = SGD(1 / (problem.degree + 1) if self.lr is None else self.lr)
        batch_size = self.batch_size or max(10, problem.n // 100)
        epochs = self.epochs
        if epochs is None:
            slowest = optimizer.lr * problem.lowest
            updates = max(SGD_UPDATES, SGD_TIME / slowest if slowest else math.inf)
            epochs = math.ceil(min(updates, MOST_UPDATES) / batch_count(problem.n, batch_size))
        lr_decay = power(SGD_LAST_LR, 1 / max(epochs, 1))
        return Training(optimizer, epochs, batch_size, lr_decay=lr_decay, seed=self.seed)
