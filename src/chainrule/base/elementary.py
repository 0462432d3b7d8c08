"""exp, log, sine, cosine and powers that have the same bits on every machine.

NumPy's and the C library's own differ in the last place from processor to processor, and from system to system. What
goes into w, as initial weights and learning rates do, is computed here: by additions, products, quotients and roots
alone, each of which is rounded by a rule (IEEE 754), in an order that is written down. Each function is within 2 units
in the last place of float64.
"""

from decimal import Context, Decimal
from functools import lru_cache
from math import factorial, isinf, pi
from typing import Any

import numpy as np

LOG2_HIGH, LOG2_LOW = 0.693145751953125, 1.42860682030941723212e-6
"""log 2 in two: a product of the first with a whole number up to 2^32 is not rounded."""
ROOT_HALF = 0.7071067811865476
TERMS = tuple(2 / (2 * k + 1) for k in range(12, 0, -1))  # of 2 artanh(s) / s - 2, in powers of s^2, the highest first
SINE = tuple((-1) ** k / factorial(2 * k + 1) for k in range(8, 0, -1))
COSINE = tuple((-1) ** k / factorial(2 * k) for k in range(8, 1, -1))
EXPONENTIAL = tuple(1 / factorial(k) for k in range(13, 1, -1))
DIGITS = Context(prec=40, traps=[])


def polynomial(factors: tuple[float, ...], x: Any) -> Any:
    """The sum of factors[k] x^(n-1-k), by W. G. Horner's rule."""
    total = factors[0]
    for factor in factors[1:]:
        total = total * x + factor
    return total


def exp(x: np.ndarray) -> np.ndarray:
    """2^n exp(r), with x = n log 2 + r and |r| <= log(2) / 2; infinite beyond the numbers of float64."""
    x = np.clip(x, -800.0, 800.0)
    n = np.rint(x / (LOG2_HIGH + LOG2_LOW))
    near = x - n * LOG2_HIGH
    r = near - n * LOG2_LOW
    lost = (near - r) - n * LOG2_LOW
    value = 1.0 + (r + (r * r * polynomial(EXPONENTIAL, r) + lost))
    half = np.floor(n / 2)  # 2^n in two steps: it may be none of float64's numbers
    with np.errstate(over="ignore"):
        return np.ldexp(np.ldexp(value, half.astype(np.int32)), (n - half).astype(np.int32))


def log(x: np.ndarray) -> np.ndarray:
    """Of x > 0: n log 2 + log m, with x = 2^n m and m between the root of 1/2 and that of 2."""
    m, n = np.frexp(x)
    below = m < ROOT_HALF
    return log_of_parts(np.where(below, m + m, m), n - below)


def log_of_parts(m: Any, n: Any) -> Any:
    """n log 2 + log m: log(1 + f) is 2 artanh(s) with s = f / (2 + f), and 2 s = f - s f. Kernels take it in, too."""
    f = m - 1.0
    s = f / (2.0 + f)
    z = s * s
    total = TERMS[0]
    for factor in TERMS[1:]:
        total = total * z + factor
    half = 0.5 * f * f
    return n * LOG2_HIGH - ((half - (s * (half + z * total) + n * LOG2_LOW)) - f)


def sine_of_turns(v: np.ndarray) -> np.ndarray:
    """sin(2 pi v)."""
    n = np.rint(4.0 * v)
    return np.choose((n % 4).astype(np.int64), _waves(v - n / 4))


def cosine_of_turns(v: np.ndarray) -> np.ndarray:
    """cos(2 pi v)."""
    n = np.rint(4.0 * v)
    return np.choose(((n + 1) % 4).astype(np.int64), _waves(v - n / 4))


def cosine_of_turn(v: float) -> float:
    """cos(2 pi v) of one number: a schedule asks for it at every update."""
    n = round(4.0 * v)
    return _waves(v - n / 4)[(n + 1) % 4]


def _waves(rest: Any) -> tuple[Any, ...]:
    """sin(2 pi (rest + k / 4)) for k = 0, 1, 2, 3: `rest` is what a number of turns has beside whole quarters, which is
    known without rounding."""
    angle = 2 * pi * rest
    z = angle * angle
    sine = angle + angle * (z * polynomial(SINE, z))
    half = 0.5 * z
    rest = 1.0 - half
    cosine = rest + (((1.0 - rest) - half) + z * z * polynomial(COSINE, z))
    return sine, cosine, -sine, -cosine


@lru_cache(64)  # an update asks for the same few more than once
def power(x: float, n: float) -> float:
    """x^n of x and n >= 0, by decimal numbers of 40 digits. OverflowError where it is no float, as of x**n."""
    if not x or not n:
        return 1.0 if not n else 0.0
    found = float(DIGITS.power(Decimal(x), Decimal(n)))
    if isinf(found):
        raise OverflowError(f"{x} to the power of {n} is no float")
    return found
