"""One pass through the network, as the page asks for it: an image, maybe with its true class; in training, or not.

POST /api/forward      every value of the pass, and what the network says
POST /api/trace        and every gradient
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from functools import cached_property
from math import prod
from time import perf_counter
from typing import Annotated, Any

import numpy as np

from chainrule.base.typed import Within
from chainrule.layers import graph as graphs
from chainrule.network.network import Network
from chainrule.network.reference import Reference
from chainrule.network.tracing import Trace, trace
from chainrule.server.asked import Asked
from chainrule.server.kernels import KernelsBeside
from chainrule.server.plain import Array, array, from_base64
from chainrule.server.refusal import Refusal
from chainrule.server.subject import Kept, Subject
from chainrule.server.ways import ways
from chainrule.tasks.asking import Said
from chainrule.training.objective import Batch

KEPT = 4
"""Traces that are kept: a page asks for one unit after the other of the same."""
Real = Annotated[float, Within()]


@dataclass(frozen=True, kw_only=True)
class Pass:
    """What is asked for."""

    image: str | Array
    """The network's input: bytes, row by row, or numbers."""
    t: int | float | tuple[float, ...] | None = None
    training: bool = False
    """Whether layers do what they do in training, as dropout."""
    seed: Annotated[int, Within(0, 2**53)] = 0
    """Of what is random then."""

    def x(self, network: Network) -> np.ndarray:
        """(1, *input_shape) as the network takes it; Refusal for what does not fit."""
        shape, size = (1, *network.input_shape), prod(network.input_shape)
        if isinstance(self.image, Array):
            found = self.image.numbers("image")
            if found.size != size:
                raise Refusal(f"image has shape {found.shape}; expected {network.input_shape}")
            return found.reshape(shape)
        if not reads_bytes(network):
            raise Refusal("image is bytes, which this network was not trained on; expected numbers, with their shape")
        content = from_base64(self.image, "image")
        if len(content) != size:
            raise Refusal(f"image has {len(content):,} bytes; expected {size:,}, of shape {network.input_shape}")
        return np.frombuffer(content, np.uint8).reshape(shape)


def reads_bytes(network: Network) -> bool:
    """Whether its inputs are bytes, which it scales: so they are if it was trained on such, or does not know."""
    return network.schema is None or network.schema.inputs.in_bytes


def names_of(network: Network) -> list[str]:
    """Of every value, from x on."""
    return ["x", *(node.name for node in network.graph.nodes)]


def forward(subject: Subject, asked: Asked) -> dict[str, Any]:
    """All values, and what is said; `milliseconds` that it took to compute them."""
    network, each = subject.network, asked.read(Pass)
    begin = perf_counter()
    values = values_of(network, each)
    taken = 1000 * (perf_counter() - begin)
    shown = zip(names_of(network), values, strict=True)
    return {**said(subject, values[-1]), "values": {name: array(x[0]) for name, x in shown}, "milliseconds": taken}


def values_of(network: Network, each: Pass) -> list[np.ndarray]:
    """Every value of the pass, of one sample (1, ...)."""
    engine = Reference(network, each.seed)
    x = each.x(network)
    context = engine.context(Batch(x, np.zeros(1, np.int64)) if each.training else None)
    return graphs.forward(network.graph, network.prepare(x, network.w.dtype), network.named(), context).values


def said(subject: Subject, y: np.ndarray) -> dict[str, Any]:
    """What a network's output (1, ...) says: as `chainrule predict` has it, the probabilities calibrated."""
    answers = Said(subject.network, classes=subject.classes)
    found = answers.of_outputs(y)[0]
    if not answers.gives_probabilities:
        return {"probabilities": None, "best": None, "answers": found}
    return {"probabilities": found, "best": int(found.argmax()), "answers": None}


def targets(network: Network, each: Pass) -> np.ndarray:
    """t (1, ...), as the network's loss takes it; Refusal where there is none."""
    if each.t is None:
        raise Refusal("there is no t; expected the true class, or value, of the image")
    t = np.array([each.t])
    network.loss.check_targets(t, network.output_shape)
    return t


def some_target(network: Network) -> int | float | tuple[float, ...]:
    """A t that fits the network, for what does not depend on it."""
    if network.loss.class_count(np.zeros(1, np.int64), network.output_shape):
        return 0
    return (0.0,) * prod(network.output_shape) if network.output_shape != (1,) else 0.0


@dataclass(frozen=True, eq=False)
class Traced:
    """All of a pass."""

    trace: Trace

    @cached_property
    def kernels(self) -> KernelsBeside:
        """The same by the compiled engine."""
        return KernelsBeside(self.trace)


class Traces:
    """The last few, by what was asked for."""

    def __init__(self, subject: Subject) -> None:
        self._network = subject.network
        self._lock = threading.Lock()
        self._kept: OrderedDict[Pass, Kept] = OrderedDict()

    def of(self, each: Pass) -> Traced:
        """That pass; Refusal if it has no t."""
        each = Pass(image=each.image, t=each.t, training=each.training, seed=each.seed)
        x, t = each.x(self._network), targets(self._network, each)
        with self._lock:
            kept = self._kept.setdefault(each, Kept())
            self._kept.move_to_end(each)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return kept.once(lambda: Traced(trace(self._network, x, t, seed=each.seed, training=each.training)))


def passed(subject: Subject, each: Pass) -> Traced:
    return subject.once(Traces).of(each)


def traced(subject: Subject, each: Pass) -> Trace:
    return passed(subject, each).trace


def whole_trace(subject: Subject, asked: Asked) -> dict[str, Any]:
    """All values and all gradients; of the parameters, which may be many, how large they are."""
    found, network = traced(subject, asked.read(Pass)), subject.network
    names = names_of(network)
    return {
        "loss": found.loss,
        **said(subject, found.x[-1]),
        "values": {name: array(x[0]) for name, x in zip(names, found.x, strict=True)},
        "gradients": {name: array(gx[0]) for name, gx in zip(names, found.gx, strict=True)},
        "ways": ways(found),
        "weights": {
            name: {"shape": list(w.shape), "rms": rms(w), "gradient_rms": rms(found.gw[name]),
                   "gradient_norm": float(np.linalg.norm(found.gw[name].astype(np.float64)))}
            for name, w in found.w.items()
        },
        "order": [node.name for node in reversed(network.graph.nodes)],
    }  # fmt: skip


def rms(a: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(a, dtype=np.float64))))
