"""The batches of one kind, as the stages need to know them."""

from collections.abc import MutableMapping
from dataclasses import dataclass, field

import numpy as np

from chainrule.base.random import Draws, Source
from chainrule.base.ranks import ALONE, Ranks
from chainrule.base.slots import SLOTS as SLOTS
from chainrule.base.slots import shares, slot
from chainrule.engine.kernels.philox import step_words
from chainrule.engine.runtime.program import Phase
from chainrule.engine.stages.updates import LateUpdates, Updates
from chainrule.layers.graph import Node
from chainrule.layers.layer import Context
from chainrule.training.objective import Batch

NO_GRADIENT = np.empty(0, np.float32)


@dataclass
class Step:
    """The batches that a program is bound for: so many samples, in training or evaluation, at that w."""

    w: np.ndarray  # in the engine's layout
    samples: int
    slots: int
    training: bool = False
    gw: np.ndarray = field(default_factory=lambda: NO_GRADIENT)  # empty where no gradient is wanted
    mixes: bool = False  # whether samples are mixtures of two
    shift: float = 0.0  # c, where the input is x - c and the first stage knows that
    updates: Updates | None = None  # what moves w as soon as dL/dw is there, if w is to move
    late: LateUpdates | None = None  # what moves w once all of dL/dw is there, in the place of `updates`
    source: Source = field(default_factory=Source)
    ranks: Ranks = ALONE  # who compute the batch together, each some of its slots
    later: list[Phase] = field(default_factory=list)  # updates that wait until ranks have nothing more to exchange
    draw_words: np.ndarray = field(init=False)  # (4,) of the batch at hand: both words of the seed, step, offset

    def __post_init__(self) -> None:
        self.draw_words = np.array(step_words(Draws(self.source.seed, 0)), np.int64)

    def draw(self, batch: Batch) -> None:
        """From now on what is random is that batch's."""
        self.draw_words[2], self.draw_words[3] = batch.step & 0xFFFFFFFF, batch.offset

    def context(self, node: Node, statistics: MutableMapping[str, np.ndarray]) -> Context:
        """The context that the definition of a node's layer is given."""
        draws = self.source.draws(*map(int, self.draw_words[2:])).after(node.number)
        return Context(self.training, draws, statistics)

    def slot(self, k: int) -> tuple[int, int]:
        """The samples of slot k: first, last + 1."""
        return slot(k, self.slots, self.samples)

    @property
    def shares(self) -> list[range]:
        """The slots of each rank."""
        return shares(self.slots, self.ranks.size)

    @property
    def lasts(self) -> list[int]:
        """The last sample of each rank, + 1."""
        return [self.slot(slots.stop)[0] for slots in self.shares]

    @property
    def own(self) -> tuple[int, int]:
        """This rank's samples: first, last + 1."""
        slots = self.shares[self.ranks.rank]
        return self.slot(slots.start)[0], self.slot(slots.stop)[0]
