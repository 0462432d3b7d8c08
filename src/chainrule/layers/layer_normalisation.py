"""LayerNormalisation(gamma, beta; x): each sample with mean 0 and variance 1, then scaled number by number.

    m[s] = 1/n sum over j of x[s,j]        v[s] = 1/n sum over j of (x[s,j] - m[s])^2
    z[s,j] = (x[s,j] - m[s]) / r[s],       r[s] = sqrt(v[s] + eps)
    y[s,j] = gamma[j] z[s,j] + beta[j]

in which j goes through all n numbers of a sample. m and r depend on x, so that with h[s,j] = dL/dy[s,j] gamma[j]

    dL/dx[s,j]    = (h[s,j] - 1/n sum over k of h[s,k] - z[s,j] 1/n sum over k of h[s,k] z[s,k]) / r[s]
    dL/dgamma[j]  = sum over s of dL/dy[s,j] z[s,j]
    dL/dbeta[j]   = sum over s of dL/dy[s,j]

Not in the lecture. It begins with gamma = 1 and beta = 0, which weight decay leaves alone.

Compiled: engine/stages/layer_normalisation.py, engine/kernels/normalisation/.
"""

from dataclasses import dataclass
from math import prod
from typing import Any, ClassVar

import numpy as np

from chainrule.base.arguments import real_number
from chainrule.base.errors import NetworkError
from chainrule.layers.initial import Parameter
from chainrule.layers.layer import Arrays, Context, Layer, Shape, register


def mean_of_samples(x: np.ndarray) -> np.ndarray:
    """(s, 1, ...)."""
    return x.mean(axis=tuple(range(1, x.ndim)), keepdims=True)


def normalised_samples(x: np.ndarray, eps: float = 1e-5) -> tuple[np.ndarray, np.ndarray]:
    """z, of x's shape, and r (s, 1, ...)."""
    centred = x - mean_of_samples(x)
    r = np.sqrt(mean_of_samples(centred**2) + eps)
    return centred / r, r


def layer_normalisation_input_gradient(gy: np.ndarray, z: np.ndarray, r: np.ndarray, gamma: np.ndarray) -> np.ndarray:
    """dL/dx, of gy's shape."""
    h = gy * gamma
    return (h - mean_of_samples(h) - z * mean_of_samples(h * z)) / r


@register
@dataclass(frozen=True)
class LayerNormalisation(Layer):
    """Each sample with mean 0 and variance 1, then a factor and a summand for each number: any shape -> the same.

    eps : what is added to the variance, above 0

    NetworkError for another. Source: J. L. Ba, J. R. Kiros, G. E. Hinton (2016).
    """

    eps: float = 1e-5
    short_name: ClassVar[str] = "ln"

    def __post_init__(self) -> None:
        expected = "a number above 0"
        eps = real_number("LayerNormalisation: eps", self.eps, expected, lambda eps: eps > 0, error=NetworkError)
        object.__setattr__(self, "eps", eps)

    def forward(self, x: np.ndarray, w: Arrays, context: Context) -> tuple[np.ndarray, Any]:
        z, r = normalised_samples(x, self.eps)
        return w["gamma"] * z + w["beta"], (z, r)

    def backward(self, gy: np.ndarray, saved: Any, w: Arrays, context: Context) -> tuple[np.ndarray, Arrays]:
        z, r = saved
        gw = {"gamma": (gy * z).sum(axis=0), "beta": gy.sum(axis=0)}
        return layer_normalisation_input_gradient(gy, z, r, w["gamma"]), gw

    def parameters_for(self, x_shape: Shape) -> dict[str, Parameter]:
        return {"gamma": Parameter(x_shape, "ones", decays=False), "beta": Parameter(x_shape, "zeros", decays=False)}

    def multiply_adds(self, x_shape: Shape) -> int:
        return prod(x_shape)
