"""Inputs for a model that was saved without its data: like those that it was trained on, as far as it knows them."""

from math import prod
from typing import Any

import numpy as np

from chainrule.data.schema import Features, Reals
from chainrule.network.network import Network
from chainrule.server.passes import reads_bytes, some_target

COARSE = 4
"""Pixels of a patch of one colour, so that there is something to see."""


def made_up(network: Network, number: int) -> tuple[np.ndarray, Any]:
    """The input of that number, and a true value, where there are no classes to choose from."""
    chance, shape = np.random.default_rng(number), network.input_shape
    inputs = network.schema and network.schema.inputs
    if reads_bytes(network):
        x = patches(chance.integers(0, 256, shape, np.uint8))
    else:
        x = chance.normal(size=shape)
        if isinstance(inputs, Features) and len(inputs.columns) == prod(shape):
            mean, std = (np.array([getattr(each, of) for each in inputs.columns]) for of in ("mean", "deviation"))
            x = mean.reshape(shape) + x * std.reshape(shape)
    return x, target(network)


def patches(x: np.ndarray) -> np.ndarray:
    """The same with fewer different pixels, in pictures of some size."""
    if x.ndim < 3 or min(x.shape[-2:]) < 2 * COARSE:
        return x
    rows, cols = (np.arange(n) // COARSE * COARSE for n in x.shape[-2:])
    return np.ascontiguousarray(x[..., rows[:, None], cols])


def target(network: Network) -> Any:
    """About what was true in training; None: a class, which one chooses."""
    found = some_target(network)
    if isinstance(found, int):
        return None
    answers = network.schema and network.schema.answers
    mean = [each.mean for each in answers.columns] if isinstance(answers, Reals) else found
    return float(np.ravel(mean)[0]) if network.output_shape == (1,) else np.ravel(mean).tolist()
