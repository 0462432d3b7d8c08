"""GELU, SiLU and Softplus of a float32, and their derivatives: `activations`.

What float32 would lose in an exponential's large argument, or where it is near 0, is kept by float64: they are computed
in it, to 1e-8, and rounded once. To make up for it in float32 takes as long.
"""

from math import pi, sqrt

import numpy as np

from chainrule.engine.runtime.jit import inlined
from chainrule.layers.gelu import CUBIC, FAR

F32, F64 = np.float32, np.float64
LOG2, FAR_BELOW = 0.6931471805599453, -700.0  # whose exponential is a normal float64
DENSITY, SCORE, RIGHT = 1 / sqrt(2 * pi), 2 * sqrt(2 / pi), float(FAR)


@inlined
def exponential_in_double(x):
    """exp(x) of a float64 x <= 0, to 1e-9; 0 below FAR_BELOW, and of NaN."""
    bounded = x if x > FAR_BELOW else FAR_BELOW
    n = np.floor(bounded * (1 / LOG2) + 0.5)
    r = bounded - n * LOG2
    high = ((r * (1 / 40320) + 1 / 5040) * r + 1 / 720) * r + 1 / 120
    value = ((((high * r + 1 / 24) * r + 1 / 6) * r + 0.5) * r + 1.0) * r + 1.0
    power = np.int64((np.int64(np.int32(n)) + 1023) << 52).view(np.float64)
    return value * power if x >= FAR_BELOW else 0.0


@inlined
def shares(score):
    """s and 1 - s of a float64."""
    e = exponential_in_double(-np.abs(score))
    large, small = 1.0 / (1.0 + e), e / (1.0 + e)
    return (large, small) if score >= 0 else (small, large)


@inlined
def weighted(x):
    """x s."""
    wide = F64(x)
    return F32(wide * shares(wide)[0])


@inlined
def weighted_gradient(gy, x):
    """gy s (1 + x (1 - s))."""
    wide = F64(x)
    s, rest = shares(wide)
    return F32(gy * (s * (1.0 + wide * rest)))


@inlined
def smooth(x):
    """max(x, 0) + log(1 + e), e = exp(-|x|): the logarithm is 2 artanh(q) with q = e / (2 + e)."""
    wide = F64(x)
    e = exponential_in_double(-np.abs(wide))
    q = e / (2.0 + e)
    z = q * q
    high = (0.11619509011507034 * z + 0.1085166186094284) * z + 0.14296291768550873
    series = (high * z + 0.19999851286411285) * z + 0.3333333432674408
    value = 2.0 * (q + q * z * series)
    return F32((0.0 if x <= 0 else wide) + value)


@inlined
def tail(a):
    """P(-a) exp(a^2 / 2) of a float64 from 0 to 14, to 2e-9: a polynomial in t = (a - 4) / (a + 4), fitted."""
    t = (a - 4.0) / (a + 4.0)
    high = ((-7.199524252e-05 * t - 6.127905761e-05) * t + 6.929056692e-04) * t - 3.030456704e-04
    middle = ((high * t - 5.004169213e-03) * t + 1.793999625e-02) * t - 3.219734664e-02
    low = ((middle * t + 2.860000128e-02) * t + 1.399960306e-02) * t - 9.670346746e-02
    return (low * t + 4.720532068e-01) / (1.0 + a)


@inlined
def below(x, e):
    """P(x) of a float64, e = exp(-x^2 / 2)."""
    a = np.abs(x)
    part = e * tail(a if a < 14.0 else 14.0)
    return 1.0 - part if x >= 0 else part


@inlined
def gaussian(x):
    """x P(x)."""
    wide = F64(x)
    return F32(wide * below(wide, exponential_in_double(-0.5 * wide * wide)))


@inlined
def gaussian_gradient(gy, x):
    """gy (P + x p)."""
    wide = F64(x)
    e = exponential_in_double(-0.5 * wide * wide)
    return F32(gy * (below(wide, e) + wide * (DENSITY * e)))


@inlined
def shares_of_score(near):
    """P(x) of a float64 by the formula without erf, and 1 - P; x no farther from 0 than FAR."""
    return shares(SCORE * (near + CUBIC * near * near * near))


@inlined
def approximate_gaussian(x):
    """x P(x)."""
    wide = F64(x)
    return F32(wide * shares_of_score(min(max(wide, -RIGHT), RIGHT))[0])


@inlined
def approximate_gaussian_gradient(gy, x):
    """gy (P + x P (1 - P) 2 du/dx)."""
    wide = F64(x)
    near = min(max(wide, -RIGHT), RIGHT)
    p, rest = shares_of_score(near)
    return F32(gy * (p + wide * (p * rest * SCORE * (1.0 + 3 * CUBIC * near * near))))
