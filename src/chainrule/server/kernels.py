"""The compiled engine beside the definitions: which layers it executes as one, and its numbers of a pass.

Both are found out beside what is asked for: the engine takes a moment to be loaded, and where kernels have to be
compiled, a minute. Until they are there, nobody waits for them.
"""

import logging
import threading

from chainrule.base.random import Source
from chainrule.network.tracing import Trace
from chainrule.server.subject import Subject

PATIENCE = 1.5
"""Seconds that an answer waits for the engine's number."""
log = logging.getLogger("chainrule.server")


class KernelsBeside:
    """The engine's numbers of a trace."""

    def __init__(self, trace: Trace) -> None:
        self._trace, self._done = trace, threading.Event()
        self._thread = threading.Thread(target=self._make, name="kernels", daemon=True)
        self._thread.start()

    def of(self, unit: str, patience: float | None = PATIENCE) -> float | None:
        """That of a unit; None: the engine does not write it, or has not yet."""
        if not self._done.wait(patience) or self._numbers is None:
            return None
        return self._numbers.of(unit)

    @property
    def pending(self) -> bool:
        """Whether they are not there yet."""
        return not self._done.is_set()

    def _make(self) -> None:
        self._numbers = None
        try:
            from chainrule.explanation.kernels import KernelNumbers  # Numba is loaded with it

            found = KernelNumbers(self._trace)
            found.of("loss")  # all are made when the first is asked for
            self._numbers = found
        except Exception as error:  # the page shows all the rest
            log.warning("chainrule: the kernels' numbers are not shown: %s: %s", type(error).__name__, error)
        finally:
            self._done.set()


def fused(subject: Subject) -> dict[str, str | None]:
    """By a layer's name those that the engine executes as one with it, as in "conv1 + relu1"; None: none."""
    return subject.once(_fused)


def _fused(subject: Subject) -> dict[str, str | None]:
    from chainrule.engine.lowering import fusion_groups  # Numba is loaded with it

    network = subject.network
    groups = [tuple(node.name for node in group.nodes)
              for group in fusion_groups(network.graph, Source(), network.w.dtype)]  # fmt: skip
    return {name: " + ".join(group) if len(group) > 1 else None for group in groups for name in group}
