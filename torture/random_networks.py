"""Random networks of all layers, of any sizes."""

from collections.abc import Callable
from typing import Any

import numpy as np

import chainrule as cr
from chainrule.layers.layer import Shape

FLOATS = 1 << 15  # of a value of a sample, at most
PRODUCTS = 1 << 21  # multiply-adds of a sample, at most


class Draw:
    """Draws layers that may follow on a value of that shape."""

    def __init__(self, random: np.random.Generator, depth: int = 0) -> None:
        self.random, self.depth = random, depth
        self.makers: dict[type[cr.Layer], Callable[[Shape], cr.Layer]] = {
            cr.Convolution: self.of(self.square, self.any_convolution),
            cr.MaxPooling: lambda shape: self.pooling(cr.MaxPooling, shape),
            cr.AveragePooling: lambda shape: self.pooling(cr.AveragePooling, shape),
            cr.Linear: lambda shape: cr.Linear(self(1, self.of(67, 67, 600)), bias=self.of(True, True, False)),
            cr.Dropout: lambda shape: cr.Dropout(self.of(0.0, 0.25, 0.5), self.of(False, True)),
            cr.ReLU: lambda shape: cr.ReLU(self.of(0, 0, 0, 1)),
            cr.Sigmoid: lambda shape: cr.Sigmoid(),
            cr.Tanh: lambda shape: cr.Tanh(),
            cr.LeakyReLU: lambda shape: cr.LeakyReLU(self.of(0.01, 0.3)),
            cr.ELU: lambda shape: cr.ELU(self.of(1.0, 0.5)),
            cr.GELU: lambda shape: cr.GELU(self.of(False, True)),
            cr.SiLU: lambda shape: cr.SiLU(),
            cr.Softplus: lambda shape: cr.Softplus(),
            cr.Scale: lambda shape: cr.Scale(),
            cr.Flatten: lambda shape: cr.Flatten(),
            cr.GlobalAveragePooling: lambda shape: cr.GlobalAveragePooling(),
            cr.LayerNormalisation: lambda shape: cr.LayerNormalisation(self.of(1e-2, 1.0)),
            cr.BatchNormalisation: lambda shape: cr.BatchNormalisation(self.of(0.1, 1.0), self.of(1e-2, 1.0)),
            cr.Softmax: lambda shape: cr.Softmax(),
            cr.LogSoftmax: lambda shape: cr.LogSoftmax(),
            cr.Standardise: lambda shape: cr.Standardise((0.5,) * shape[0], (2.0,) * shape[0]),
            cr.Sequential: lambda shape: cr.Sequential(self.inner(shape)),
            cr.Residual: lambda shape: cr.Residual(self.inner(shape)),
        }

    def __call__(self, low: int, high: int) -> int:
        return int(self.random.integers(low, high + 1))

    def of(self, *values: Any) -> Any:
        return values[self(0, len(values) - 1)]

    def per_axis(self, low: int, high: int, shape: Shape) -> Any:
        """A size: one number, or one for each axis."""
        return self.of(self(low, high), tuple(self(low, high) for _ in shape[1:]))

    def square(self, shape: Shape) -> cr.Layer:
        """A convolution of the kinds that are most used."""
        return cr.Convolution(self(1, 40), self(1, 5), self(1, 3), self(0, 2))

    def any_convolution(self, shape: Shape) -> cr.Layer:
        """A convolution with any options."""
        groups = self.of(1, 1, 2, shape[0], shape[0])
        filters = shape[0] if groups == shape[0] and self(0, 1) else groups * self(1, max(1, 40 // groups))
        sizes = self.per_axis(1, 5, shape), self.per_axis(1, 3, shape)
        padding = self.of("same", self.per_axis(0, 2, shape))
        return cr.Convolution(filters, *sizes, padding, self.per_axis(1, 2, shape), groups, self.of(True, False))

    def pooling(self, kind: type[cr.Layer], shape: Shape) -> cr.Layer:
        """Half of them of patches side by side."""
        if len(shape) == 1 or self(0, 1):
            return kind(self(1, 4), self(0, 3))  # type: ignore[call-arg]
        size = self.per_axis(1, 4, shape)
        return kind(size, self.per_axis(1, 3, shape), self.of("same", self(0, min(np.ravel(size)) // 2)))  # type: ignore[call-arg]

    def layer(self, shape: Shape) -> cr.Layer:
        """Half of them what engines fuse, the others any."""
        fused = cr.Convolution, cr.MaxPooling, cr.ReLU, cr.Linear, cr.Dropout
        kinds = fused if self.random.random() < 0.5 else tuple(self.makers)
        return self.makers[kinds[self(0, len(kinds) - 1)]](shape)

    def inner(self, shape: Shape) -> list[cr.Layer]:
        """Layers of a container, at most two deep."""
        draw = Draw(self.random, self.depth + 1)
        if self.depth > 1:
            return [cr.Tanh()]
        return draw.row(shape, 2) or [cr.Tanh()]

    def row(self, shape: Shape, most: int) -> list[cr.Layer]:
        """Up to so many layers, each of which takes what the one before gives."""
        layers: list[cr.Layer] = []
        for _ in range(self(1, most)):
            try:
                layer = self.layer(shape)
                found = layer.y_shape(shape)
            except cr.NetworkError:
                continue
            if np.prod(found) <= FLOATS and layer.multiply_adds(shape) <= PRODUCTS:
                layers, shape = [*layers, layer], found
        return layers


def random_network(random: np.random.Generator) -> cr.Network:
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
        return cr.Network(layers, shape, cr.SquaredError())
    except cr.NetworkError:  # a loss for what ends so is another one
        return cr.Network([*layers, cr.Linear(3)], shape)
