"""Engines execute a network: `compiled` by kernels, in float32; `reference` by its definitions, in any float type."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from chainrule.base.errors import UsageError
from chainrule.network.network import Network
from chainrule.network.reference import Reference

if TYPE_CHECKING:
    from chainrule.engine.compiled import Compiled

ENGINES = ("compiled", "reference")
DEFAULT_ENGINE = "compiled"


def execute(
    network: Network, engine: str = DEFAULT_ENGINE, seed: int = 0, threads: int | None = None
) -> Reference | Compiled:
    """The network's objective, executed by the engine of that name; `seed` keys its dropout masks.

    A network that is not float32 is executed by its definitions. `threads` is for the compiled engine; by default as
    many as this process may use.
    """
    if engine not in ENGINES:
        raise UsageError(f"there is no engine {engine!r}; expected one of: {', '.join(ENGINES)}")
    if engine == "reference" or network.w.dtype != np.float32:
        return Reference(network, seed)
    from chainrule.engine.compiled import Compiled  # Numba is loaded where it is used

    return Compiled(network, seed, threads)
