"""20vgg: the sibling of the lecture's C++ program, number for number: a VGG network that learns small photographs.

Unlike the lecture's program it has batch normalisation, whose evaluation, too, is by the batch's own moments; its
evaluation drops as well; and its batches are drawn with replacement, so that there are no epochs. What it is made of:
tasks/vgg20.py.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from chainrule.base.errors import UsageError
from chainrule.engine import execute
from chainrule.losses import LogSoftmaxNLL
from chainrule.network.network import Network
from chainrule.tasks.drand48 import Stream
from chainrule.tasks.vgg20 import SHAPE, Streams, layers, scaled, shuffled, weights
from chainrule.training.objective import Batch
from chainrule.training.optimizers import SGD

LARGEST = 64
"""Samples in a batch, and in one of those in which the validation data go through the network."""


@dataclass(frozen=True)
class Settings:
    """What the program is told."""

    channels: int = 64
    batch_size: int = 64
    iterations: int = 20
    lr: float = 0.01
    dropout: bool = False
    samples: int = 0  # of the data; 0: all
    same_batch: bool = False  # every iteration draws the same one
    validation: float = 0.1  # the fraction of the data that is validated by
    interval: float = 5.0  # samples that are trained on for one that is validated
    weight_seed: int = 45678901234523
    data_seed: int = 67890123452345
    sample_seed: int = 34567890123452
    dropout_seed: int = 56789012345234

    def __post_init__(self) -> None:
        if not 1 <= self.batch_size <= LARGEST:
            raise UsageError(f"the batch size is {self.batch_size}; expected 1 to {LARGEST}")
        if not 0 <= self.validation <= 1:
            raise UsageError(f"the fraction to validate by is {self.validation}; expected 0 to 1")
        for what, value in (("learning rate", self.lr), ("interval", self.interval)):
            if not value > 0:
                raise UsageError(f"the {what} is {value}; expected a number above 0")


class Pass(NamedTuple):
    """What a batch, or all the validation data, went through the network with."""

    training: bool
    before: int  # samples of its kind that did so before
    images: np.ndarray  # (n,) their places in the file
    predicted: np.ndarray  # (n,) classes
    truth: np.ndarray  # (n,)
    loss: float  # mean

    @property
    def right(self) -> int:
        return int((self.predicted == self.truth).sum())


class Heard(LogSoftmaxNLL):
    """The loss, which keeps the classes that the network gave the most, to be told of them."""

    def __init__(self) -> None:
        self.predicted: list[np.ndarray] = []

    def error(self, y: np.ndarray, t: np.ndarray) -> np.ndarray:
        self.predicted.append(y.argmax(axis=1))
        return super().error(y, t)


@dataclass
class Program:
    """The program, with data: x (N, 3, 32, 32) bytes and t (N,) classes, in the order of their file.

    DataError for a class beyond the ten.
    """

    settings: Settings
    x: np.ndarray
    t: np.ndarray
    engine: str = "compiled"
    dtype: np.dtype = field(default_factory=lambda: np.dtype(np.float32))
    threads: int | None = None

    def __post_init__(self) -> None:
        s, self.loss = self.settings, Heard()
        self.network = Network(layers(s.channels, s.dropout, self.dtype), SHAPE, self.loss, dtype=self.dtype.type)
        self.loss.check_targets(self.t, self.network.output_shape)
        self.network.w[:] = weights(self.network, s.weight_seed)
        streams = Streams.of(self.network, s.dropout_seed)
        self.objective = execute(self.network, self.engine, streams, self.threads)
        order = shuffled(len(self.x), s.data_seed)
        n = min(s.samples or len(order), len(order))
        trained = max(1, int(n - n * s.validation))
        self.train, self.validate = order[:trained], order[trained:n]
        self.trained = self.validated = 0

    @property
    def parts(self) -> tuple[tuple[str, np.ndarray], ...]:
        """The images that are trained on, and those that are validated by."""
        return ("train", self.train), ("validate", self.validate)

    def run(self) -> Iterator[Pass]:
        """Train, telling of each batch and each validation; the network has the weights so far."""
        s, network = self.settings, self.network
        w = self.objective.layout.pack(network.w)
        gw, batches = np.zeros_like(w), Stream(s.sample_seed)
        optimizer = SGD(float(self.dtype.type(s.lr) / self.dtype.type(s.batch_size)))
        state = optimizer.new_state(w)
        for _ in range(s.iterations):
            if s.same_batch:
                batches.rewind()
            images = self.train[batches.below(np.full(s.batch_size, len(self.train)))]
            loss = self.objective.loss_and_gradient(w, self._batch(images), gw)
            done = self._told(True, self.trained, images, loss)
            self.objective.update(optimizer, w, gw, state)
            network.w[:] = self.objective.layout.unpack(w)
            self.trained += len(images)
            yield done
            if len(self.validate) and self.trained >= s.interval * (self.validated + len(self.validate)):
                yield self._validation(w)

    def _validation(self, w: np.ndarray) -> Pass:
        loss, before = 0.0, self.validated
        for k in range(0, len(self.validate), LARGEST):
            part = self.validate[k : k + LARGEST]
            loss += self.objective.loss(w, self._batch(part))
            self.validated += len(part)
        return self._told(False, before, self.validate, loss)

    def _batch(self, images: np.ndarray) -> Batch:
        """Those images, after all that went through the network so far."""
        return Batch(scaled(self.x[images]), self.t[images], offset=self.trained + self.validated)

    def _told(self, training: bool, before: int, images: np.ndarray, loss: float) -> Pass:
        predicted = np.concatenate(self.loss.predicted)
        self.loss.predicted.clear()
        return Pass(training, before, images, predicted, self.t[images], loss / len(images))
