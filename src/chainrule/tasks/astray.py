"""Whether a training has gone astray though every number in it is finite.

A loss may settle far above that of a network which knows nothing: too long steps have led to where no gradient leads
back from. Or all units of a layer are 0 for every sample: nothing passes through it, and nothing changes that.
"""

from dataclasses import asdict, dataclass, field
from typing import Annotated

import numpy as np

from chainrule.base.errors import DivergedError, warn
from chainrule.base.one_thread import single_thread
from chainrule.base.typed import COUNT, Within
from chainrule.data.dataset import Dataset
from chainrule.layers import ReLU
from chainrule.layers.graph import Node, outputs
from chainrule.layers.layer import Context
from chainrule.network.network import Network
from chainrule.training.drawing import batches_in
from chainrule.training.events import BatchEvent, EpochEvent, Event, Memory
from chainrule.training.memories import remembers
from chainrule.training.settings import Training

FAR = 10.0
"""How many times the loss of a network that knows nothing is far above it."""
PATIENCE = 100
"""Batches for which a run may be there, and not come back, before it is said to have diverged."""
QUARTERS, FALL = 4, 0.9
"""Parts of an epoch whose losses are compared; and the part of the last epoch's loss below which an epoch's falls."""
ENOUGH = 10_000
"""Samples whose targets tell how much knowing nothing costs."""
LOOKS = 4, 64, 1024
"""Samples that a network is looked at with; and where these make it look dead."""


@dataclass
class Seen:
    """What a `LossRange` has seen, as a checkpoint keeps it."""

    untrained: float | None = None  # the first batch's mean error
    above: Annotated[int, COUNT] = 0  # batches of this epoch that were far above
    last: float = 0.0  # mean error of the last batch
    sums: Annotated[tuple[float, ...], Within(QUARTERS, QUARTERS)] = (0.0,) * QUARTERS  # of mean errors, by quarters
    before: float = 0.0  # the last epoch's sum
    stayed: Annotated[int, COUNT] = 0  # batches, in a row of epochs that were far above and did not fall


@remembers(Seen)
@dataclass
class LossRange:
    """A listener that raises DivergedError once the loss is far above the range of an untrained network, for good.

    That range ends at the loss of the best answer that does not look at x, or of the run's first batch, whichever is
    higher. For good: for more than half of an epoch's batches, at its end, and either it is the last one or, for
    PATIENCE batches, the loss falls neither from epoch to epoch nor from an epoch's third quarter to its fourth.
    """

    ignorant: float  # the mean error of that answer
    batches: int  # in an epoch
    epochs: int
    seen: Seen = field(default_factory=Seen)

    def __call__(self, event: Event) -> None:
        if isinstance(event, BatchEvent):
            self._count(event)
        elif isinstance(event, EpochEvent):
            self._judge(event)

    @property
    def limit(self) -> float:
        return FAR * max(self.ignorant, self.seen.untrained or 0.0)

    def _count(self, event: BatchEvent) -> None:
        seen, quarter = self.seen, QUARTERS * event.batch // self.batches
        seen.untrained = event.loss if seen.untrained is None else seen.untrained
        seen.above += event.loss > self.limit
        seen.sums = (*seen.sums[:quarter], seen.sums[quarter] + event.loss, *seen.sums[quarter + 1 :])
        seen.last = event.loss

    def _judge(self, event: EpochEvent) -> None:
        seen, total = self.seen, sum(self.seen.sums)
        is_above = seen.last > self.limit and 2 * seen.above > self.batches
        falls = total < FALL * seen.before or (self.batches >= QUARTERS and seen.sums[-1] < seen.sums[-2])
        if not is_above:
            seen.stayed = 0
        elif not falls:
            seen.stayed += self.batches
        if is_above and (event.epoch + 1 == self.epochs or seen.stayed >= PATIENCE):
            step, most = event.progress.state.step, self.limit / FAR
            given = f"the loss is {event.loss:.4g} over epoch {event.epoch + 1} (step {step})"
            expected = f"a network that knows nothing has {most:.4g}; try a learning rate below {event.lr:g}"
            raise DivergedError(f"{given}, diverged: {expected}", epoch=event.epoch + 1, step=step, lr=event.lr)
        seen.above, seen.before, seen.sums = 0, total, Seen.sums

    def state(self) -> Memory:
        """What a checkpoint keeps."""
        return asdict(self.seen)

    def restore(self, state: Memory) -> None:
        """Go on from what a checkpoint kept."""
        self.seen = Seen(**state)


def loss_range(network: Network, data: Dataset, training: Training) -> list[LossRange]:
    """Who listens for that; nobody where the loss does not say what knowing nothing costs, or it costs nothing."""
    some = data.t[:: -(-len(data) // ENOUGH)]
    ignorant = network.loss.ignorance(some, network.output_shape)
    return [LossRange(ignorant, batches_in(data, training), training.epochs)] if ignorant else []


def doubt_life(network: Network, data: Dataset, lr: float) -> None:
    """Warn of a network that answers different samples all alike because a layer's ReLUs are 0 for every one."""
    dead: list[Node] = []
    for samples in LOOKS:
        part = data.take(slice(None, None, -(-len(data) // samples)))
        x = network.prepare(part.x, network.w.dtype)
        if _are_alike(x) or _are_alike(part.t):
            if samples == LOOKS[0]:  # so few may be by chance
                continue
            return
        with single_thread():
            dead, y = _dead(network, x)
        if not (dead and _are_alike(y)):
            return
    advice = f"try a learning rate below {lr:g}, or another seed"
    warn(f"the network is dead: {dead[0].name} is 0 for every sample, so that all get the same answer; {advice}")


def _dead(network: Network, x: np.ndarray) -> tuple[list[Node], np.ndarray]:
    """The ReLUs that are 0 for every sample, and the answers."""
    dead, y, context = [], x, Context(statistics=network.named_statistics())
    for node, y in zip(network.graph.nodes, outputs(network.graph, x, network.named(), context), strict=True):
        if isinstance(node.layer, ReLU) and not y.any():
            dead.append(node)
    return dead, y


def _are_alike(a: np.ndarray) -> bool:
    return bool((a == a[:1]).all())
