"""A trace: everything that one batch's forward and backward pass compute, kept to be looked at."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from chainrule.network.network import Network
from chainrule.network.reference import Reference
from chainrule.training.objective import Batch


@dataclass(frozen=True)
class Trace:
    """x_0 = x, x_1, ..., x_n = y of one batch, and the derivative of its summed loss by each of them and by each w."""

    network: Network
    loss: float  # the sum over the batch
    x: list[np.ndarray]  # n + 1 arrays (s, *shape)
    gx: list[np.ndarray]  # gx[k] = dL/dx_k, of x[k]'s shape
    w: dict[str, np.ndarray]  # by name, as in "conv1.w"
    gw: dict[str, np.ndarray]

    def __str__(self) -> str:
        """One line for each x_k: its shape, how large it and its gradient are, and how much of them is zero."""
        names = ["x", *map(str, self.network.layers)]
        rows = [("x_k", "shape", "rms x_k", "zeros", "rms dL/dx_k", "zeros")]
        for k, (name, x, gx) in enumerate(zip(names, self.x, self.gx, strict=True)):
            shape = " x ".join(map(str, x.shape[1:]))
            rows.append((f"{k} {name}", shape, f"{_rms(x):.3g}", _zeros(x), f"{_rms(gx):.3g}", _zeros(gx)))
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        return "\n".join(
            "  ".join(f"{cell:<{n}}" for cell, n in zip(row, widths, strict=True)).rstrip() for row in rows
        )

    def _repr_html_(self) -> str:
        from chainrule.views.notebook import trace_html  # what shows traces stands above them

        return trace_html(self)


def trace(network: Network, x: np.ndarray, t: Sequence[int] | np.ndarray, *, seed: int = 0, step: int = 0) -> Trace:
    """Forward and backward over one batch x (s, ...), t (s,), as training does it: `seed` and `step` key dropout.

    Raises DataError where x or t do not fit the network.
    """
    t = np.asarray(t)
    network.loss.check_targets(t, network.output_shape)
    gw = np.zeros_like(network.w)
    loss, xs, gxs = Reference(network, seed).trace(network.w, Batch(np.asarray(x), t, step=step), gw)
    w = {name: value.copy() for name, value in network.named().items()}
    return Trace(network, loss, xs, gxs, w, network.named(gw))


def _rms(a: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(a, dtype=np.float64))))


def _zeros(a: np.ndarray) -> str:
    return f"{np.mean(a == 0):.0%}"
