"""Random networks of all layers, of any sizes."""

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.base.errors import NetworkError
from chainrule.layers import (
    ELU,
    GELU,
    AveragePooling,
    BatchNormalisation,
    Convolution,
    Dropout,
    Flatten,
    GlobalAveragePooling,
    Layer,
    LayerNormalisation,
    LeakyReLU,
    Linear,
    LogSoftmax,
    MaxPooling,
    ReLU,
    Residual,
    Scale,
    Sequential,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Standardise,
    Tanh,
)
from chainrule.layers.layer import Shape
from chainrule.losses import SquaredError
from chainrule.network.network import Network

FLOATS = 1 << 15  # of a value of a sample, at most
PRODUCTS = 1 << 21  # multiply-adds of a sample, at most


class Draw:
    """Draws layers that may follow on a value of that shape."""

    def __init__(self, random: np.random.Generator, depth: int = 0) -> None:
        self.random, self.depth = random, depth
        self.makers: dict[type[Layer], Callable[[Shape], Layer]] = {
            Convolution: lambda shape: Convolution(self(1, 40), self(1, 5), self(1, 3), self(0, 2)),
            MaxPooling: lambda shape: MaxPooling(self(1, 4), self(0, 3)),
            AveragePooling: lambda shape: AveragePooling(self(1, 4), self(0, 3)),
            Linear: lambda shape: Linear(self(1, self.of(67, 67, 600))),
            Dropout: lambda shape: Dropout(self.of(0.0, 0.25, 0.5), self.of(False, True)),
            ReLU: lambda shape: ReLU(self.of(0, 0, 0, 1)),
            Sigmoid: lambda shape: Sigmoid(),
            Tanh: lambda shape: Tanh(),
            LeakyReLU: lambda shape: LeakyReLU(self.of(0.01, 0.3)),
            ELU: lambda shape: ELU(self.of(1.0, 0.5)),
            GELU: lambda shape: GELU(self.of(False, True)),
            SiLU: lambda shape: SiLU(),
            Softplus: lambda shape: Softplus(),
            Scale: lambda shape: Scale(),
            Flatten: lambda shape: Flatten(),
            GlobalAveragePooling: lambda shape: GlobalAveragePooling(),
            LayerNormalisation: lambda shape: LayerNormalisation(self.of(1e-2, 1.0)),
            BatchNormalisation: lambda shape: BatchNormalisation(self.of(0.1, 1.0), self.of(1e-2, 1.0)),
            Softmax: lambda shape: Softmax(),
            LogSoftmax: lambda shape: LogSoftmax(),
            Standardise: lambda shape: Standardise((0.5,) * shape[0], (2.0,) * shape[0]),
            Sequential: lambda shape: Sequential(self.inner(shape)),
            Residual: lambda shape: Residual(self.inner(shape)),
        }

    def __call__(self, low: int, high: int) -> int:
        return int(self.random.integers(low, high + 1))

    def of(self, *values: Any) -> Any:
        return values[self(0, len(values) - 1)]

    def layer(self, shape: Shape) -> Layer:
        """Half of them what engines fuse, the others any."""
        fused = Convolution, MaxPooling, ReLU, Linear, Dropout
        kinds = fused if self.random.random() < 0.5 else tuple(self.makers)
        return self.makers[kinds[self(0, len(kinds) - 1)]](shape)

    def inner(self, shape: Shape) -> list[Layer]:
        """Layers of a container, at most two deep."""
        draw = Draw(self.random, self.depth + 1)
        if self.depth > 1:
            return [Tanh()]
        return draw.row(shape, 2) or [Tanh()]

    def row(self, shape: Shape, most: int) -> list[Layer]:
        """Up to so many layers, each of which takes what the one before gives."""
        layers: list[Layer] = []
        for _ in range(self(1, most)):
            try:
                layer = self.layer(shape)
                found = layer.y_shape(shape)
            except NetworkError:
                continue
            if np.prod(found) <= FLOATS and layer.multiply_adds(shape) <= PRODUCTS:
                layers, shape = [*layers, layer], found
        return layers


def random_network(random: np.random.Generator) -> Network:
    """Of images or of vectors, for three classes or for numbers."""
    draw = Draw(random)
    shape = draw.of((draw(1, 20), draw(1, 40), draw(1, 40)), (draw(1, 3), draw(1, 67), draw(1, 67)), (draw(1, 300),))
    layers = draw.row(shape, 6)
    try:
        return Network(layers, shape, SquaredError())
    except NetworkError:  # a loss for what ends so is another one
        return Network([*layers, Linear(3)], shape)
