"""What the compiled engine makes of the numbers of a trace, where it writes them: beside the definition's.

It executes several layers as one, and writes what comes out of them, not what lies between; so it is with derivatives.
What it writes are outputs of its fusion groups, what these send back to a value that one alone reads, all of dL/dw, and
the loss. Behind a ReLU derivatives are only of use, and only there, where the value is not 0.

Kernels go back in training alone. A pass in evaluation is one of training without dropout; where there is a batch
normalisation, which evaluation does by other statistics, its values are the engine's, and its derivatives are not.
"""

from __future__ import annotations

from copy import copy
from dataclasses import replace
from functools import cached_property
from typing import NamedTuple

import numpy as np

from chainrule.base.arguments import of_kind
from chainrule.base.random import Draws, Source
from chainrule.engine.compiled import Compiled
from chainrule.engine.measure.onlooker import Onlooker
from chainrule.engine.plan import Plan
from chainrule.explanation.explain import checked_sample
from chainrule.explanation.unit import unit_of
from chainrule.layers import LAYERS, BatchNormalisation, Dropout
from chainrule.layers.graph import Graph
from chainrule.layers.residual import Addition
from chainrule.network.network import Network
from chainrule.network.tracing import Trace


class Made(NamedTuple):
    """What the engine wrote for a batch; NaN where it wrote nothing."""

    values: dict[int, np.ndarray]  # of the graph's values, (s, *shape)
    gradients: dict[int, np.ndarray]
    weights: dict[str, np.ndarray]  # dL/dw by name
    loss: float | None


class KernelNumbers:
    """The numbers of a trace as the compiled engine has them, which computes them all when it is first asked."""

    def __init__(self, trace: Trace) -> None:
        self.trace = of_kind("the trace", trace, Trace, "one, as chainrule.trace gives")

    def of(self, unit: str, sample: int = 0) -> float | None:
        """That of a unit; None: the engine does not write it."""
        found, sample = unit_of(self.trace.network, unit), checked_sample(self.trace, sample)
        if found.kind == "loss":
            return self._made.loss
        if found.kind == "parameter":
            known = self._made.weights.get(found.name) if found.gradient else None
            return None if known is None else float(known[found.index])
        known = (self._made.gradients if found.gradient else self._made.values).get(found.number)
        number = np.nan if known is None else float(known[(sample, *found.index)])
        return None if np.isnan(number) else number

    @cached_property
    def _made(self) -> Made:
        trace, draws = self.trace, self.trace.context.draws
        if type(draws) is not Draws:  # of a source that only the trace's engine knew
            return Made({}, {}, {}, None)
        network = as_in(trace)
        if trace.context.training or goes_back_alike(network):
            return trained(network, trace, Source(draws.seed))
        return evaluated(network, trace)


def as_in(trace: Trace) -> Network:
    """The network with the statistics of the trace, and without dropout if that is of evaluation."""
    network = copy(trace.network)
    kept = [trace.context.statistics[each.name].ravel() for each in network.kept]
    network.statistics = np.concatenate([np.empty(0), *kept]).astype(network.w.dtype)
    if not trace.context.training:
        nodes = [
            node._replace(layer=replace(node.layer, p=0.0)) if type(node.layer) is Dropout else node
            for node in network.graph.nodes
        ]
        network.graph = Graph(network.graph.shapes, nodes)
    return network


def goes_back_alike(network: Network) -> bool:
    """Whether a pass in training is one of evaluation, in a network without dropout: as far as layers are known."""
    kinds = {type(node.layer) for node in network.graph.nodes}
    return kinds <= {*LAYERS.values(), Addition} - {BatchNormalisation}


def trained(network: Network, trace: Trace, source: Source) -> Made:
    """By a step of training."""
    onlooker, n = Onlooker(), len(trace.batch)
    engine = Compiled(network, source, 1, watch=onlooker)
    w = engine.layout.pack(_weights(trace))
    gw = np.zeros_like(w)
    onlooker.watch(engine.plan(n), n)
    loss = engine.loss_and_gradient(w, trace.batch, gw)
    return Made(_values(onlooker), _gradients(onlooker), network.named(engine.layout.unpack(gw)), loss)


def evaluated(network: Network, trace: Trace) -> Made:
    """By a forward pass in evaluation."""
    onlooker, n = Onlooker(), len(trace.batch)
    engine = Compiled(network, 0, 1)
    plan = Plan(engine.lowering, n, gradients=False, threads=1, statistics=engine.statistics)
    step, source = plan.step(engine.layout.pack(_weights(trace)), n), plan.input.take(trace.batch.samples)
    onlooker.watch(plan, n)
    onlooker.run(plan.program(source, step, loss=False))
    return Made(_values(onlooker), {}, {}, None)


def _weights(trace: Trace) -> np.ndarray:
    """w of the trace, in canonical order."""
    parts = [trace.w[each.name].ravel() for each in trace.network.parameters]
    return np.concatenate([np.empty(0), *parts]).astype(trace.network.w.dtype)


def _values(onlooker: Onlooker) -> dict[int, np.ndarray]:
    """The outputs of the stages."""
    groups, shapes = [stage.group for stage in onlooker.plan.stages], onlooker.plan.lowering.graph.shapes
    return {
        group.output: onlooker.made[k, False].reshape(onlooker.samples, *shapes[group.output])
        for k, group in enumerate(groups)
    }


def _gradients(onlooker: Onlooker) -> dict[int, np.ndarray]:
    """What the stages send back, where they alone read the value."""
    plan, found = onlooker.plan, {}
    for k, stage in enumerate(plan.stages):
        value = stage.group.inputs[0]
        if (k, True) in onlooker.made and len(plan.lowering.readers(value)) == 1:
            gx, x = onlooker.made[k, True], onlooker.x_of(k)
            useful = np.where(x.reshape(gx.shape) != 0, gx, np.nan) if stage.x.rectified else gx
            found[value] = useful.reshape(onlooker.samples, *plan.lowering.graph.shapes[value])
    return found
