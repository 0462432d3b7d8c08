"""What every engine is: a network as an objective over one flat vector, and its outputs.

    loss(w, batch), loss_and_gradient(w, batch, out), step(...)      as `Objective` says
    outputs(w, x)                                                   y = f_w(x), in evaluation

An engine registers itself by name; whoever asks for it (`execute`) knows no engine's class.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import NamedTuple, Protocol, TypeVar

import numpy as np

from chainrule.base.arguments import is_among
from chainrule.base.errors import UsageError
from chainrule.base.guessing import expected_one_of
from chainrule.base.random import Source
from chainrule.base.showing import short
from chainrule.network.network import Network
from chainrule.network.origin import origin_in_passes, origin_in_weights
from chainrule.training.objective import Batch, Objective, Origin

UNKNOWN = Source()
"""Of an engine that does not say where its random words come from: no step of its can be made again."""


class LayerTime(NamedTuple):
    """What some layers, executed as one, take of a forward pass."""

    names: tuple[str, ...]  # of the layers, as in "block1.conv2"; none: what is done to x before the first
    seconds: float  # of one thread, for a sample


class Engine(Objective):
    """Executes a network. w is the engine's own vector, in its `layout`; so are the optimizer's."""

    network: Network
    source: Source = UNKNOWN
    """Of the random words."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__} engine of {self.network!r}>"

    @cached_property
    def statistics(self) -> np.ndarray:  # type: ignore[override]
        """What layers keep that is not learned: the engine's own copy, in the network's order."""
        return self.network.statistics.copy()

    @cached_property
    def undecayed(self) -> Sequence[slice]:  # type: ignore[override]
        """The parts of w, in canonical order, that weight decay leaves alone."""
        return [p.slice for p in self.network.parameters if not p.parameter.decays]

    @cached_property
    def mixes_samples(self) -> bool:  # type: ignore[override]
        """As one of the network's layers does."""
        return any(node.layer.mixes_samples for node in self.network.graph.nodes)

    def counts(self, t: np.ndarray) -> np.ndarray | None:
        """As the network's loss says."""
        return self.network.loss.counts(t)

    def origin(self, w: np.ndarray, batch: Batch | None = None) -> Origin | None:
        """By the layers' definitions."""
        canonical = self.layout.unpack(w)
        if batch is None or self.source is UNKNOWN:
            return origin_in_weights(self.network, canonical, self.statistics)
        return origin_in_passes(self.network, canonical, self.statistics, batch=batch, source=self.source)

    @abstractmethod
    def outputs(self, w: np.ndarray, x: np.ndarray, unchanged: bool = False) -> np.ndarray:
        """y = f_w(x), in evaluation: (s, *output_shape).

        `unchanged`: w was the last one given here, and has not moved since, so that what was made of it still holds.
        """

    @abstractmethod
    def times(self, x: np.ndarray, runs: int) -> list[LayerTime]:
        """How long each part of a forward pass over x takes at the network's w, on one thread: medians over `runs`."""


class Maker(Protocol):
    """What makes an engine of a network; `threads`: at most so many, None: as many as this process may use."""

    def __call__(self, network: Network, source: Source, threads: int | None) -> Engine: ...


ENGINES: dict[str, Maker] = {}
"""Every engine, by name."""


M = TypeVar("M", bound=Maker)


def register_engine(name: str) -> Callable[[M], M]:
    """A decorator of a class, or a function, that makes an engine: from now on it is known by that name."""

    def enter(maker: M) -> M:
        ENGINES[name] = maker
        return maker

    return enter


def engine_named(name: str) -> Maker:
    """What makes the engine of that name; UsageError if there is none."""
    if not is_among(ENGINES, name):
        raise UsageError(f"there is no engine {short(name)}; {expected_one_of(sorted(ENGINES), name)}")
    return ENGINES[name]
