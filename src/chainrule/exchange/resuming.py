"""Where a run begins, or goes on from: of a network that is new, and from a checkpoint."""

from dataclasses import replace

import numpy as np

from chainrule.base.errors import UsageError
from chainrule.exchange.model_file import Checkpoint
from chainrule.network.network import Network
from chainrule.network.reference import Reference
from chainrule.training.events import Progress
from chainrule.training.optimizers import State
from chainrule.training.settings import Training


def beginning(network: Network, training: Training) -> Progress:
    """Before the first update of the network's own w."""
    w = network.w.copy()
    return Progress(Reference(network), w, training.optimizer.new_state(w))


def progress_of(checkpoint: Checkpoint) -> Progress:
    """To go on from, by any engine, as `start` of `fit` or `minimise`; UsageError if that is not possible."""
    if checkpoint.obstacle:
        raise UsageError(f"this run cannot be resumed: {checkpoint.obstacle}")
    network, vectors = checkpoint.network, checkpoint.optimizer_vectors
    objective = Reference(network)
    if checkpoint.last_statistics is not None:
        objective.statistics = checkpoint.last_statistics.copy()
    w = (network.w if checkpoint.last_w is None else checkpoint.last_w).copy()
    state = State(np.array(vectors, w.dtype).reshape(len(vectors), w.size), checkpoint.step)
    sums = replace(checkpoint.sums)
    return Progress(objective, w, state, checkpoint.epoch, checkpoint.batch, sums, checkpoint.memories)
