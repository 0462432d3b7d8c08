"""Random networks of all layers, of any sizes."""

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.base.errors import NetworkError
from chainrule.layers import (
    AveragePooling,
    Convolution,
    Dropout,
    Layer,
    Linear,
    LogSoftmax,
    MaxPooling,
    ReLU,
    Residual,
    Sequential,
    Sigmoid,
    Softmax,
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
            Convolution: self.of(self.square, self.any_convolution),
            MaxPooling: lambda shape: self.pooling(MaxPooling, shape),
            AveragePooling: lambda shape: self.pooling(AveragePooling, shape),
            Linear: lambda shape: Linear(self(1, self.of(67, 67, 600)), bias=self.of(True, True, False)),
            Dropout: lambda shape: Dropout(self.of(0.0, 0.25, 0.5)),
            ReLU: lambda shape: ReLU(self.of(0, 0, 0, 1)),
            Sigmoid: lambda shape: Sigmoid(),
            Tanh: lambda shape: Tanh(),
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

    def per_axis(self, low: int, high: int, shape: Shape) -> Any:
        """A size: one number, or one for each axis."""
        return self.of(self(low, high), tuple(self(low, high) for _ in shape[1:]))

    def square(self, shape: Shape) -> Layer:
        """A convolution of the kinds that are most used."""
        return Convolution(self(1, 40), self(1, 5), self(1, 3), self(0, 2))

    def any_convolution(self, shape: Shape) -> Layer:
        """A convolution with any options."""
        groups = self.of(1, 1, 2, shape[0], shape[0])
        filters = shape[0] if groups == shape[0] and self(0, 1) else groups * self(1, max(1, 40 // groups))
        sizes = self.per_axis(1, 5, shape), self.per_axis(1, 3, shape)
        padding = self.of("same", self.per_axis(0, 2, shape))
        return Convolution(filters, *sizes, padding, self.per_axis(1, 2, shape), groups, self.of(True, False))

    def pooling(self, kind: type[Layer], shape: Shape) -> Layer:
        """Half of them of patches side by side."""
        if self(0, 1):
            return kind(self(1, 4), self(0, 3))  # type: ignore[call-arg]
        size = self.per_axis(1, 4, shape)
        return kind(size, self.per_axis(1, 3, shape), self.of("same", self(0, min(np.ravel(size)) // 2)))  # type: ignore[call-arg]

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
    shape = draw.of(
        (draw(1, 20), draw(1, 40), draw(1, 40)),
        (draw(1, 3), draw(1, 67), draw(1, 67)),
        (draw(1, 300),),
        (draw(1, 40), draw(1, 200)),
    )
    layers = draw.row(shape, 6)
    try:
        return Network(layers, shape, SquaredError())
    except NetworkError:  # a loss for what ends so is another one
        return Network([*layers, Linear(3)], shape)
