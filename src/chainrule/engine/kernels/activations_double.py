"""GELU, SiLU and Softplus of a float64, and their derivatives: `activations`.

A small y is a small exponential times x: where the exponential itself is below the normal numbers, it is computed 2^64
times as large. Where the exponential's argument is rounded, as a square, what that lost goes into it, too.
"""

from math import pi, sqrt

import numpy as np

from chainrule.engine.kernels.elementary import exponential_double, reduced_double
from chainrule.engine.runtime.jit import inlined
from chainrule.layers.gelu import CUBIC, FAR

LOWEST, SCALED = -750.0, 2.0**-64  # exp(LOWEST) / SCALED is a normal number
DENSITY, SCORE, RIGHT = 1 / sqrt(2 * pi), 2 * sqrt(2 / pi), float(FAR)
SHORT = np.int64(-1 << 27)  # of a number's bits: what is left has a square without rounding


@inlined
def scaled_exponential(x, rest):
    """2^64 exp(x + rest) of an x <= 0 and what its rounding lost; 0 below LOWEST, and of NaN."""
    power, less_1 = reduced_double(x if x > LOWEST else LOWEST, rest, 64)
    return (1.0 + less_1) * power if x >= LOWEST else 0.0


@inlined
def inverse_of_sum(e):
    """1 / (1 + e), with what rounding the sum lost."""
    total = 1.0 + e
    inverse = 1.0 / total
    return inverse - inverse * (e - (total - 1.0)) * inverse


@inlined
def times_share(x, score):
    """x s, s = 1 / (1 + exp(-score)), or exp(score) / (1 + exp(score)) for score < 0."""
    e = scaled_exponential(-np.abs(score), 0.0)
    inverse = inverse_of_sum(e * SCALED)
    return x * inverse if score >= 0 else x * e * inverse * SCALED


@inlined
def shares(score):
    """s and 1 - s."""
    e = exponential_double(-np.abs(score))
    large = inverse_of_sum(e)
    small = e * large
    return (large, small) if score >= 0 else (small, large)


@inlined
def weighted(x):
    """x s."""
    return times_share(x, x)


@inlined
def weighted_gradient(gy, x):
    """gy s (1 + x (1 - s))."""
    s, rest = shares(x)
    return gy * (s * (1.0 + x * rest))


@inlined
def logarithm_from_1(e):
    """log(1 + e) of an e from 0 to 1: with q = e / (2 + e) it is 2 artanh(q) = 2 q + 2 q^3 p, and
    2 q = e - (1 - q) e^2 / 2, so that a small e is left as it is."""
    q = e / (2.0 + e)
    z = q * q
    p = (0.0808618626128953 * z + 0.043982920032217813) * z + 0.06000968107453073
    p = ((p * z + 0.06657023739852932) * z + 0.07692788189089217) * z + 0.09090894597110853
    p = ((p * z + 0.11111111361315698) * z + 0.14285714283526368) * z + 0.20000000000007406
    p = p * z + 0.3333333333333333
    half = 0.5 * e * e
    return e - (half - q * (half + 2.0 * z * p))


@inlined
def smooth(x):
    """max(x, 0) + log(1 + exp(-|x|))."""
    return (0.0 if x <= 0 else x) + logarithm_from_1(exponential_double(-np.abs(x)))


@inlined
def tail(a):
    """P(-a) exp(a^2 / 2) of an a from 0 to 39: a polynomial in t = (a - 4) / (a + 4), fitted to 1e-17."""
    t = (a - 4.0) / (a + 4.0)
    p = (-7.704558173076565e-10 * t - 1.4994283840646804e-09) * t + 6.208243397512841e-09
    p = ((p * t + 1.749616068857337e-08) * t - 1.99199689449763e-08) * t - 1.1076557045649136e-07
    p = ((p * t + 1.5535941986851612e-09) * t + 5.517909245763953e-07) * t + 4.0438042604559635e-07
    p = ((p * t - 2.6127947065213135e-06) * t - 3.432135193916799e-06) * t + 1.3626831809569459e-05
    p = ((p * t + 2.1250026047745464e-05) * t - 8.785317594531772e-05) * t - 9.443024872544587e-05
    p = ((p * t + 0.0006948971036185046) * t - 0.0002856230986460316) * t - 0.005002378590979296
    p = ((p * t + 0.017936097479720733) * t - 0.03219783742808798) * t + 0.02860036405354933
    return (((p * t + 0.013999634724425438) * t - 0.09670347732652579) * t + 0.47205320650984467) / (1.0 + a)


@inlined
def parts(x):
    """2^64 exp(-x^2 / 2), and 2^64 P(-|x|)."""
    short = np.int64(np.float64(x).view(np.int64) & SHORT).view(np.float64)
    e = scaled_exponential(-0.5 * short * short, 0.5 * (short - x) * (short + x))
    a = np.abs(x)
    return e, e * tail(a if a < 39.0 else 39.0)


@inlined
def gaussian(x):
    """x P(x)."""
    part = parts(x)[1]
    return x * (1.0 - part * SCALED) if x >= 0 else x * part * SCALED


@inlined
def gaussian_gradient(gy, x):
    """gy (P + x p)."""
    e, part = parts(x)
    part *= SCALED
    return gy * ((1.0 - part if x >= 0 else part) + x * (DENSITY * (e * SCALED)))


@inlined
def score_of(near):
    """2u of the formula without erf; x no farther from 0 than FAR."""
    return SCORE * (near + CUBIC * near * near * near)


@inlined
def approximate_gaussian(x):
    """x P(x), P = sigmoid(2u)."""
    return times_share(x, score_of(min(max(x, -RIGHT), RIGHT)))


@inlined
def approximate_gaussian_gradient(gy, x):
    """gy (P + x P (1 - P) 2 du/dx)."""
    near = min(max(x, -RIGHT), RIGHT)
    p, rest = shares(score_of(near))
    return gy * (p + x * (p * rest * SCORE * (1.0 + 3 * CUBIC * near * near)))
