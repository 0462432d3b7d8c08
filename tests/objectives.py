"""Objectives for gradient checks: any function of w, and networks in float64."""

from collections.abc import Callable
from typing import SupportsFloat

import numpy as np

from chainrule.layers import Layer
from chainrule.losses import Loss
from chainrule.network.network import Network
from chainrule.training.objective import Batch, Objective

EMPTY = Batch(np.empty(0), np.empty(0))
WITH_ROOM = 0.1  # right gradients stay at least this far inside the bound


class Function(Objective):
    """L(w) and dL/dw as given, and where it has kinks."""

    def __init__(
        self,
        f: Callable[[np.ndarray], SupportsFloat],
        g: Callable[[np.ndarray], np.ndarray],
        kinks: Callable[[np.ndarray], np.ndarray] | None = None,
    ) -> None:
        self.f, self.g, self.k = f, g, kinks

    def loss(self, w: np.ndarray, batch: Batch) -> float:
        return float(self.f(w))

    def loss_and_gradient(self, w: np.ndarray, batch: Batch, out: np.ndarray) -> float:
        out[:] = self.g(w)
        return float(self.f(w))

    def kinks(self, w: np.ndarray, batch: Batch) -> list[np.ndarray]:
        return [self.k(w)] if self.k else []


def squares(factor: float = 1.0) -> Function:
    """L = sum w^2, dL/dw = 2 w, wrong by the factor."""
    return Function(lambda w: w @ w, lambda w: 2 * w * factor)


def network_of(*layers: Layer, shape: tuple[int, ...] = (1, 8, 7), loss: Loss | None = None, seed: int = 1) -> Network:
    return Network(layers, shape, loss, seed=seed, dtype=np.float64)
