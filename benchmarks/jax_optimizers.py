"""chainrule's optimizers in JAX: (begin, update) of each, as functions of lists of arrays."""

from typing import Any

import jax
import jax.numpy as jnp

Arrays = list[jax.Array]


def zeros(w: Arrays) -> Arrays:
    return [jnp.zeros_like(p) for p in w]


def sgd(w: Arrays, g: Arrays, state: Any, lr: float) -> Any:
    return [p - lr * d for p, d in zip(w, g, strict=True)], state


def adadelta(w: Arrays, g: Arrays, state: Any, lr: float, rho: float = 0.9, eps: float = 1e-6) -> Any:
    v = [rho * a + (1 - rho) * d**2 for a, d in zip(state[0], g, strict=True)]
    dx = [jnp.sqrt(b + eps) / jnp.sqrt(a + eps) * d for a, b, d in zip(v, state[1], g, strict=True)]
    u = [rho * b + (1 - rho) * d**2 for b, d in zip(state[1], dx, strict=True)]
    return [p - lr * d for p, d in zip(w, dx, strict=True)], (v, u)


def adam(w: Arrays, g: Arrays, state: Any, lr: float, b1: float = 0.9, b2: float = 0.999, eps: float = 1e-8) -> Any:
    k = state[2] + 1
    m = [b1 * a + (1 - b1) * d for a, d in zip(state[0], g, strict=True)]
    v = [b2 * a + (1 - b2) * d**2 for a, d in zip(state[1], g, strict=True)]
    size, root = lr / (1 - b1**k), jnp.sqrt(1 - b2**k)
    new = [p - size * a / (jnp.sqrt(c) / root + eps) for p, a, c in zip(w, m, v, strict=True)]
    return new, (m, v, k)


OPTIMIZERS: dict[str, Any] = {
    "sgd": (lambda w: (), sgd),
    "adadelta": (lambda w: (zeros(w), zeros(w)), adadelta),
    "adam": (lambda w: (zeros(w), zeros(w), jnp.zeros(())), adam),
}
