"""Where a number that is not finite comes from: a batch's forward and backward pass again, by the definitions."""

import numpy as np

from chainrule.base.arrays import read_only
from chainrule.base.random import Source
from chainrule.layers.graph import Pass, backward, forward
from chainrule.layers.layer import Context
from chainrule.network.batch_gradient import gradient_by_output
from chainrule.network.network import Network
from chainrule.training.objective import Batch, Origin


def origin_in_weights(network: Network, w: np.ndarray, statistics: np.ndarray) -> Origin | None:
    """The first parameter or statistic that is not finite, of those in canonical order."""
    for name, values in (network.named(w) | network.named_statistics(statistics)).items():
        if not np.isfinite(values).all():
            layer, _, own = name.rpartition(".")
            return Origin(f"the {'parameter' if name in network.named() else 'statistic'} {own} of", layer)
    return None


def origin_in_passes(
    network: Network, w: np.ndarray, statistics: np.ndarray, *, batch: Batch, source: Source
) -> Origin | None:
    """The first output, in the order of the forward pass, that is not finite; or else the first gradient, in the
    order of back propagation. Nothing is changed."""
    context = Context(True, source.draws(batch.step, batch.offset), network.named_statistics(statistics.copy()))
    graph, named = network.graph, network.named(read_only(w))
    with np.errstate(all="ignore"):
        made = forward(graph, network.prepare(batch.samples, w.dtype), named, context)
        for node in graph.nodes:
            if not np.isfinite(made.values[node.output]).all():
                return Origin("the output of", node.name)
        return _in_gradients(network, made, batch, named, context=context)


def _in_gradients(
    network: Network, made: Pass, batch: Batch, named: dict[str, np.ndarray], *, context: Context
) -> Origin | None:
    gy = gradient_by_output(network.loss, made.values[-1], batch)
    gradients, gw = backward(network.graph, gy, made, named, context=context)
    for node in reversed(network.graph.nodes):
        own = [gradient for name, gradient in gw.items() if name.startswith(f"{node.name}.")]
        if not all(np.isfinite(each).all() for each in (gradients[node.output], *own)):
            return Origin("the gradient of", node.name)
    return None
