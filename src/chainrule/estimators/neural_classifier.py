"""NeuralClassifier: a network behind scikit-learn's interface, for classes."""

import math
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.multiclass import _check_partial_fit_first_call, check_classification_targets

from chainrule.base.arguments import real_number
from chainrule.base.errors import DataError, UsageError
from chainrule.data.dataset import Dataset
from chainrule.estimators.base import NeuralEstimator
from chainrule.estimators.refusals import as_it_was_if_refused
from chainrule.layers import Layer, LogSoftmax, Softmax
from chainrule.layers.log_softmax import log_softmax
from chainrule.layers.softmax import softmax
from chainrule.losses import LogSoftmaxNLL, Loss
from chainrule.tasks.fitting import History
from chainrule.training.monitor import Monitor


class NeuralClassifier(ClassifierMixin, NeuralEstimator):
    """A classifier by a neural network, trained with the negative log-likelihood.

        NeuralClassifier().fit(X, y).predict(X)
        NeuralClassifier([Convolution(32), ReLU(), MaxPooling(), 128], image_shape=(1, 28, 28))
        NeuralClassifier("mnist")

    A float32 X is computed in float32, float64 in float64, both by the compiled engine. Images may be bytes; all else
    becomes float64. Of weights only the ratios count: sample_weight means the same at any scale.

    Its defaults are not those of scikit-learn's MLPClassifier (`chainrule.MLPClassifier` has these): it standardises X,
    its alpha is 2.0 beside the sum over all samples (1e-4 there, beside that of a batch), its learning rate falls from
    one that suits the number of updates (0.001 there, constant), and it takes 50 epochs (200 there).

    Parameters
    ----------
    layers : sizes of hidden layers (of ReLUs), layers, both in a row, or the name of a preset
        The Linear for the outputs is added.
    image_shape : (channels, height, width) of what stands in a row of X; not needed where X is (n, c, h, w)
    standardise : learn in units in which every feature (and a regression's target) is about 1; see `units`
    optimizer : "adam", "adamw", "sgd", "rmsprop", "adadelta" or an optimizer, as in `chainrule.SGD(0.1, momentum=0.9,
        nesterov=True)`; "auto" is a preset's, or Adam
    learning_rate : "auto" is a given optimizer's or a preset's; for Adam, 0.05 for few updates to 0.001 for many
    learning_rate_decay : the factor on it after each epoch; "auto" is a preset's, or lets it fall to 3 % in all
    schedule : in its place, as in `chainrule.OneCycle()`; "auto" is a preset's, or none
    clip_norm : a longer gradient is shortened to that; "auto" is a preset's, or none
    average : of w, as in `chainrule.EMA()`; True is the plain mean of the last quarter; "auto" is a preset's, or none.
        partial_fit, which knows of no last epoch, leaves the learning rate as it is, and averages nothing
    augmentation : changes images of bytes anew in every epoch, as in `chainrule.Augmentation(crop=4, flip=True)`;
        "auto" is a preset's, or none
    alpha : the penalty alpha / 2 |w|^2, of weights and not of biases, that is added to the sum of all samples' errors;
        in partial_fit, of all different samples so far
    batch_size : "auto" is 200, or a preset's, or all samples if they are fewer
    max_iter : epochs; "auto" is 50, or a preset's
    tol, n_iter_no_change : training ends after so many epochs that did not lower the loss by tol
    early_stopping, validation_fraction : hold out a part, end when the score on it does not rise, take the best weights
    class_weight : None, "balanced", or {class: weight}
    label_smoothing : the share of the truth that all classes have alike; 0 to below 1, as of `chainrule.LogSoftmaxNLL`
    warm_start : fit goes on from the network there is
    random_state : fixes weights, shuffles and the part held out
    threads : of the compiled engine; by default as many as this process may use

    Attributes
    ----------
    network_ : the fitted `chainrule.Network`, for X in raw units; `network_.save(path)` writes it
    classes_ : the labels, in the order of its outputs
    n_features_in_, feature_names_in_ : what X was
    loss_curve_, loss_ : the mean loss of each epoch's samples, without penalty, and the last of them
    n_iter_ : epochs of the last call
    validation_scores_, best_validation_score_ : after each epoch, on the part held out; None without early stopping
    """

    _monitor: ClassVar[Monitor] = "accuracy"
    _y_is: ClassVar[dict[str, bool]] = {}

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
        class_weight: Any = None,
        label_smoothing: float = 0.0,
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
        self.class_weight = class_weight
        self.label_smoothing = label_smoothing

    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self:
        """One epoch of these data, after those of earlier calls; the first call needs all `classes` there will be."""
        with as_it_was_if_refused(self):
            _check_partial_fit_first_call(self, classes)
            return self._fit_part(X, y, sample_weight)

    def predict(self, X: Any) -> np.ndarray:
        """(n,) the most probable class of each sample."""
        best = self._answers(X).argmax(axis=1)
        return self.classes_[best]

    def predict_proba(self, X: Any) -> np.ndarray:
        """(n, classes) the probabilities of each sample's classes, in the order of `classes_`."""
        return softmax(self._answers(X))

    def predict_log_proba(self, X: Any) -> np.ndarray:
        """(n, classes) their logarithms."""
        return log_softmax(self._answers(X))

    def _hidden(self) -> list[Layer]:
        """A softmax at the end belongs to the loss."""
        row = super()._hidden()
        return row[:-1] if row and isinstance(row[-1], Softmax | LogSoftmax) else row

    def _loss(self) -> Loss:
        expected = "a number from 0 to below 1"
        return LogSoftmaxNLL(real_number("label_smoothing", self.label_smoothing, expected, lambda e: 0 <= e < 1))

    def _targets(self, y: np.ndarray, weight: Any, fresh: bool, part: bool) -> tuple[np.ndarray, Any]:
        check_classification_targets(y)
        if fresh and not part:
            self.classes_ = np.unique(y)
        elif not part:
            self._check_same_classes(np.unique(y))
        t = np.searchsorted(self.classes_, y).clip(max=len(self.classes_) - 1)
        unknown = np.flatnonzero(self.classes_[t] != y)
        if len(unknown):
            label, classes = y[unknown[:1]].tolist()[0], self.classes_.tolist()
            raise DataError(f"y has the label {label!r}; expected one of the classes {classes}")
        if self.class_weight is None:
            return t, weight
        if part and self.class_weight == "balanced":
            raise UsageError("class_weight is 'balanced', but partial_fit does not see all labels; expected weights")
        counts = np.ones(len(t)) if weight is None else weight
        return t, counts * self._class_weights(t, counts)[t]

    def _check_same_classes(self, given: np.ndarray) -> None:
        if not np.array_equal(given, self.classes_):
            classes = self.classes_.tolist()
            raise DataError(f"y has the classes {given.tolist()}; expected {classes}, with which warm_start goes on")

    def _check_members(self, t: np.ndarray) -> int:
        members = np.bincount(t, minlength=len(self.classes_))
        if members.min() < 2:
            label = self.classes_[members.argmin() :].tolist()[0]
            given = f"the class {label!r} has {members.min()} sample"
            raise DataError(f"{given}; expected at least 2 of each, as early stopping holds out some of each")
        return max(2, len(self.classes_))

    def _class_weights(self, t: np.ndarray, counts: np.ndarray) -> np.ndarray:
        """(classes,) what each class counts; balanced: so much that all weigh alike together."""
        if not (isinstance(self.class_weight, str) and self.class_weight == "balanced"):
            return compute_class_weight(self.class_weight, classes=self.classes_, y=self.classes_[t])
        weights = np.bincount(t, counts, minlength=len(self.classes_))
        return counts.sum() / (np.count_nonzero(weights) * np.where(weights > 0, weights, 1))

    def _outputs(self, t: np.ndarray) -> int:
        return len(self.classes_)

    def _scores(self, history: History, held_out: Dataset) -> list[float]:
        found = (each.validation.accuracy for each in history.epochs if each.validation)
        return [math.nan if accuracy is None else accuracy for accuracy in found]
