"""exp, log, sigmoid, tanh, GELU, SiLU, ELU and softplus of every float32 there is, as kernels compute them, beside
NumPy's of the same in double.

NumPy's are within a few units in the last place of a double, which is 2^-29 of a float32's: for a float32 they are
exact. Kernels run with subnormals flushed: a subnormal x is taken for the 0 of its sign, and a result below the normal
numbers may be 0. exp is made for x <= 0. log is that of a loss, of the probability of the true class.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from chainrule.engine.kernels import activations, elementary, elementwise
from chainrule.engine.kernels.losses import nll
from chainrule.engine.layout import Image, View
from chainrule.engine.runtime.denormals import denormals_flushed
from chainrule.engine.simd import LANES
from chainrule.layers.gelu import FAR, gelu, probability_below
from torture.campaign import Tally, campaign

BLOCK = 1 << 20  # numbers that are tried at once
NORMAL = 2.0**-126  # the least of the normal numbers
ULPS = 2
FIRST, NEXT = 0xC00, 0x801  # of the blocks: that from -2 on, then the other sign's; NEXT is odd, so that all come
EXPONENT = np.int64(0x7FF << 52)  # of a double's bits


class Function(NamedTuple):
    """A function as a kernel computes it, and as NumPy does in double."""

    kernel: Callable[[np.ndarray], np.ndarray]
    exact: Callable[[np.ndarray], np.ndarray]


def elementwise_kernel(kernel: Callable[..., None]) -> Callable[[np.ndarray], np.ndarray]:
    """y of x (n,), by a kernel that takes images."""

    def run(x: np.ndarray) -> np.ndarray:
        at, y = Image(len(x), 1, 1, 0, LANES, len(x)), np.empty_like(x)
        kernel(View(x, at), View(y, at), 0, 1)
        return y

    return run


def curve(function: Any) -> Callable[[np.ndarray], np.ndarray]:
    """y of x (n,), by the kernel of a scalar function."""
    return elementwise_kernel(elementwise.of_one(function))


def log(p: np.ndarray) -> np.ndarray:
    """log p, which is less the error of a sample whose true class has the chance p."""
    at, error = Image(1, 1, 1, 0, 1, 1), np.empty(len(p))  # samples of one number, side by side
    gradient = View(np.empty(len(p) + LANES, np.float32), at)
    nll(View(p, at), np.zeros(len(p), np.int64), np.ones(len(p)), error, gradient, 0, len(p))
    return -error


def logistic(x: np.ndarray) -> np.ndarray:
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, e) / (1 + e)


def bent(x: np.ndarray) -> np.ndarray:
    """y of x (n,), by the kernel of ELU."""
    at, y = Image(len(x), 1, 1, 0, LANES, len(x)), np.empty_like(x)
    elementwise.of_two_and_a_parameter(activations.bent)(View(x, at), View(x, at), View(y, at), np.float32(1), 0, 1)
    return y


def normal_share(x: np.ndarray) -> np.ndarray:
    """The probability of a normal number below x, of doubles; of float32 far from 0 it is 0 or 1."""
    far = np.abs(x) > FAR
    share = np.where(x > 0, 1.0, 0.0)
    share[~far] = probability_below(x[~far])
    return np.where(np.isnan(x), x, share)


FUNCTIONS = {
    "exp": Function(curve(elementary.exponential), np.exp),
    "log": Function(log, np.log),
    "sigmoid": Function(elementwise_kernel(elementwise.sigmoid), logistic),
    "tanh": Function(elementwise_kernel(elementwise.tanh), np.tanh),
    "GELU": Function(curve(activations.gaussian), lambda x: x * normal_share(x)),
    "GELU by tanh": Function(curve(activations.approximate_gaussian), lambda x: gelu(x, approximate=True)),
    "SiLU": Function(curve(activations.weighted), lambda x: x * logistic(x)),
    "ELU": Function(bent, lambda x: np.where(x > 0, x, np.expm1(np.where(x > 0, 0, x)))),
    "softplus": Function(curve(activations.smooth), lambda x: np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))),
}


def block(k: int) -> np.ndarray:
    """Numbers k BLOCK .. (k + 1) BLOCK - 1 of the 2^32, by their bits."""
    return np.arange(k * BLOCK, (k + 1) * BLOCK, dtype=np.uint64).astype(np.uint32).view(np.float32)


def errors(function: Function, x: np.ndarray) -> np.ndarray:
    """|found - exact| in float32 units in the last place of the exact value; infinite where one is NaN, or infinite,
    and the other is not, and where a 0 has the wrong sign."""
    with denormals_flushed(), np.errstate(invalid="ignore"):  # what a signalling NaN would say
        found = function.kernel(x).astype(np.float64)
    with np.errstate(all="ignore"):
        taken = np.where(np.abs(x) < NORMAL, np.copysign(np.float32(0), x), x)
        exact = function.exact(taken.astype(np.float64))
        ulps = np.abs(found - exact) / ((exact.view(np.int64) & EXPONENT).view(np.float64) * 2.0**-23)
    odd = ~(np.abs(exact) >= NORMAL) | np.isinf(exact)
    ulps[odd] = np.where(alike(found[odd], exact[odd], taken[odd]), 0, np.inf)
    return np.where(np.isnan(ulps), np.inf, ulps)


def alike(found: np.ndarray, exact: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Whether results that are no normal numbers are the same, the sign of a 0 included; a subnormal one of a normal x
    may have become 0, or normal."""
    same = (found == exact) & (np.signbit(found) == np.signbit(exact)) | np.isnan(found) & np.isnan(exact)
    return same | (x != 0) & (exact != 0) & (np.abs(exact) < NORMAL) & (np.abs(found) <= NORMAL)


@campaign(
    "Exp, log, sigmoid, tanh, GELU, SiLU, ELU and softplus of all 2^32 float32 numbers are within 2 ULP",
    tries=2**32 // BLOCK,
    few=2,
)
def all_numbers(tally: Tally) -> None:
    worst = dict.fromkeys(FUNCTIONS, 0.0)
    for k in tally:
        x = block((FIRST + k * NEXT) % (2**32 // BLOCK))
        for name, function in FUNCTIONS.items():
            of = x[~(x > 0)] if name == "exp" else x
            if len(of):
                found = errors(function, of)
                most = int(found.argmax())
                worst[name] = max(worst[name], float(found[most]))
                tally.check(found[most] <= ULPS, f"{name}({of[most]!r}) is {found[most]:.3g} ULP off")
    tally.notes.update({f"{name} at most": f"{ulps:.2f} ULP" for name, ulps in worst.items()})
