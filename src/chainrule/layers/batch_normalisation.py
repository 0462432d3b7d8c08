"""BatchNormalisation(gamma, beta; x): each channel with mean 0 and variance 1 over the batch, then scaled.

    m[c] = 1/n sum over s,i,j of x[s,c,i,j]       v[c] = 1/n sum over s,i,j of (x[s,c,i,j] - m[c])^2
    z[s,c,i,j] = (x[s,c,i,j] - m[c]) / r[c],      r[c] = sqrt(v[c] + eps)
    y[s,c,i,j] = gamma[c] z[s,c,i,j] + beta[c]

in which n counts a batch's numbers of a channel: samples times pixels; of vectors, samples alone. m and r depend on x:

    dL/dx[s,c,i,j] = gamma[c] / r[c] (dL/dy[s,c,i,j] - dL/dbeta[c] / n - z[s,c,i,j] dL/dgamma[c] / n)
    dL/dgamma[c]   = sum over s,i,j of dL/dy[s,c,i,j] z[s,c,i,j]
    dL/dbeta[c]    = sum over s,i,j of dL/dy[s,c,i,j]

That is training. It keeps running statistics, from which evaluation takes m and v, as constants:

    mean <- mean + momentum (m - mean)            variance <- variance + momentum (v n / (n - 1) - variance)

A single number (n = 1: a batch of one vector) has no variance: it is normalised by the running statistics, too, and
does not change them. With `running=False` there are none: evaluation, too, is by the batch's m and v, and a single
number is left as it is; what a sample gives then depends on those that are evaluated with it.

Not in the lecture. It begins with gamma = 1 and beta = 0, which weight decay leaves alone.

What answers has it folded into the convolution, or linear layer, before it: network/folding.py.

Compiled: engine/stages/batch_normalisation.py, engine/kernels/normalisation/.
"""

from dataclasses import dataclass
from math import prod
from typing import Any, ClassVar, NamedTuple

import numpy as np

from chainrule.base.arguments import real_number, truth
from chainrule.base.errors import NetworkError
from chainrule.layers.channels import along_channels, sum_of_channels
from chainrule.layers.initial import Parameter
from chainrule.layers.layer import Arrays, Context, Layer, Shape, register


class Moments(NamedTuple):
    """By what a batch is normalised."""

    mean: np.ndarray  # (c,)
    variance: np.ndarray  # (c,)


class Normalised(NamedTuple):
    """What the backward pass needs of the forward pass."""

    z: np.ndarray  # of x's shape
    r: np.ndarray  # (c,)
    by_batch: bool  # whether by the batch's own moments; else by constants


def numbers_of_a_channel(x_shape: Shape) -> int:
    """n, for x (s, c, ...)."""
    return prod(x_shape[:1] + x_shape[2:])


def batch_moments(x: np.ndarray) -> Moments:
    """m and v of x (s, c, ...)."""
    n = numbers_of_a_channel(x.shape)
    mean = sum_of_channels(x) / n
    return Moments(mean, sum_of_channels((x - along_channels(mean, x)) ** 2) / n)


def normalised(x: np.ndarray, moments: Moments, eps: float = 1e-5) -> tuple[np.ndarray, np.ndarray]:
    """z, of x's shape, and r (c,)."""
    r = np.sqrt(moments.variance + eps)
    return (x - along_channels(moments.mean, x)) / along_channels(r, x), r


def batch_normalisation_input_gradient(gy: np.ndarray, of: Normalised, gamma: np.ndarray, gw: Arrays) -> np.ndarray:
    """dL/dx, of gy's shape, from dL/dgamma and dL/dbeta."""
    if of.by_batch:
        n = numbers_of_a_channel(gy.shape)
        gy = gy - along_channels(gw["beta"], gy) / n - of.z * along_channels(gw["gamma"], gy) / n
    return along_channels(gamma / of.r, gy) * gy


@register
@dataclass(frozen=True)
class BatchNormalisation(Layer):
    """Each channel with mean 0 and variance 1 over the batch, then a factor and a summand: any shape -> the same.

    momentum : the part of the running statistics that a batch replaces, from 0 to 1
    eps : what is added to the variance, above 0
    running : whether there are running statistics, by which evaluation normalises; else it does by those of the batch,
        so that y of a sample depends on the others that are evaluated with it

    NetworkError for others. Source: S. Ioffe, C. Szegedy (2015).
    """

    momentum: float = 0.1
    eps: float = 1e-5
    running: bool = True
    short_name: ClassVar[str] = "bn"
    mixes_samples: ClassVar[bool] = True

    def __post_init__(self) -> None:
        for name, expected, fits in (
            ("momentum", "a number from 0 to 1", lambda momentum: 0 <= momentum <= 1),
            ("eps", "a number above 0", lambda eps: eps > 0),
        ):
            where = f"BatchNormalisation: {name}"
            object.__setattr__(self, name, real_number(where, getattr(self, name), expected, fits, error=NetworkError))
        object.__setattr__(self, "running", truth("BatchNormalisation: running", self.running, NetworkError))

    def forward(self, x: np.ndarray, w: Arrays, context: Context) -> tuple[np.ndarray, Any]:
        by_batch = (context.training or not self.running) and numbers_of_a_channel(x.shape) > 1
        if not (by_batch or self.running):
            return x, None
        moments = batch_moments(x) if by_batch else Moments(context.statistics["mean"], context.statistics["variance"])
        z, r = normalised(x, moments, self.eps)
        if by_batch and self.running:
            self._keep(moments, numbers_of_a_channel(x.shape), context)
        y = along_channels(w["gamma"], x) * z + along_channels(w["beta"], x)
        return y, Normalised(z, r, by_batch)

    def _keep(self, moments: Moments, n: int, context: Context) -> None:
        """Bring the running statistics nearer to those of a batch."""
        unbiased = moments.variance * (n / (n - 1))
        for name, seen in (("mean", moments.mean), ("variance", unbiased)):
            kept = context.statistics[name]
            kept += self.momentum * (seen - kept)

    def backward(self, gy: np.ndarray, saved: Any, w: Arrays, context: Context) -> tuple[np.ndarray, Arrays]:
        if saved is None:
            return gy, {name: np.zeros_like(of) for name, of in w.items()}
        gw = {"gamma": sum_of_channels(gy * saved.z), "beta": sum_of_channels(gy)}
        return batch_normalisation_input_gradient(gy, saved, w["gamma"], gw), gw

    def parameters_for(self, x_shape: Shape) -> dict[str, Parameter]:
        channels = x_shape[:1]
        return {"gamma": Parameter(channels, "ones", decays=False), "beta": Parameter(channels, "zeros", decays=False)}

    def statistics_for(self, x_shape: Shape) -> dict[str, Parameter]:
        if not self.running:
            return {}
        channels = x_shape[:1]
        return {"mean": Parameter(channels, "zeros"), "variance": Parameter(channels, "ones")}

    def multiply_adds(self, x_shape: Shape) -> int:
        return prod(x_shape)
