"""A trace: everything that one batch's forward and backward pass compute, kept to be looked at."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from chainrule.base.arguments import of_kind
from chainrule.base.arrays import as_numbers, read_only
from chainrule.base.numbers import whole_number
from chainrule.layers.graph import backward, forward
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


def trace(network: Network, x: np.ndarray, t: Sequence[int] | np.ndarray, *, seed: int = 0, step: int = 0) -> Trace:
    """Forward and backward over one batch x (s, ...), t (s,), as training does it: `seed` and `step` key dropout.

    Raises DataError where x or t do not fit the network.
    """
    of_kind("the network", network, Network, "a Network")
    batch = Batch(as_numbers(x, "x"), as_numbers(t, "t"), step=whole_number("step", step, 0))
    return trace_at(Reference(network, seed), network.w, batch)


def trace_at(engine: Reference, w: np.ndarray, batch: Batch) -> Trace:
    """The same at any w, for a batch whose samples may be weighted."""
    network = engine.network
    named, context = network.named(read_only(w)), engine.context(batch)
    check_batch(network, batch)
    made = forward(network.graph, network.prepare(batch.samples, w.dtype), named, context)
    y = made.values[-1]
    gx, gw = backward(network.graph, engine.output_gradient(y, batch), made, named, context=context)
    copies = {name: value.copy() for name, value in named.items()}
    return Trace(network, engine.loss_of(y, batch), made.values, gx, copies, {name: gw[name] for name in named})


def _rms(a: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(a, dtype=np.float64))))


def _zeros(a: np.ndarray) -> str:
    return f"{np.mean(a == 0):.0%}"
