"""NeuralRegressor: a network behind scikit-learn's interface, for numbers."""

import math
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import MultiOutputMixin, RegressorMixin

from chainrule.base.arguments import is_among
from chainrule.base.errors import DataError, UsageError
from chainrule.base.showing import short
from chainrule.data.dataset import Dataset
from chainrule.estimators.base import NeuralEstimator
from chainrule.losses import AbsoluteError, Huber, Loss, SquaredError
from chainrule.losses.regression import RegressionLoss
from chainrule.tasks.fitting import History
from chainrule.training.monitor import Monitor

LOSSES: dict[str, type[RegressionLoss]] = {
    "squared_error": SquaredError,
    "huber": Huber,
    "absolute_error": AbsoluteError,
}
"""By scikit-learn's names."""


class NeuralRegressor(MultiOutputMixin, RegressorMixin, NeuralEstimator):
    """A regression by a neural network; y is (n,), or (n, k) for k numbers at a time.

        NeuralRegressor().fit(X, y).predict(X)
        NeuralRegressor(loss="huber")                       with wild numbers among y

    Parameters and attributes are NeuralClassifier's, less those of classes, and not those of scikit-learn's
    MLPRegressor (`chainrule.MLPRegressor` has these), and

    loss : "squared_error", "huber", "absolute_error", or such a loss, as in `chainrule.Huber(0.5)`, whose delta is in
        standard deviations of y, which wild numbers make larger, if `standardise`

    The losses of `loss_curve_` are in the units of standardised targets, where the variance of each is 1, and early
    stopping looks at the loss; `validation_scores_` are R^2 (of several targets together: of the summed squares), NaN
    where the targets held out are all the same.
    """

    _monitor: ClassVar[Monitor] = "loss"
    _y_is: ClassVar[dict[str, bool]] = {"multi_output": True, "y_numeric": True}

    def __init__(
        self,
        layers: Any = (100,),
        *,
        image_shape: Any = None,
        standardise: bool = True,
        optimizer: Any = "auto",
        learning_rate: Any = "auto",
        learning_rate_decay: Any = "auto",
        schedule: Any = "auto",
        clip_norm: Any = "auto",
        average: Any = "auto",
        augmentation: Any = "auto",
        alpha: float = 2.0,
        batch_size: Any = "auto",
        max_iter: Any = "auto",
        tol: float = 1e-4,
        n_iter_no_change: int = 10,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        loss: Any = "squared_error",
        warm_start: bool = False,
        random_state: Any = None,
        threads: int | None = None,
    ) -> None:
        super().__init__(
            layers,
            image_shape=image_shape,
            standardise=standardise,
            optimizer=optimizer,
            learning_rate=learning_rate,
            learning_rate_decay=learning_rate_decay,
            schedule=schedule,
            clip_norm=clip_norm,
            average=average,
            augmentation=augmentation,
            alpha=alpha,
            batch_size=batch_size,
            max_iter=max_iter,
            tol=tol,
            n_iter_no_change=n_iter_no_change,
            early_stopping=early_stopping,
            validation_fraction=validation_fraction,
            warm_start=warm_start,
            random_state=random_state,
            threads=threads,
        )
        self.loss = loss

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """One epoch of these data, after those of earlier calls."""
        return self._fit_part(X, y, sample_weight)

    def predict(self, X: Any) -> np.ndarray:
        """(n,) or (n, k), as y was."""
        y = self._answers(X)
        answers = self.network_.loss.prediction(y).astype(y.dtype, copy=False)
        return answers.ravel() if self._flat else answers

    def _loss(self) -> Loss:
        loss: Any = self.loss
        if is_among(LOSSES, loss):
            return LOSSES[loss]()
        if isinstance(loss, RegressionLoss) and not loss.has_units:
            return loss
        expected = f"{', '.join(LOSSES)} or one without units, as in Huber(0.5)"
        raise UsageError(f"loss is {short(loss)}; expected {expected}")

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
        errors = [each.validation.rmse for each in history.epochs if each.validation]
        squares = [math.nan if rmse is None else t.shape[1] * rmse**2 for rmse in errors]
        return [float(1 - square / variance) if variance > 0 else math.nan for square in squares]
