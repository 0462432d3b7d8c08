"""Whether the terms of an explanation add up to the number that they explain."""

from collections.abc import Iterator

import numpy as np
from hypothesis import strategies as st

from chainrule.explanation.explanation import Explanation
from chainrule.network.reference import Reference
from chainrule.network.tracing import Trace, trace_at
from strategies import batches, networks

ROUNDINGS = 100
"""Of the magnitudes of all terms, and of the largest number beside it: what the definition may be away."""


def adds_up(trace: Trace, unit: str, sample: int = 0) -> Explanation:
    """The explanation, whose terms add up to the value, but for the rounding of the network's type."""
    found = trace.explain(unit, sample)
    largest = max((float(np.abs(a).max(initial=0)) for a in arrays(trace, unit)), default=0.0)
    size = float(np.abs(found.terms.products).sum()) + largest
    eps = float(np.finfo(trace.network.w.dtype).eps)
    assert abs(found.difference) <= ROUNDINGS * eps * size, f"{found!r}\n{found}"
    assert found.unit == unit
    return found


def arrays(trace: Trace, unit: str) -> list[np.ndarray]:
    """That which a unit is in."""
    name = unit.removeprefix("dL/").partition(":")[0]
    values = dict(zip(trace.names, trace.gx if unit.startswith("dL/") else trace.x, strict=True))
    return [each[name] for each in (values, trace.gw if unit.startswith("dL/") else trace.w) if name in each]


def some_units(trace: Trace, draws: np.random.Generator, of_each: int = 5) -> Iterator[str]:
    """Random units of every value, every parameter, and of the loss's derivatives by them; and the loss."""
    yield "loss"
    shapes = dict(zip(trace.names, (x.shape[1:] for x in trace.x), strict=True))
    for name, shape in [*shapes.items(), *((name, w.shape) for name, w in trace.w.items())]:
        for k in draws.integers(0, max(1, int(np.prod(shape))), of_each).tolist():
            place = ",".join(map(str, np.unravel_index(k, shape)))
            yield f"{name}:{place}"
            yield f"dL/{name}:{place}"


def drawn_trace(data: st.DataObject) -> Trace:
    """Of a random network and batch, in either mode."""
    network = data.draw(networks())
    batch, training = data.draw(batches(network)), data.draw(st.booleans())
    return trace_at(Reference(network, 3), network.w, batch, training=training)
