"""Linear(W; x) = W x + b, the fully connected layer.

    y[s,i]     = sum over j of W[i,j] x[s,j] + b[i]
    dL/dx[s,j] = sum over i of dL/dy[s,i] W[i,j]
    dL/dW[i,j] = sum over s of dL/dy[s,i] x[s,j]
    dL/db[i]   = sum over s of dL/dy[s,i]

(the lecture writes one sample; a batch sums the derivatives of its samples). An image is flattened first, in
(c, i, j) order.

Compiled: engine/stages/linear.py, engine/kernels/linear/.
"""

from dataclasses import dataclass
from math import inf, prod
from typing import Any, ClassVar

import numpy as np

from chainrule.base.arguments import truth
from chainrule.base.errors import NetworkError
from chainrule.layers.initial import Parameter, check_initial
from chainrule.layers.layer import Arrays, Context, Layer, Shape, register
from chainrule.layers.shapes import whole_numbers


def flat(x: np.ndarray) -> np.ndarray:
    """(s, n): each sample as one vector."""
    return x.reshape(len(x), prod(x.shape[1:]))


def linear(x: np.ndarray, w: np.ndarray, b: np.ndarray | None = None) -> np.ndarray:
    """y (s, out) from x (s, in), w (out, in) and b (out,)."""
    return x @ w.T if b is None else x @ w.T + b


def linear_input_gradient(gy: np.ndarray, w: np.ndarray) -> np.ndarray:
    """dL/dx (s, in)."""
    return gy @ w


def linear_weight_gradient(gy: np.ndarray, x: np.ndarray) -> np.ndarray:
    """dL/dW (out, in)."""
    return gy.T @ x


def linear_bias_gradient(gy: np.ndarray) -> np.ndarray:
    """dL/db (out,)."""
    return gy.sum(axis=0)


@register
@dataclass(frozen=True)
class Linear(Layer):
    """Weighted sums of all inputs: (n,) or (c, i, j) -> (out_features,).

    out_features : how many, at least 1
    initial_w, initial_b : how W and b begin, distributions of `layers.initial`
    bias : whether there is a b

    NetworkError for other values. Source: the lecture.
    """

    out_features: int
    initial_w: str = "uniform"
    initial_b: str = "uniform"
    bias: bool = True
    short_name: ClassVar[str] = "fc"
    y_range: ClassVar = -inf, inf

    def __post_init__(self) -> None:
        whole_numbers(self, "out_features")
        object.__setattr__(self, "bias", truth("Linear: bias", self.bias, NetworkError))
        check_initial("Linear", initial_w=self.initial_w, initial_b=self.initial_b)

    def __str__(self) -> str:
        more = "".join(f", {name}={value}" for name, value in self.options().items() if name != "out_features")
        return f"Linear({self.out_features}{more})"

    def forward(self, x: np.ndarray, w: Arrays, context: Context) -> tuple[np.ndarray, Any]:
        return linear(flat(x), w["w"], w.get("b")), x

    def backward(self, gy: np.ndarray, saved: Any, w: Arrays, context: Context) -> tuple[np.ndarray, Arrays]:
        gx = linear_input_gradient(gy, w["w"]).reshape(saved.shape)
        return gx, self.parameter_gradients(gy, saved, w, context)

    def parameter_gradients(self, gy: np.ndarray, saved: Any, w: Arrays, context: Context) -> Arrays:
        gw = {"w": linear_weight_gradient(gy, flat(saved))}
        return gw | {"b": linear_bias_gradient(gy)} if self.bias else gw

    def y_shape(self, x_shape: Shape) -> Shape:
        return (self.out_features,)

    def parameters_for(self, x_shape: Shape) -> dict[str, Parameter]:
        fans = prod(x_shape), self.out_features
        w = {"w": Parameter((self.out_features, prod(x_shape)), self.initial_w, *fans)}
        return w | {"b": Parameter((self.out_features,), self.initial_b, *fans)} if self.bias else w

    def multiply_adds(self, x_shape: Shape) -> int:
        return self.out_features * prod(x_shape)
