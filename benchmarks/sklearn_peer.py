"""scikit-learn's MLPClassifier as a contestant, for the work `mlp`."""

import time
import warnings
from copy import deepcopy
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from benchmarks.contestant import Contestant
from benchmarks.inputs import network_of, prepared
from benchmarks.works import LEARNING_RATES, Work


def build(work: Work, configuration: str, threads: int, samples: int | None) -> Contestant:
    return Training(work, samples)  # its threads are OpenBLAS's, which the environment sets


class Training:
    """`fit` for one epoch: no penalty, no early stopping, in the order of the data."""

    def __init__(self, work: Work, samples: int | None) -> None:
        self.network, self.batch = network_of(work), work.batch
        x, self.t = prepared(work, samples)
        self.x = x.reshape(len(x), -1)
        self.model = self._model(solver=work.optimizer, learning_rate_init=LEARNING_RATES[work.optimizer])

    def _model(self, **how: Any) -> MLPClassifier:
        """A model with the network's initial weights, ready to go on from them."""
        how |= {"batch_size": self.batch, "max_iter": 1, "shuffle": False, "warm_start": True}
        model = MLPClassifier((100,), alpha=0, **how)
        model.partial_fit(self.x[: self.batch], self.t[: self.batch], classes=np.arange(10))  # makes its arrays
        model.coefs_ = [w.T.copy() for w in self._named("w")]
        model.intercepts_ = [b.copy() for b in self._named("b")]
        del model._optimizer  # the next fit makes a new one, of these weights
        return model

    def _named(self, key: str) -> list[np.ndarray]:
        return [w for name, w in self.network.named().items() if name.endswith(f".{key}")]

    def check(self) -> dict[str, np.ndarray]:
        """One step of plain gradient descent with learning rate 1: it moves w by the gradient."""
        model = self._model(solver="sgd", learning_rate_init=1.0, momentum=0.0)
        model.partial_fit(self.x[: self.batch], self.t[: self.batch])
        found = {"loss": np.array(model.loss_)}
        moved = [w for pair in zip(model.coefs_, model.intercepts_, strict=True) for w in pair]  # in canonical order
        for (name, before), after in zip(self.network.named().items(), moved, strict=True):
            found[name] = before - after.T
        return found

    def run(self, items: int) -> tuple[int, float]:
        model, n = deepcopy(self.model), min(-(-items // self.batch) * self.batch, len(self.x))
        x, t = self.x[:n], self.t[:n]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # one epoch is what is asked for
            clock = time.perf_counter()
            model.fit(x, t)
            return n, time.perf_counter() - clock
