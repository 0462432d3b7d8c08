"""Engines execute a network: `compiled` by kernels, `reference` by its definitions; both in float32 and float64."""

from __future__ import annotations

from chainrule.base.arguments import of_kind
from chainrule.base.numbers import whole_number
from chainrule.base.random import Source
from chainrule.network.engine import ENGINES as ENGINES
from chainrule.network.engine import Engine, engine_named, register_engine
from chainrule.network.network import Network
from chainrule.network.reference import Reference as Reference

DEFAULT_ENGINE = "compiled"


def execute(
    network: Network, engine: str = DEFAULT_ENGINE, seed: int | Source = 0, threads: int | None = None
) -> Engine:
    """The network's objective, executed by the engine of that name.

    `seed` of dropouts' random numbers, or their source; `threads` is for the compiled engine, whose bits do not depend
    on it: by default as many as this process may use. The reference engine's are those of so many BLAS threads as NumPy
    has. UsageError if there is no such engine.
    """
    of_kind("the network", network, Network, "a Network")
    source = seed if isinstance(seed, Source) else Source(seed)
    if threads is not None:
        threads = whole_number("threads", threads, 1)
    return engine_named(engine)(network, source, threads)


@register_engine("compiled")
def make_compiled(network: Network, source: Source, threads: int | None) -> Engine:
    """The compiled engine, which is loaded here, and Numba with it."""
    from chainrule.engine.compiled import Compiled

    return Compiled(network, source, threads)
