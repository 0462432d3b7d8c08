"""What every layer is: a function y = f(x; w, b), its two kinds of derivatives, and the shapes they have.

A layer holds hyper-parameters only. Its parameters live in the network's flat vector w and are passed in, by name;
`draws` is where its random words stand in training, and None in evaluation. Arrays carry the sample index s first;
the shapes in this interface are those of one sample.
"""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from math import prod
from typing import ClassVar

import numpy as np

from chainrule.base.errors import NetworkError
from chainrule.base.random import Draws

Shape = tuple[int, ...]
Parameters = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Layer:
    """The base of all layers; one without parameters overrides only `forward`, `input_gradient`, perhaps the shape."""

    short_name: ClassVar[str] = "layer"  # its parameters are called `short_name` + number + ".w"

    def options(self) -> dict[str, object]:
        """The hyper-parameters that have no default or are not at it."""
        values = {field: getattr(self, field.name) for field in fields(self)}
        return {f.name: value for f, value in values.items() if f.default is MISSING or value != f.default}

    def __str__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value}' for name, value in self.options().items())})"

    def output_shape(self, input_shape: Shape) -> Shape:
        """The shape of y for an x of `input_shape`; NetworkError if the layer cannot take it."""
        return input_shape

    def forward(self, x: np.ndarray, parameters: Parameters, draws: Draws | None) -> np.ndarray:
        """y = f(x)."""
        raise NotImplementedError

    def input_gradient(
        self, gy: np.ndarray, x: np.ndarray, y: np.ndarray, parameters: Parameters, draws: Draws | None
    ) -> np.ndarray:
        """dL/dx from dL/dy."""
        raise NotImplementedError

    def parameter_gradients(self, gy: np.ndarray, x: np.ndarray, parameters: Parameters) -> Parameters:
        """dL/dw of each parameter, by name, from dL/dy."""
        return {}

    def parameter_shapes(self, input_shape: Shape) -> dict[str, Shape]:
        """The shape of each parameter, by name, in canonical order."""
        return {}

    def fan_in(self, input_shape: Shape) -> int:
        """How many inputs one output sums over; initial parameters are uniform in +-1/sqrt(fan_in)."""
        return prod(input_shape)

    def multiply_adds(self, input_shape: Shape) -> int:
        """Multiplications of the forward pass for one sample (0 where none is by a parameter)."""
        return 0

    def kinks(self, x: np.ndarray) -> np.ndarray | None:
        """Which linear piece each element is on, for a layer that is not differentiable between its pieces."""
        return None


def whole_numbers(layer: Layer, *names: str, minimum: int = 1) -> None:
    """NetworkError unless the named hyper-parameters are whole numbers of at least `minimum`; makes them `int`."""
    for name in names:
        value = getattr(layer, name)
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < minimum:
            kind = type(layer).__name__
            raise NetworkError(f"{kind}: {name} is {value!r}; expected a whole number of at least {minimum}")
        object.__setattr__(layer, name, int(value))


def image_shape(layer: Layer, input_shape: Shape) -> tuple[int, int, int]:
    """(channels, height, width), or NetworkError if the input is no image."""
    if len(input_shape) != 3:
        raise NetworkError(
            f"{type(layer).__name__} takes an image (channels, height, width), but its input has shape {input_shape}"
        )
    return input_shape  # type: ignore[return-value]


def window_count(layer: Layer, size: int, kernel: int, stride: int, padding: int = 0) -> int:
    """How many windows of `kernel` pixels, `stride` apart, fit into `size` pixels padded on both sides."""
    if size + 2 * padding < kernel:
        fits = f"at most {size + 2 * padding}x{size + 2 * padding} fits"
        padded = f" padded by {padding}" if padding else ""
        raise NetworkError(
            f"{type(layer).__name__}: a {kernel}x{kernel} window on {size} pixels{padded} is impossible; {fits}"
        )
    return (size + 2 * padding - kernel) // stride + 1


def vector_length(layer: Layer, input_shape: Shape) -> int:
    """n of a vector input, or NetworkError if the input is an image."""
    if len(input_shape) != 1:
        raise NetworkError(
            f"{type(layer).__name__} takes a vector (n,), but its input has shape {input_shape}; put a Linear before it"
        )
    return input_shape[0]
