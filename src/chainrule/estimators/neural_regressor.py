"""NeuralRegressor: a network behind scikit-learn's interface, for numbers."""

import math
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import MultiOutputMixin, RegressorMixin

from chainrule.base.errors import DataError
from chainrule.data.dataset import Dataset
from chainrule.estimators.base import NeuralEstimator
from chainrule.losses import Loss, SquaredError
from chainrule.tasks.fitting import History
from chainrule.training.monitor import Monitor


class NeuralRegressor(MultiOutputMixin, RegressorMixin, NeuralEstimator):
    """A regression by a neural network, trained with the squared error; y is (n,), or (n, k) for k numbers at a time.

        NeuralRegressor().fit(X, y).predict(X)

    Parameters and attributes are NeuralClassifier's, less those of classes, and not those of scikit-learn's
    MLPRegressor (`chainrule.MLPRegressor` has these). The losses of `loss_curve_` are in the units of standardised
    targets, where the variance of each is 1; `validation_scores_` are R^2 (of several targets together: of the summed
    squares), NaN where the targets held out are all the same.
    """

    _loss: ClassVar[Loss] = SquaredError()
    _monitor: ClassVar[Monitor] = "loss"
    _y_is: ClassVar[dict[str, bool]] = {"multi_output": True, "y_numeric": True}

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """One epoch of these data, after those of earlier calls."""
        return self._fit_part(X, y, sample_weight)

    def predict(self, X: Any) -> np.ndarray:
        """(n,) or (n, k), as y was."""
        answers = self._answers(X)
        return answers.ravel() if self._flat else answers

    def _targets(self, y: np.ndarray, weight: Any, fresh: bool, part: bool) -> tuple[np.ndarray, Any]:
        if fresh:
            self._flat = y.ndim == 1
        t = y.reshape(len(y), -1).astype(np.float64)
        if not fresh and self.network_.output_shape != t.shape[1:]:
            raise DataError(f"y has {t.shape[1]} targets a sample; expected {self.network_.output_shape[0]}, as before")
        return t, weight

    def _outputs(self, t: np.ndarray) -> int:
        return t.shape[1]

    def _scores(self, history: History, held_out: Dataset) -> list[float]:
        t, weight = held_out.t, held_out.sample_weight
        variance = np.average((t - np.average(t, axis=0, weights=weight)) ** 2, axis=0, weights=weight).sum()
        losses = [each.validation.loss for each in history.epochs if each.validation]
        return [float(1 - loss / variance) if variance > 0 else math.nan for loss in losses]
