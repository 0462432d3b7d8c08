"""20vgg: the sibling of the lecture's C++ program, number for number: a VGG network that learns small photographs.

It draws from drand48 (`tasks/drand48.py`), from a stream each for the weights, the shuffle of the data, the batches and
each of ten dropouts. Unlike the lecture's program it has batch normalisation, whose evaluation, too, is by the batch's
own moments; its evaluation drops as well; and its batches are drawn with replacement, so that there are no epochs.

Source: K. Simonyan, A. Zisserman, *Very Deep Convolutional Networks* (2015); the program is K. Taura's.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from chainrule.base.arguments import name_among
from chainrule.base.errors import UsageError
from chainrule.base.random import Draws, Source
from chainrule.layers import (
    BatchNormalisation,
    Convolution,
    Dropout,
    Layer,
    Linear,
    MaxPooling,
    ReLU,
)
from chainrule.losses import LogSoftmaxNLL
from chainrule.network.engine import ENGINES
from chainrule.network.network import Network
from chainrule.tasks.drand48 import Stream, drawn_again
from chainrule.training.objective import Batch
from chainrule.training.optimizers import SGD

SHAPE = 3, 32, 32
CLASSES = 10
LARGEST = 64
"""Samples in a batch, and in one of those in which the validation data go through the network."""
SHUFFLES = 15
EPS = 2e-5


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


def block(channels: int) -> list[Layer]:
    return [Convolution(channels, padding=1, bias=False), *normalised()]


def normalised() -> list[Layer]:
    return [BatchNormalisation(eps=EPS, running=False), ReLU(derivative_at_zero=1)]


def layers(channels: int, dropout: bool, dtype: np.dtype) -> list[Layer]:
    """The program's layers; without dropout the same as with its probabilities at 0."""
    drop = {p: [Dropout(float(dtype.type(p)))] if dropout else [] for p in (0.3, 0.4, 0.5)}
    c, pool = channels, MaxPooling()
    twice = [*block(c), *drop[0.3], *block(c), pool, *block(2 * c), *drop[0.4], *block(2 * c), pool]
    thrice = [[*block(n), *drop[0.4], *block(n), *drop[0.4], *block(n), pool] for n in (4 * c, 8 * c, 8 * c)]
    head = [Linear(8 * c, bias=False), *normalised(), *drop[0.5], Linear(CLASSES, bias=False)]
    return [*twice, *(layer for group in thrice for layer in group), *drop[0.5], *head]


def weights(network: Network, seed: int) -> np.ndarray:
    """(size,) of w's type: filters and matrices normal of variance 1/fan_in, matrices drawn (in, out); all others
    uniform from 0 to 1."""
    w, stream = np.empty_like(network.w), Stream(seed)
    for placed in network.parameters:
        view = placed.view(w)
        if view.ndim == 1:
            view[...] = stream.uniform(view.size)
            continue
        drawn = stream.normal(view.size, placed.parameter.fan_in**-0.5, w.dtype)
        view[...] = drawn.reshape(view.shape[::-1]).T if view.ndim == 2 else drawn.reshape(view.shape)
    return w


def scaled(pixels: np.ndarray) -> np.ndarray:
    """(n, 3, 32, 32) float32 of bytes: each image divided by its largest."""
    largest = pixels.reshape(len(pixels), -1).max(axis=1).astype(np.float32)
    with np.errstate(divide="ignore", invalid="ignore"):  # a black image becomes NaN, as in the program
        return pixels * (np.float32(1) / largest)[:, None, None, None]


def shuffled(n: int, seed: int) -> np.ndarray:
    """(n,) int64: 0 .. n-1 after the program's shuffles."""
    order, stream = np.arange(n), Stream(seed)
    for _ in range(SHUFFLES):
        for i, j in enumerate(stream.below(n - np.arange(n)).tolist()):
            order[i], order[i + j] = order[i + j], order[i]
    return order


@dataclass(frozen=True)
class StreamDraws(Draws):
    """Those of a dropout, a stream of its own, after as many samples as the batch's offset."""

    streams: tuple[tuple[int, int], ...] = ()  # (the number of a dropout's layer, its seed)

    def keep(self, p: float, samples: int, elements: int) -> np.ndarray:
        seed = dict(self.streams)[self.layer]
        return drawn_again(seed, self.offset * elements, samples * elements).reshape(samples, elements) >= p


@dataclass(frozen=True)
class Streams(Source):
    """The random words of a run."""

    streams: tuple[tuple[int, int], ...] = ()

    @classmethod
    def of(cls, network: Network, seed: int) -> "Streams":
        """The k-th dropout, from 1 on, has the seed + 100 k."""
        numbers = [node.number for node in network.graph.nodes if isinstance(node.layer, Dropout)]
        return cls(0, tuple((number, seed + 100 * k) for k, number in enumerate(numbers, 1)))

    def draws(self, step: int = 0, offset: int = 0) -> Draws:
        return StreamDraws(0, 0, step, offset, self.streams)


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
        name_among(ENGINES, "the engine", self.engine)
        s, self.loss = self.settings, Heard()
        self.network = Network(layers(s.channels, s.dropout, self.dtype), SHAPE, self.loss, dtype=self.dtype.type)
        self.loss.check_targets(self.t, self.network.output_shape)
        self.network.w[:] = weights(self.network, s.weight_seed)
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
        self.objective = ENGINES[self.engine](network, Streams.of(network, s.dropout_seed), self.threads)
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

    def _told(self, training: bool, before: int, images: Sequence[int] | np.ndarray, loss: float) -> Pass:
        predicted = np.concatenate(self.loss.predicted)
        self.loss.predicted.clear()
        return Pass(training, before, np.asarray(images), predicted, self.t[images], loss / len(images))
