"""Linear(W; x) = W x + b, the fully connected layer.

    y[s,i]     = sum over j of W[i,j] x[s,j] + b[i]
    dL/dx[s,j] = sum over i of dL/dy[s,i] W[i,j]
    dL/dW[i,j] = sum over s of dL/dy[s,i] x[s,j]
    dL/db[i]   = sum over s of dL/dy[s,i]

(the lecture writes one sample; a batch sums the derivatives of its samples). An image is flattened first, in
(c, i, j) order.
"""

from dataclasses import dataclass
from math import prod
from typing import ClassVar

import numpy as np

from chainrule.base.random import Draws
from chainrule.layers.layer import Layer, Parameters, Shape, whole_numbers


def flat(x: np.ndarray) -> np.ndarray:
    """(s, n): each sample as one vector."""
    return x.reshape(len(x), prod(x.shape[1:]))


def linear(x: np.ndarray, w: np.ndarray, b: np.ndarray) -> np.ndarray:
    """y (s, out) from x (s, in), w (out, in) and b (out,)."""
    return x @ w.T + b


def linear_input_gradient(gy: np.ndarray, w: np.ndarray) -> np.ndarray:
    """dL/dx (s, in)."""
    return gy @ w


def linear_weight_gradient(gy: np.ndarray, x: np.ndarray) -> np.ndarray:
    """dL/dW (out, in)."""
    return gy.T @ x


def linear_bias_gradient(gy: np.ndarray) -> np.ndarray:
    """dL/db (out,)."""
    return gy.sum(axis=0)


@dataclass(frozen=True)
class Linear(Layer):
    """`out_features` weighted sums of all inputs."""

    out_features: int
    short_name: ClassVar[str] = "fc"

    def __post_init__(self) -> None:
        whole_numbers(self, "out_features")

    def __str__(self) -> str:
        return f"Linear({self.out_features})"

    def output_shape(self, input_shape: Shape) -> Shape:
        return (self.out_features,)

    def parameter_shapes(self, input_shape: Shape) -> dict[str, Shape]:
        return {"w": (self.out_features, prod(input_shape)), "b": (self.out_features,)}

    def multiply_adds(self, input_shape: Shape) -> int:
        return self.out_features * prod(input_shape)

    def forward(self, x: np.ndarray, parameters: Parameters, draws: Draws | None) -> np.ndarray:
        return linear(flat(x), parameters["w"], parameters["b"])

    def input_gradient(
        self, gy: np.ndarray, x: np.ndarray, y: np.ndarray, parameters: Parameters, draws: Draws | None
    ) -> np.ndarray:
        return linear_input_gradient(gy, parameters["w"]).reshape(x.shape)

    def parameter_gradients(self, gy: np.ndarray, x: np.ndarray, parameters: Parameters) -> Parameters:
        return {"w": linear_weight_gradient(gy, flat(x)), "b": linear_bias_gradient(gy)}
