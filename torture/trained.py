"""A network whose steps are worth a second thread, its data, and the weights that training gives, to the bit."""

from functools import cache
from typing import Any

import numpy as np

import chainrule as cr

RNG = np.random.default_rng(0)
X, T = RNG.normal(size=(256, 256)).astype(np.float32), RNG.integers(0, 4, 256)
DATA, TRAINING = cr.Dataset(X, T), cr.Training(epochs=2, batch_size=64)


def new_network(seed: int = 0) -> cr.Network:
    return cr.Network([cr.Linear(256), cr.ReLU(), cr.Linear(128), cr.ReLU(), cr.Linear(4)], 256, seed=seed)


def fitted(threads: int = 2, training: cr.Training = TRAINING, **more: Any) -> cr.Network:
    """A new network, trained."""
    network = new_network()
    cr.fit(network, DATA, training, threads=threads, progress=False, **more)
    return network


def weights(threads: int = 2) -> bytes:
    """What a new network's weights become."""
    return fitted(threads).w.tobytes()


@cache
def right_weights() -> bytes:
    """What they must become: as one thread trains them, once in a process."""
    return weights(threads=1)


def is_right(network: cr.Network) -> bool:
    return network.w.tobytes() == right_weights()


@cache
def weights_of_epochs(last: int) -> tuple[bytes, ...]:
    """The weights before training, and those after each epoch up to this one."""
    each = (fitted(training=cr.Training(epochs=epochs, batch_size=64)) for epochs in range(last + 1))
    return tuple(network.w.tobytes() for network in each)
