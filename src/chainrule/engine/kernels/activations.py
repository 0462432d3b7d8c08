"""The scalar functions of LeakyReLU, ELU, GELU, SiLU and Softplus, and their derivatives.

    LeakyReLU   y = x, or slope x                       gx = gy, or slope gy
    ELU         y = x, or alpha (exp(x) - 1)            gx = gy, or gy alpha exp(x)
    GELU        y = x P(x)                              gx = gy (P + x p)
    SiLU        y = x s                                 gx = gy s (1 + x (1 - s))           s = 1 / (1 + exp(-x))
    Softplus    y = max(x, 0) + log(1 + exp(-|x|))      gx = gy s

The definitions: chainrule/layers/leaky_relu.py, elu.py, gelu.py, silu.py, softplus.py. Wherever they are normal
numbers, also where exp(x) is none, the y of float32 are within 1 unit in the last place; of float64 those of ELU and
Softplus within 2, of SiLU within 3, of GELU within 5. In float64 GELU by the formula without erf is as exact as its 2u,
whose rounding changes a small y by some |2u| units in the last place: y is within 1e-15, or 1e-15 |x|.
"""

import numpy as np

from chainrule.engine.kernels import activations_double as double
from chainrule.engine.kernels import activations_single as single
from chainrule.engine.kernels.elementary import by_type, exponential, exponential_less_1, logistic
from chainrule.engine.runtime.jit import inlined

ONE, ZERO = np.float32(1), np.float32(0)


@inlined
def leaky(x, same, slope):
    """x, or slope x where it is not above 0."""
    return x if x > 0 else slope * x


@inlined
def leaky_gradient(gy, x, slope):
    """gy, or slope gy."""
    return gy if x > 0 else slope * gy


@inlined
def bent(x, same, alpha):
    """x, or alpha (exp(x) - 1) where it is not above 0."""
    value = alpha * exponential_less_1(ZERO if x > 0 else x)
    return x if x > 0 else value


@inlined
def bent_gradient(gy, x, alpha):
    """gy, or gy alpha exp(x)."""
    slope = alpha * exponential(ZERO if x > 0 else x)
    return gy * (ONE if x > 0 else slope)


@inlined
def smooth_gradient(gy, x):
    """gy s."""
    return gy * logistic(x)


gaussian = by_type(single.gaussian, double.gaussian)
gaussian_gradient = by_type(single.gaussian_gradient, double.gaussian_gradient)
approximate_gaussian = by_type(single.approximate_gaussian, double.approximate_gaussian)
approximate_gaussian_gradient = by_type(single.approximate_gaussian_gradient, double.approximate_gaussian_gradient)
weighted = by_type(single.weighted, double.weighted)
weighted_gradient = by_type(single.weighted_gradient, double.weighted_gradient)
smooth = by_type(single.smooth, double.smooth)
