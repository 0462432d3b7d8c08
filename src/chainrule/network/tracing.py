"""A trace: everything that one batch's forward and backward pass compute, kept to be looked at."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.base.arguments import of_kind, truth
from chainrule.base.arrays import as_numbers, read_only
from chainrule.base.numbers import whole_number
from chainrule.layers.graph import backward, forward
from chainrule.layers.layer import Context
from chainrule.network.given import check_batch
from chainrule.network.network import Network, doors
from chainrule.network.reference import Reference
from chainrule.training.objective import Batch


@dataclass(frozen=True)
class Trace:
    """Every value x_0 = x, x_1, ..., x_n = y of one batch, and the derivative of its summed loss by each and by each w.

    Value k is what node k - 1 of `network.graph` writes: in a row of layers, layer k.
    """

    network: Network
    loss: float  # the sum over the batch
    x: list[np.ndarray]  # n + 1 arrays (s, *shape)
    gx: list[np.ndarray]  # gx[k] = dL/dx_k, of x[k]'s shape
    w: dict[str, np.ndarray]  # by name, as in "conv1.w"
    gw: dict[str, np.ndarray]
    batch: Batch
    context: Context  # in which it was computed: training or evaluation, the draws, the statistics before it

    @property
    def names(self) -> list[str]:
        """Of each value: x, and the layer that gives it, as in "block1.conv2"."""
        return self.network.graph.names

    def explain(self, unit: str, sample: int = 0) -> Any:
        """What made one number: the products of which it is the sum, a `chainrule.explanation` to print.

            trace.explain("conv1:3,5,7")               y[3,5,7] of the layer conv1, of sample 0
            trace.explain("dL/x:0,5,7", sample=2)      the loss's derivative by the network's input
            trace.explain("dL/conv1.w:3,0,1,1")        ... by a parameter; "loss" is the loss itself

        UsageError for a unit that there is none of.
        """
        return doors["explain"](self, unit, sample)

    def __repr__(self) -> str:
        """`print` shows a line for each x_k."""
        values = f"{len(self.x)} values, {len(self.w)} parameters"
        return f"<Trace of {len(self.x[0]):,} samples through {self.network!r}: {values}, summed loss {self.loss:.4g}>"

    def __str__(self) -> str:
        """One line for each x_k: its shape, how large it and its gradient are, and how much of them is zero."""
        graph = self.network.graph
        names = ["x", *(node.layer.text_for(graph.shapes[node.inputs[0]]) for node in graph.nodes)]
        rows = [("x_k", "shape", "rms x_k", "zeros", "rms dL/dx_k", "zeros")]
        for k, (name, x, gx) in enumerate(zip(names, self.x, self.gx, strict=True)):
            shape = " x ".join(map(str, x.shape[1:]))
            rows.append((f"{k} {name}", shape, f"{_rms(x):.3g}", _zeros(x), f"{_rms(gx):.3g}", _zeros(gx)))
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        return "\n".join(
            "  ".join(f"{cell:<{n}}" for cell, n in zip(row, widths, strict=True)).rstrip() for row in rows
        )

    def _repr_html_(self) -> str:
        return doors["trace_html"](self)


def trace(
    network: Network,
    x: np.ndarray,
    t: Sequence[int] | np.ndarray,
    *,
    seed: int = 0,
    step: int = 0,
    training: bool = True,
) -> Trace:
    """Forward and backward over one batch x (s, ...), t (s,), as training does it: `seed` and `step` key dropout.

    training : False: as in evaluation, without dropout, and normalised by running statistics

    Raises DataError where x or t do not fit the network.
    """
    of_kind("the network", network, Network, "a Network")
    batch = Batch(as_numbers(x, "x"), as_numbers(t, "t"), step=whole_number("step", step, 0))
    return trace_at(Reference(network, seed), network.w, batch, training=truth("training", training))


def trace_at(engine: Reference, w: np.ndarray, batch: Batch, *, training: bool = True) -> Trace:
    """The same at any w, for a batch whose samples may be weighted."""
    network = engine.network
    named, context = network.named(read_only(w)), engine.context(batch if training else None)
    check_batch(network, batch)
    before = copied(context)
    made = forward(network.graph, network.prepare(batch.samples, w.dtype), named, context)
    y = made.values[-1]
    gx, gw = backward(network.graph, engine.output_gradient(y, batch), made, named, context=context)
    copies = {name: value.copy() for name, value in named.items()}
    loss, in_order = engine.loss_of(y, batch), {name: gw[name] for name in named}
    return Trace(network, loss, made.values, gx, copies, in_order, batch, before)


def copied(context: Context, dtype: type | None = None) -> Context:
    """The same with statistics of its own, of that type."""
    kept = {name: a.astype(dtype or a.dtype) for name, a in context.statistics.items()}
    return Context(context.training, context.draws, kept)


def _rms(a: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(a, dtype=np.float64))))


def _zeros(a: np.ndarray) -> str:
    return f"{np.mean(a == 0):.0%}"
