"""A regression's units taken into its network: a last Linear answers mean + scale y where it answered y.

w <- scale w        b <- scale b + mean
"""

from copy import copy

import numpy as np

from chainrule.layers import Linear
from chainrule.losses.regression import RegressionLoss
from chainrule.network.network import Network


def rescale_outputs(network: Network, mean: np.ndarray, scale: np.ndarray) -> None:
    """Let a network whose last layer is a Linear answer mean + scale y where it answered y."""
    w, b = (placed.view(network.w) for placed in network.parameters[-2:])
    w[:] = scale[:, None] * w
    b[:] = scale * b + mean


def in_target_units(network: Network) -> Network:
    """One whose y is what this one predicts, in the targets' unit; itself, if that is so, it ends in no b, or its loss
    cannot be had in that unit."""
    loss, last = network.loss, network.graph.nodes[-1].layer
    if not (isinstance(loss, RegressionLoss) and loss.has_units and type(last) is Linear and last.bias):
        return network
    if (folded := loss.without_units()) is None:
        return network
    same = copy(network)
    same.w, same.loss = network.w.copy(), folded
    rescale_outputs(same, *(np.broadcast_to(numbers, network.output_shape) for numbers in (loss.mean, loss.std)))
    return same
