"""The solver lbfgs: SciPy's L-BFGS-B on all samples at once, in float64."""

from typing import Any

import numpy as np
from scipy.optimize import OptimizeResult, minimize
from sklearn.exceptions import ConvergenceWarning

from chainrule.base.errors import warn
from chainrule.estimators.mlp.descent import Samples, shares
from chainrule.estimators.mlp.perceptron import Perceptron
from chainrule.estimators.mlp.targets import Comparison
from chainrule.training.objective import Batch


class Penalised:
    """The mean error of samples with its penalty, and its gradient, as a function of w: see `descent`."""

    def __init__(self, perceptron: Perceptron, samples: Samples, comparison: Comparison, alpha: float) -> None:
        n, factor = len(samples), comparison.factor
        total = float(n if samples.weight is None else samples.weight.sum())
        share = shares(n, factor) if samples.weight is None else samples.weight * (factor / total)
        self.batch = Batch(samples.x, samples.t, share)
        self.perceptron, self.decay = perceptron, alpha / total
        self.told_of = comparison.told(samples.t)
        self.weights = perceptron.undecayed[0].start  # how many: they come first

    def __call__(self, w: np.ndarray) -> tuple[float, np.ndarray]:
        gw, weights = np.empty_like(w), w[: self.weights]
        loss = self.perceptron.loss_and_gradient(w, self.batch, gw)
        gw[: self.weights] += self.decay * weights
        return loss + 0.5 * self.decay * float(weights @ weights), gw

    def told(self, w: np.ndarray) -> float:
        """The loss that is told."""
        weights = w[: self.weights]
        return self.told_of * self.perceptron.loss(w, self.batch) + 0.5 * self.decay * float(weights @ weights)


def minimise(function: Penalised, w: np.ndarray, parameters: dict[str, Any]) -> tuple[np.ndarray, int]:
    """(w, iterations), by an estimator's max_iter, max_fun, tol and verbose.

    A ConvergenceWarning tells that it ended elsewhere than at a lowest point.
    """
    max_iter, iterations = parameters["max_iter"], 0

    def tell(intermediate_result: OptimizeResult) -> None:
        nonlocal iterations
        iterations += 1
        print(f"Iteration {iterations}, loss = {intermediate_result.fun:.8f}")

    found = minimize(
        function,
        w,
        method="L-BFGS-B",
        jac=True,
        callback=tell if parameters["verbose"] else None,
        options={"maxiter": max_iter, "maxfun": parameters["max_fun"], "gtol": parameters["tol"]},
    )
    if found.status != 0:
        message = f"lbfgs did not converge in {found.nit} iterations: {found.message}; expected more of max_iter"
        warn(f"{message} or max_fun, or scaled data", ConvergenceWarning)
    return found.x, min(int(found.nit), max_iter)
