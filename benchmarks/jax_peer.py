"""JAX as a contestant: the same networks and optimizers, each step one compiled function."""

import time
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

import chainrule as cr
from benchmarks.contestant import Contestant
from benchmarks.inputs import convolution_inputs, network_of, prepared
from benchmarks.jax_optimizers import OPTIMIZERS
from benchmarks.works import LEARNING_RATES, PADDING, Work


def build(work: Work, configuration: str, threads: int, samples: int | None) -> Contestant:
    last = configuration == "NHWC"  # its threads follow the processors that the worker may use
    if work.kind == "training":
        return Training(work, last, samples)
    return Inference(work, last) if work.kind == "inference" else Convolution(work, last)


def convolve(x: jax.Array, w: jax.Array, b: jax.Array, stride: int, padding: int, last: bool) -> jax.Array:
    names = ("NHWC", "HWIO", "NHWC") if last else ("NCHW", "OIHW", "NCHW")
    y = lax.conv_general_dilated(x, w, (stride, stride), [(padding, padding)] * 2, dimension_numbers=names)
    return y + (b if last else b[:, None, None])


def pool(x: jax.Array, size: int, last: bool) -> jax.Array:
    """Max-pooling of patches side by side, as a maximum over axes: XLA's own window reduction is slower to go back."""
    at = 1 if last else 2
    rows, columns = x.shape[at : at + 2]
    shape = (*x.shape[:at], rows // size, size, columns // size, size, *x.shape[at + 2 :])
    return x.reshape(shape).max((at + 1, at + 3))


def images(x: np.ndarray, last: bool) -> jax.Array:
    return jnp.asarray(x.transpose(0, 2, 3, 1) if last and x.ndim == 4 else x)


def kernels(w: np.ndarray, last: bool) -> jax.Array:
    return jnp.asarray(w.transpose(2, 3, 1, 0) if last and w.ndim == 4 else w)


def canonical(gradient: jax.Array, last: bool) -> np.ndarray:
    found = np.asarray(gradient)
    return found.transpose(3, 2, 0, 1) if last and found.ndim == 4 else found


def outputs(network: cr.Network, last: bool, w: list[jax.Array], x: jax.Array, key: Any = None) -> jax.Array:
    """y; dropout where there is a key."""
    parameters = iter(w)
    for k, layer in enumerate(network.layers):
        if isinstance(layer, cr.Convolution):
            x = convolve(x, next(parameters), next(parameters), layer.stride, layer.padding, last)
        elif isinstance(layer, cr.Linear):
            if last and x.ndim == 4:
                x = x.transpose(0, 3, 1, 2)
            x = x.reshape(len(x), -1) @ next(parameters).T + next(parameters)
        elif isinstance(layer, cr.MaxPooling):
            x = pool(x, layer.size, last)
        elif isinstance(layer, cr.Dropout):
            if key is not None:
                kept = jax.random.bernoulli(jax.random.fold_in(key, k), 1 - layer.p, x.shape)
                x = jnp.where(kept, x / (1 - layer.p), 0)
        else:
            x = jax.nn.relu(x)
    return x


def weights(network: cr.Network, last: bool) -> list[jax.Array]:
    return [kernels(w.copy(), last) for w in network.named().values()]


class Training:
    def __init__(self, work: Work, last: bool, samples: int | None) -> None:
        self.network, self.last, self.batch = network_of(work), last, work.batch
        x, t = prepared(work, samples)
        self.x, self.t = x.transpose(0, 2, 3, 1).copy() if last else x, t.astype(np.int32)
        self.key = jax.random.key(0, impl="rbg")  # the fastest of its generators
        self.begin, update = OPTIMIZERS[work.optimizer]
        lr = LEARNING_RATES[work.optimizer]

        def loss(w: list[jax.Array], x: jax.Array, t: jax.Array, key: Any) -> jax.Array:
            y = jax.nn.log_softmax(outputs(self.network, last, w, x, key))
            return -jnp.take_along_axis(y, t[:, None], 1).mean()

        @partial(jax.jit, donate_argnums=(0, 1))
        def step(w: Any, state: Any, x: jax.Array, t: jax.Array, key: Any, k: jax.Array) -> Any:
            return update(w, jax.grad(loss)(w, x, t, jax.random.fold_in(key, k)), state, lr)

        self.step, self.loss = step, jax.jit(jax.value_and_grad(loss))

    def check(self) -> dict[str, np.ndarray]:
        w = weights(self.network, self.last)
        loss, gradients = self.loss(w, self.x[: self.batch], self.t[: self.batch], None)
        found = (canonical(gradient, self.last) for gradient in gradients)
        return {"loss": np.asarray(loss), **dict(zip(self.network.named(), found, strict=True))}

    def run(self, items: int) -> tuple[int, float]:
        batch, steps = self.batch, min(-(-items // self.batch), len(self.x) // self.batch)
        w = weights(self.network, self.last)
        state = self.begin(w)
        clock = time.perf_counter()
        for k in range(steps):
            where = slice(k * batch, (k + 1) * batch)
            w, state = self.step(w, state, self.x[where], self.t[where], self.key, np.uint32(k))
        jax.block_until_ready(w)
        return steps * batch, time.perf_counter() - clock


class Inference:
    def __init__(self, work: Work, last: bool) -> None:
        network, (x, _), self.batch = network_of(work), prepared(work, None), work.batch
        self.x = x.transpose(0, 2, 3, 1).copy() if last else x
        self.w = weights(network, last)
        self.outputs = jax.jit(partial(outputs, network, last))

    def check(self) -> dict[str, np.ndarray]:
        return {"y": np.asarray(self.outputs(self.w, self.x[: self.batch]))}

    def run(self, items: int) -> tuple[int, float]:
        batch, n, done = self.batch, len(self.x), 0
        clock = time.perf_counter()
        while done < items:
            self.outputs(self.w, self.x[done % n : done % n + batch]).block_until_ready()
            done += batch
        return done, time.perf_counter() - clock


class Convolution:
    def __init__(self, work: Work, last: bool) -> None:
        given, self.batch, self.last = convolution_inputs(work), work.batch, last
        self.inputs = images(given.x, last), kernels(given.w, last), jnp.asarray(given.b)
        self.gy = images(given.gy, last)

        @jax.jit
        def once(inputs: Any, gy: jax.Array) -> Any:
            y, back = jax.vjp(lambda x, w, b: convolve(x, w, b, 1, PADDING, last), *inputs)
            return y, *back(gy)

        self.once = once

    def check(self) -> dict[str, np.ndarray]:
        y, gx, gw, gb = self.once(self.inputs, self.gy)
        y, gx = (np.asarray(v).transpose(0, 3, 1, 2) if self.last else np.asarray(v) for v in (y, gx))
        return {"y": y, "gx": gx, "w": canonical(gw, self.last), "b": np.asarray(gb)}

    def run(self, items: int) -> tuple[int, float]:
        rounds = -(-items // self.batch)
        clock = time.perf_counter()
        for _ in range(rounds):
            jax.block_until_ready(self.once(self.inputs, self.gy))
        return rounds * self.batch, time.perf_counter() - clock
