"""What NeuralClassifier and NeuralRegressor share: all but what a target is."""

import math
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from chainrule.base.alone import trained_alone
from chainrule.base.errors import DataError, UsageError
from chainrule.data.dataset import Dataset, check_weighs
from chainrule.estimators.architecture import layers_in_a_row, with_outputs
from chainrule.estimators.learner import Learner, weight_of
from chainrule.estimators.refusals import as_it_was_if_refused
from chainrule.estimators.samples import as_rows, check_images, checked, sample_shape, scaled, weights_of
from chainrule.estimators.settings import check_truths, stopping_of, training_of
from chainrule.estimators.small import threads_for
from chainrule.estimators.weights import as_counts
from chainrule.layers import Layer, Standardise
from chainrule.losses import Loss
from chainrule.network.network import Network
from chainrule.network.scaling import scaling_of
from chainrule.tasks.fitting import History
from chainrule.tasks.prediction import predictor_of
from chainrule.training.monitor import Monitor

FLOATS: tuple[type, ...] = np.float64, np.float32


class NeuralEstimator(BaseEstimator):
    """A network behind scikit-learn's interface. NeuralClassifier explains the parameters and attributes."""

    network_: Network
    n_features_in_: int
    n_iter_: int
    loss_: float
    loss_curve_: list[float]
    validation_scores_: list[float] | None
    best_validation_score_: float | None

    _monitor: ClassVar[Monitor]  # what early stopping looks at
    _y_is: ClassVar[dict[str, bool]]  # what validate_data is told of y

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
        warm_start: bool = False,
        random_state: Any = None,
        threads: int | None = None,
    ) -> None:
        self.layers = layers
        self.image_shape = image_shape
        self.standardise = standardise
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.learning_rate_decay = learning_rate_decay
        self.schedule = schedule
        self.clip_norm = clip_norm
        self.average = average
        self.augmentation = augmentation
        self.alpha = alpha
        self.batch_size = batch_size
        self.max_iter = max_iter
        self.tol = tol
        self.n_iter_no_change = n_iter_no_change
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.warm_start = warm_start
        self.random_state = random_state
        self.threads = threads

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Learn from X (n, features) or images (n, channels, height, width), and y; sample_weight (n,) counts them."""
        parameters = self.get_params(deep=False)
        check_truths(parameters)
        with trained_alone(self), as_it_was_if_refused(self):
            fresh = not (self.warm_start and hasattr(self, "network_"))
            loss = self._loss()
            data, held_out = self._read(X, y, sample_weight, fresh), None
            stopping = stopping_of(parameters, self._monitor)
            if self.early_stopping:
                data, held_out = self._split(data)
            learner = self._new_learner(data, loss) if fresh else self._learner.with_loss(loss)
            training = training_of(parameters, data, weight_of(data), self._seed)
            history = learner.learn(data, training, held_out, listeners=[stopping], threads=self._threads())
            self.validation_scores_ = None if held_out is None else self._scores(history, learner.in_units(held_out))
            defined = [score for score in self.validation_scores_ or () if not math.isnan(score)]
            self.best_validation_score_ = max(defined, default=None)
            return self._finish(learner, history, fresh)

    def _fit_part(self, X: Any, y: Any, sample_weight: Any) -> Self:
        """One epoch of these data, after all that there was before."""
        parameters = self.get_params(deep=False)
        check_truths(parameters)
        with trained_alone(self), as_it_was_if_refused(self):
            if self.early_stopping:
                raise UsageError("partial_fit cannot hold out data for early stopping; expected early_stopping=False")
            fresh = not hasattr(self, "network_")
            loss = self._loss()
            data = self._read(X, y, sample_weight, fresh, part=True)
            learner = self._new_learner(data, loss) if fresh else self._learner.apart().with_loss(loss)
            if not fresh:
                learner.see(data)
            training = training_of(parameters, data, learner.weight_seen(), self._seed, part=True)
            return self._finish(learner, learner.go_on(data, training, self._threads()), fresh)

    def _finish(self, learner: Learner, history: History, fresh: bool) -> Self:
        """What is told of a fit."""
        losses = [record.loss for record in history.epochs]
        self.loss_curve_ = losses if fresh else self.loss_curve_ + losses
        self.loss_, self.n_iter_ = losses[-1], len(losses)
        self._learner, self.network_ = learner, learner.in_raw_units()
        return self

    def _read(self, X: Any, y: Any, sample_weight: Any, fresh: bool, *, part: bool = False) -> Dataset:
        """The data, less samples that weigh nothing; fresh: for a new network; part: for `partial_fit`."""
        x, y = self._samples(X, fresh, y=checked("y", y, "mMV" if self._y_is else ""), **self._y_is)
        weight = None
        if sample_weight is not None:
            weight = weights_of(sample_weight, x)
            if not weight.all():
                x, y, weight = x[weight > 0], y[weight > 0], weight[weight > 0]
        if fresh:
            self._seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        t, weight = self._targets(y, weight, fresh, part)
        check_weighs(weight)
        return Dataset(x, t, None if weight is None else as_counts(weight))

    def _split(self, data: Dataset) -> tuple[Dataset, Dataset]:
        """What is to be learnt from, and a random part held out; each class has its share of both."""
        least, size = self._check_members(data.t), math.ceil(self.validation_fraction * len(data))
        if min(size, len(data) - size) < least:
            given = f"validation_fraction is {self.validation_fraction} of {len(data)} samples, which holds out {size}"
            raise DataError(f"{given}; expected at least {least} held out, and {least} to learn from")
        strata = data.t if data.t.dtype.kind in "iu" else None
        kept, held_out = train_test_split(
            np.arange(len(data)), test_size=size, random_state=self._seed, stratify=strata
        )
        return data.take(np.asarray(kept)), data.take(np.asarray(held_out))

    def _samples(self, X: Any, fresh: bool = False, **y: Any) -> Any:
        """X as samples of the network's shape, in a type that it takes; and y, if there is one."""
        rows, image = as_rows(checked("X", X))
        if fresh:
            in_bytes = image is not None or self.image_shape is not None or isinstance(self.layers, str)
            types = (*FLOATS, np.uint8) if in_bytes else FLOATS
        else:
            check_images(image, self.network_.input_shape)
            types = (np.float32, np.uint8) if self._reads_bytes else (self.network_.w.dtype,)
        found: Any = validate_data(self, rows, reset=fresh, dtype=types, order="C", **y)
        x, *rest = found if y else (found,)
        if fresh:
            self._shape = sample_shape(self.layers, self.image_shape, image, x.shape[1])
            self._reads_bytes = x.dtype == np.uint8
        if self._reads_bytes and x.dtype != np.uint8:
            x = scaled(x, self.network_.scaling)
        x = x.reshape(len(x), *self._shape)
        return (x, *rest) if y else x

    def _new_learner(self, data: Dataset, loss: Loss) -> Learner:
        """A network of these data's type, and with their units."""
        layers = with_outputs(self._hidden(), self._outputs(data.t))
        network = Network(
            layers,
            self._shape,
            loss,
            scaling=scaling_of(data) if self._reads_bytes and self.standardise else None,
            seed=self._seed,
            dtype=np.float32 if self._reads_bytes else data.x.dtype,
        )
        own = self.standardise and not self._reads_bytes and not isinstance(layers[0], Standardise)
        learner = Learner(network, inputs=own, targets=self.standardise and data.t.dtype.kind == "f")
        learner.see(data)
        return learner

    def _answers(self, X: Any) -> np.ndarray:
        """(n, outputs) what the network answers."""
        check_is_fitted(self, "network_")
        return predictor_of(self.network_, threads=self._threads()).outputs(self._samples(X))

    def _threads(self) -> int | None:
        return threads_for(self.threads)

    def _hidden(self) -> list[Layer]:
        """The layers, perhaps without the last."""
        return layers_in_a_row(self.layers)

    def _loss(self) -> Loss:
        """What it is trained by; UsageError for a parameter that does not say."""
        raise NotImplementedError

    def _targets(self, y: np.ndarray, weight: Any, fresh: bool, part: bool) -> tuple[np.ndarray, Any]:
        """What the loss takes of y (n, ...), and what the samples weigh, (n,) or None."""
        raise NotImplementedError

    def _check_members(self, t: np.ndarray) -> int:
        """How many samples a part to learn from, or one held out, must have; DataError for targets with too few."""
        return 2

    def _outputs(self, t: np.ndarray) -> int:
        """How many outputs such targets need."""
        raise NotImplementedError

    def _scores(self, history: History, held_out: Dataset) -> list[float]:
        """The score on the part held out, in the network's units, after each epoch; NaN where it is not defined."""
        raise NotImplementedError
