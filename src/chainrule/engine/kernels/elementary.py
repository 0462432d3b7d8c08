"""exp, exp less 1, the logistic function and tanh of a float32 or float64, in operations that LLVM makes vectors of;
and log of a float64.

Each is within 2 units in the last place, and has the same bits on any processor. Polynomials and fractions are those
of S. L. Moshier's Cephes library, where nothing else is said.
"""

from typing import Any

import numpy as np
from numba import types

from chainrule.base.elementary import ROOT_HALF, log_of_parts
from chainrule.engine.runtime.jit import Chosen, inlined

F32, F64 = np.float32, np.float64
LOWEST = F32(-87.336540)  # the least float32 whose exponential is a normal number
LOWEST_DOUBLE = F64(-708.3964185322641)  # the least float64 likewise
SMALLEST, TO_NORMAL = F64(2.0**-1022), F64(2.0**64)  # the least normal number; what makes others normal
BITS_OF_ROOT_HALF = np.float64(ROOT_HALF).view(np.int64)
SHIFT = F64(1.5 * 2.0**52)  # what is added to it is rounded to a whole number


def by_type(single: Any, double: Any) -> Chosen:
    """A scalar function that is one for float32, and another for float64."""
    return Chosen(lambda *numbers: double if numbers[-1] == types.float64 else single)


@inlined
def reduced_single(x):
    """2^n and exp(r) - 1 of a float32 from LOWEST to 0: x = n log 2 + r with a whole n and |r| <= log(2) / 2, so that
    exp(x) = 2^n exp(r)."""
    n = np.floor(x * F32(1.44269504) + F32(0.5))
    r = x - n * F32(0.693359375) + n * F32(2.12194440e-4)
    high = (F32(1.9875691500e-4) * r + F32(1.3981999507e-3)) * r + F32(8.3334519073e-3)
    low = ((high * r + F32(4.1665795894e-2)) * r + F32(1.6666665459e-1)) * r + F32(5.0000001201e-1)
    return np.int32((np.int32(n) + np.int32(127)) << 23).view(np.float32), low * r * r + r


@inlined
def exponential_single(x):
    """exp(x) of a float32 x <= 0, to 1 unit in the last place; 0 where it is below the normal numbers."""
    power, less_1 = reduced_single(x if x > LOWEST else LOWEST)  # NaN, too
    value = (less_1 + F32(1)) * power if x >= LOWEST else F32(0)
    return x if x != x else value


@inlined
def exponential_less_1_single(x):
    """exp(x) - 1 = 2^n (exp(r) - 1) + (2^n - 1) of a float32 x <= 0: the second term is exact, and 0 near 0."""
    power, less_1 = reduced_single(x if x > LOWEST else LOWEST)
    value = np.copysign(less_1 * power + (power - F32(1)), x)
    return x if x != x else value


@inlined
def reduced_double(x, rest, more):
    """2^(n + more), a normal number, and exp(r) - 1 of a float64 x <= 0 and the rest that its rounding lost: x + rest =
    n log 2 + r likewise, r with what its own rounding lost; Taylor's polynomial."""
    rounded = x * 1.4426950408889634 + SHIFT  # a whole number, in the lowest bits
    n = rounded - SHIFT
    near = x - n * 6.93145751953125e-1
    far = n * 1.42860682030941723212e-6 - rest
    r = near - far
    lost = (near - r) - far
    p = (r * (1 / 6227020800) + 1 / 479001600) * r + 1 / 39916800
    p = ((p * r + 1 / 3628800) * r + 1 / 362880) * r + 1 / 40320
    p = ((p * r + 1 / 5040) * r + 1 / 720) * r + 1 / 120
    p = ((p * r + 1 / 24) * r + 1 / 6) * r + 1 / 2
    power = np.int64((np.float64(rounded).view(np.int64) + np.int64(1023 + more)) << 52).view(np.float64)
    return power, r + (p * r * r + lost)


@inlined
def exponential_double(x):
    """exp(x) of a float64 x <= 0, likewise."""
    power, less_1 = reduced_double(x if x > LOWEST_DOUBLE else LOWEST_DOUBLE, 0.0, 0)
    value = (1.0 + less_1) * power if x >= LOWEST_DOUBLE else 0.0
    return x if x != x else value


@inlined
def exponential_less_1_double(x):
    """exp(x) - 1 of a float64 x <= 0, likewise."""
    power, less_1 = reduced_double(x if x > LOWEST_DOUBLE else LOWEST_DOUBLE, 0.0, 0)
    value = np.copysign(less_1 * power + (power - 1.0), x)
    return x if x != x else value


exponential = by_type(exponential_single, exponential_double)
exponential_less_1 = by_type(exponential_less_1_single, exponential_less_1_double)


@inlined
def logistic(x):
    """1 / (1 + exp(-x)), or exp(x) / (1 + exp(x)) for x < 0: what rounding the sum lost is taken back."""
    e = exponential(-np.abs(x))
    total = F32(1) + e
    lost = e - (total - F32(1))
    y = (F32(1) if x >= 0 else e) / total
    return y - y * lost * (y if x >= 0 else F32(1) - y)  # the last factor is 1 / total


logarithm_of_parts = inlined(log_of_parts)


@inlined
def logarithm(x):
    """log x of a float64: x = 2^n m, m from the root of 1/2 on, whose bits are those of x but for the exponent. 0 has
    -inf, what is below 0 NaN."""
    normal = x if x > SMALLEST else x * TO_NORMAL
    bits = np.float64(normal).view(np.int64)
    n = (bits - BITS_OF_ROOT_HALF) >> 52
    value = logarithm_of_parts(np.int64(bits - (n << 52)).view(np.float64), np.float64(n if x > SMALLEST else n - 64))
    if x > 0:
        return value if x < np.inf else x
    return -np.inf if x == 0 else np.nan


@inlined
def near_zero_single(x):
    """tanh(x) of a float32 |x| < 0.625."""
    z = x * x
    high = (F32(-5.70498872745e-3) * z + F32(2.06390887954e-2)) * z - F32(5.37397155531e-2)
    return ((high * z + F32(1.33314422036e-1)) * z - F32(3.33332819422e-1)) * z * x + x


@inlined
def near_zero_double(x):
    """tanh(x) of a float64 |x| < 0.625."""
    z = x * x
    p = (-9.64399179425052238628e-1 * z - 9.92877231001918586564e1) * z - 1.61468768441708447952e3
    q = ((z + 1.12811678491632931402e2) * z + 2.23548839060100448583e3) * z + 4.84406305325125486048e3
    return p / q * z * x + x


near_zero = by_type(near_zero_single, near_zero_double)


@inlined
def hyperbolic_tangent(x):
    """tanh(x) = +-(1 - e) / (1 + e), e = exp(-2 |x|); near 0 otherwise. tanh(-0) = -0."""
    e = exponential(F32(-2) * np.abs(x))
    far = (F32(1) - e) / (F32(1) + e)
    return np.copysign(near_zero(x) if np.abs(x) < F32(0.625) else far, x)
