"""The solvers sgd and adam in an estimator: epoch by epoch, until there is no progress, with what is told of each."""

import math
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split

from chainrule.base.errors import DataError, warn
from chainrule.estimators.mlp.descent import Descent, Samples, Solver
from chainrule.estimators.mlp.execution import executor_for
from chainrule.estimators.mlp.perceptron import Arrays, Perceptron, forward
from chainrule.estimators.mlp.targets import COMPARISONS
from chainrule.estimators.small import small_steps
from chainrule.training.sampling import batch_count

BATCH = 200


class Stochastic(BaseEstimator):
    """An estimator that learns by mini-batches."""

    activation: str
    solver: str
    alpha: float
    batch_size: Any
    max_iter: int
    shuffle: bool
    tol: float
    verbose: Any
    early_stopping: bool
    validation_fraction: float
    n_iter_no_change: Any

    coefs_: Arrays
    intercepts_: Arrays
    n_outputs_: int
    out_activation_: str
    n_iter_: int
    t_: int
    loss_: float
    loss_curve_: list[float]
    best_loss_: Any
    validation_scores_: Any
    best_validation_score_: Any
    _random_state: np.random.RandomState

    def _forget(self) -> None:
        """Begin to tell of epochs."""
        self.loss_curve_ = []
        self._no_improvement_count, self._best = 0, self._parameters()
        self.best_loss_ = None if self.early_stopping else math.inf
        self.best_validation_score_ = -math.inf if self.early_stopping else None
        self.validation_scores_ = [] if self.early_stopping else None

    def _descend(self, samples: Samples, parameters: dict[str, Any], part: bool) -> np.ndarray:
        """w by mini-batches, in `Perceptron`'s order."""
        if not hasattr(self, "loss_curve_") or self.early_stopping != (self.best_loss_ is None):
            self._forget()
        if not (part and hasattr(self, "_optimizer")):
            self._optimizer = Solver.of(parameters)
        samples, held_out = self._split(samples) if self.early_stopping else (samples, None)
        perceptron, batch_size = self._perceptron(), self._samples_of_a_batch(len(samples))
        updates = (1 if part else self.max_iter) * batch_count(len(samples), batch_size)
        descent = Descent(
            self._optimizer,
            executor_for(perceptron, samples.x, updates, batch_size),
            self._parameters(),
            samples,
            comparison=COMPARISONS[self.out_activation_],
            alpha=self.alpha,
            batch_size=batch_size,
        )
        with small_steps(perceptron, batch_size):
            try:
                self._epochs(descent, held_out, part)
            except KeyboardInterrupt:
                warn("Training interrupted by user.", UserWarning)
        descent.end()
        return self._best if self.early_stopping else descent.parameters()

    def _epochs(self, descent: Descent, held_out: Samples | None, part: bool) -> None:
        """All epochs, or one, of `partial_fit`."""
        n = len(descent.samples)
        order, self.n_iter_ = np.arange(n), 0
        while self.n_iter_ < self.max_iter:
            if self.shuffle:
                order = order[self._shuffled(n)]
            self.loss_ = descent.epoch(order if self.shuffle else None)
            self.n_iter_, self.t_ = self.n_iter_ + 1, self.t_ + n
            self.loss_curve_.append(self.loss_)
            self._tell(f"Iteration {self.n_iter_}, loss = {self.loss_:.8f}")
            self._look(descent, held_out)
            self._optimizer.after(self.t_)
            if self._no_improvement_count > self.n_iter_no_change and self._ends():
                return
            if part:
                return
        message = f"Stochastic Optimizer: Maximum iterations ({self.max_iter}) reached and the optimization"
        warn(f"{message} hasn't converged yet.", ConvergenceWarning)

    def _shuffled(self, n: int) -> np.ndarray:
        """0 .. n-1."""
        order = np.arange(n)
        self._random_state.shuffle(order)
        return order

    def _look(self, descent: Descent, held_out: Samples | None) -> None:
        """Whether there was progress."""
        if held_out is None:
            stalls = self.loss_ > self.best_loss_ - self.tol
            self.best_loss_ = min(self.best_loss_, self.loss_)
        else:
            w = descent.parameters()
            score = self._score(self._outputs(held_out.x, *self._perceptron().parts(w)), held_out)
            self.validation_scores_.append(score)
            self._tell(f"Validation score: {score:f}")
            stalls = score < self.best_validation_score_ + self.tol
            if score > self.best_validation_score_:
                self.best_validation_score_, self._best = score, w
        self._no_improvement_count = self._no_improvement_count + 1 if stalls else 0

    def _ends(self) -> bool:
        """Whether there is nothing more to try where there was no progress for long."""
        what = "Validation score" if self.early_stopping else "Training loss"
        what = f"{what} did not improve more than tol={self.tol:f} for {self.n_iter_no_change} consecutive epochs."
        if not self._optimizer.lower():
            self._tell(f"{what} Stopping.")
            return True
        self._tell(f"{what} Setting learning rate to {self._optimizer.learning_rate:f}")
        self._no_improvement_count = 0
        return False

    def _tell(self, line: str) -> None:
        if self.verbose:
            print(line)

    def _split(self, samples: Samples) -> tuple[Samples, Samples]:
        """What is learned from, and what is held out: of two classes the same part of both."""
        given = [samples.x, samples.t, *([] if samples.weight is None else [samples.weight])]
        parts: Any = train_test_split(
            *given,
            test_size=self.validation_fraction,
            random_state=self._random_state,
            stratify=samples.t if self._stratified() else None,
        )
        kept, held_out = (Samples(*parts[k::2]) for k in range(2))
        if len(held_out) < 2:
            raise DataError(
                "The validation set is too small. Increase 'validation_fraction' or the size of your dataset."
            )
        return kept, held_out

    def _samples_of_a_batch(self, n: int) -> int:
        if isinstance(self.batch_size, str):
            return min(BATCH, n)
        if self.batch_size > n:
            warn(f"batch_size is {self.batch_size}, of {n} samples: all of them", UserWarning)
        return min(int(self.batch_size), n)

    def _units(self) -> list[int]:
        """Of the parameters there are."""
        return [len(self.coefs_[0]), *(np.shape(w)[1] for w in self.coefs_)]

    def _parameters(self) -> np.ndarray:
        """A new vector of them, in `Perceptron`'s order."""
        return np.concatenate([np.ravel(each) for each in (*self.coefs_, *self.intercepts_)])

    def _perceptron(self) -> Perceptron:
        return Perceptron(self._units(), self.activation, COMPARISONS[self.out_activation_].loss)

    def _outputs(self, x: Any, weights: Arrays, biases: Arrays) -> np.ndarray:
        """(n, outputs), before their activation."""
        return forward(x, weights, biases, self.activation)[-1]

    def _stratified(self) -> bool:
        """Whether t are to be in both parts alike."""
        return False

    def _score(self, y: np.ndarray, held_out: Samples) -> float:
        """Of outputs y (n, outputs), before their activation; NaN where there is none."""
        raise NotImplementedError
