"""A network: layers in a row, one flat vector w of all their parameters, and the chain rule.

    x_1 = f_1(w_1; x),  x_2 = f_2(w_2; x_1),  ...,  y = f_n(w_n; x_{n-1}),  l = err(y, t)

(the lecture writes f_n(w_n; x_n); it is x_{n-1}). Back propagation goes from dL/dy to every dL/dx_k and dL/dw_k:

    dL/dx_{k-1} = dL/dx_k dx_k/dx_{k-1},   dL/dw_k = dL/dx_k dx_k/dw_k
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from chainrule.base.errors import DataError, NetworkError
from chainrule.base.random import WEIGHTS, Draws, check_seed, uniform
from chainrule.layers.layer import Layer, Shape
from chainrule.losses import LogSoftmaxNLL, Loss
from chainrule.network.scaling import Scaling
from chainrule.network.summary import summary

if TYPE_CHECKING:
    from chainrule.tasks.prediction import Predictor

OnReady = Callable[[slice], None]


@dataclass(frozen=True)
class Parameter:
    """Where one named parameter stands in w."""

    name: str  # as in "conv1.w"
    layer: int
    key: str  # its name inside the layer, as in "w"
    shape: Shape
    slice: slice
    fan_in: int

    def view(self, w: np.ndarray) -> np.ndarray:
        return w[self.slice].reshape(self.shape)


class Network:
    """Layers in a row, their shapes inferred from `input_shape` and checked.

    w is one flat vector in canonical order: the layers' parameters in order, w before b; convolution (oc, ic, di, dj),
    linear (out, in). Initial weights and biases are uniform in +-1/sqrt(fan_in), drawn from `seed`.
    """

    def __init__(
        self,
        layers: Sequence[Layer],
        input_shape: int | Sequence[int],
        loss: Loss | None = None,
        *,
        scaling: Scaling | None = None,
        seed: int = 0,
        dtype: type | np.dtype = np.float32,
    ) -> None:
        self.layers = tuple(layers)
        self.shapes = infer_shapes(self.layers, input_shape)  # of x, x_1, ..., y
        self.loss = LogSoftmaxNLL() if loss is None else loss
        self.loss.check_network(self.output_shape)
        self.scaling = Scaling() if scaling is None else scaling
        self.parameters = lay_out(self.layers, self.shapes)
        self.slices = [  # of each layer's parameters in w
            slice(*_bounds([p.slice for p in self.parameters if p.layer == k])) for k in range(len(self.layers))
        ]
        self.size = sum(prod(p.shape) for p in self.parameters)
        self.w = self.initial_weights(seed).astype(dtype)

    @property
    def input_shape(self) -> Shape:
        return self.shapes[0]

    @property
    def output_shape(self) -> Shape:
        return self.shapes[-1]

    def initial_weights(self, seed: int) -> np.ndarray:
        """(size,) float64: each parameter uniform in +-1/sqrt(fan_in)."""
        check_seed(seed)
        w = np.empty(self.size)
        for k, p in enumerate(self.parameters):
            u = uniform(Draws(seed, WEIGHTS, offset=k), prod(p.shape))
            w[p.slice] = (2 * u - 1) / np.sqrt(p.fan_in)
        return w

    def named(self, w: np.ndarray | None = None) -> dict[str, np.ndarray]:
        """Views of w (default: the network's own) by parameter name: writing to them writes to w."""
        w = self.w if w is None else w
        return {p.name: p.view(w) for p in self.parameters}

    def layer_parameters(self, w: np.ndarray) -> list[dict[str, np.ndarray]]:
        """Views of w, layer by layer, by their names inside the layer."""
        views: list[dict[str, np.ndarray]] = [{} for _ in self.layers]
        for p in self.parameters:
            views[p.layer][p.key] = p.view(w)
        return views

    def prepare(self, x: np.ndarray, dtype: np.dtype) -> np.ndarray:
        """x as the first layer reads it: bytes scaled, rows shaped into images, of the given type."""
        x = self.check_shape(x)
        return self.scaling.table(dtype)[x] if x.dtype == np.uint8 else x.astype(dtype, copy=False)

    def check_shape(self, x: np.ndarray) -> np.ndarray:
        """x as (samples, *input_shape), from that or from rows; DataError if it is neither."""
        x = np.asarray(x)
        if x.shape[1:] != self.input_shape:
            if x.ndim != 2 or x.shape[1] != prod(self.input_shape):
                raise DataError(f"x has shape {x.shape}; expected (samples, {', '.join(map(str, self.input_shape))})")
            x = x.reshape(len(x), *self.input_shape)
        return x

    def forward(self, w: np.ndarray, x: np.ndarray, draws: Draws | None = None) -> list[np.ndarray]:
        """[x, x_1, ..., y] for prepared x (s, *input_shape); `draws` in training, None in evaluation."""
        xs = [x]
        for k, (layer, parameters) in enumerate(zip(self.layers, self.layer_parameters(w), strict=True)):
            xs.append(layer.forward(xs[-1], parameters, draws and draws.for_layer(k)))
        return xs

    def backward(
        self,
        w: np.ndarray,
        xs: list[np.ndarray],
        gy: np.ndarray,
        gw: np.ndarray,
        draws: Draws | None = None,
        on_ready: OnReady | None = None,
        gxs: list[np.ndarray] | None = None,
    ) -> None:
        """The chain rule: from dL/dy to dL/dw, written into gw, last layer first.

        `on_ready(slice)` is called once for each slice of gw as soon as it is final and w[slice] is no longer read.
        Into `gxs`, if given, go dL/dy, dL/dx_{n-1}, ..., dL/dx.
        """
        views, gradients = self.layer_parameters(w), self.layer_parameters(gw)
        if gxs is not None:
            gxs.append(gy)
        for k in reversed(range(len(self.layers))):
            layer, x, y = self.layers[k], xs[k], xs[k + 1]
            for key, gradient in layer.parameter_gradients(gy, x, views[k]).items():
                gradients[k][key][...] = gradient
            if k > 0 or gxs is not None:
                gy = layer.input_gradient(gy, x, y, views[k], draws and draws.for_layer(k))
            if gxs is not None:
                gxs.append(gy)
            if on_ready and views[k]:
                on_ready(self.slices[k])

    def __call__(self, x: np.ndarray, batch_size: int = 256) -> np.ndarray:
        """y = f_w(x), in evaluation: (s, *output_shape)."""
        parts = [
            self.forward(self.w, self.prepare(x[k : k + batch_size], self.w.dtype))[-1]
            for k in range(0, len(x), batch_size)
        ]
        return np.concatenate(parts) if parts else np.empty((0, *self.output_shape), self.w.dtype)

    def predict(self, x: np.ndarray) -> np.ndarray:
        """What the network says of x: probabilities of the classes, or the values of a regression."""
        return self.loss.prediction(self(x))

    def classify(self, x: np.ndarray) -> np.ndarray:
        """(s,) the most probable class of each x."""
        classes = self.loss.classes(self(x))
        if classes is None:
            raise NetworkError(f"a network trained by {type(self.loss).__name__} has no classes; use predict")
        return classes

    def predictor(self, engine: str = "compiled", threads: int | None = None, batch_size: int = 256) -> "Predictor":
        """This network as it is now, made ready to be asked fast: one sample at a time, or many."""
        from chainrule.tasks.prediction import Predictor  # engines stand above the network

        return Predictor(self, engine, threads, batch_size)

    def save(self, path: str | Path) -> None:
        """Write the network and its parameters to one safetensors file; `chainrule.load` reads it."""
        from chainrule.exchange.model_file import save  # files stand above the network, which needs them only here

        save(path, self)

    def __repr__(self) -> str:
        return (
            f"<Network {self.input_shape} -> {self.output_shape}: {len(self.layers)} layers, {self.size:,} parameters>"
        )

    def __str__(self) -> str:
        return summary(self)

    def _repr_html_(self) -> str:
        from chainrule.views.notebook import network_html  # what shows networks stands above them

        return network_html(self)


def infer_shapes(layers: Sequence[Layer], input_shape: int | Sequence[int]) -> list[Shape]:
    """The shapes of x, x_1, ..., y; NetworkError naming the first layer that does not fit."""
    shape = tuple(input_shape) if isinstance(input_shape, Sequence | np.ndarray) else (input_shape,)
    if len(shape) not in (1, 3) or not all(isinstance(n, int | np.integer) and n > 0 for n in shape):
        raise NetworkError(f"the input shape is {input_shape}; expected (n,) or (channels, height, width), all above 0")
    if not layers:
        raise NetworkError("the network has no layers; expected at least one")
    shapes = [tuple(int(n) for n in shape)]
    for k, layer in enumerate(layers):
        if not isinstance(layer, Layer):
            raise NetworkError(f"layer {k + 1} is {layer!r}; expected a layer, as in Linear(10)")
        try:
            shapes.append(layer.output_shape(shapes[-1]))
        except NetworkError as error:
            raise NetworkError(f"layer {k + 1}, {layer}, cannot take input {shapes[-1]}: {error}") from None
    return shapes


def lay_out(layers: Sequence[Layer], shapes: Sequence[Shape]) -> list[Parameter]:
    """Every parameter's place in w: layer by layer, named by kind and number as in "conv2.b"."""
    parameters: list[Parameter] = []
    numbers: dict[str, int] = {}
    start = 0
    for k, (layer, (input_shape, _)) in enumerate(zip(layers, pairwise(shapes), strict=True)):
        parameter_shapes = layer.parameter_shapes(input_shape)
        if parameter_shapes:
            numbers[layer.short_name] = numbers.get(layer.short_name, 0) + 1
        for key, shape in parameter_shapes.items():
            name = f"{layer.short_name}{numbers[layer.short_name]}.{key}"
            where = slice(start, start + prod(shape))
            parameters.append(Parameter(name, k, key, shape, where, layer.fan_in(input_shape)))
            start = where.stop
    return parameters


def _bounds(slices: list[slice]) -> tuple[int, int]:
    return (slices[0].start, slices[-1].stop) if slices else (0, 0)
