"""Engines execute a network: `reference` by its definitions, in any float type."""

from chainrule.engine.reference import Reference
from chainrule.errors import UsageError
from chainrule.network import Network

ENGINES = {"reference": Reference}


def execute(network: Network, engine: str = "reference", seed: int = 0) -> Reference:
    """The network's objective, executed by the engine of that name; `seed` keys its dropout masks."""
    if engine not in ENGINES:
        raise UsageError(f"there is no engine {engine!r}; expected one of: {', '.join(ENGINES)}")
    return ENGINES[engine](network, seed)
