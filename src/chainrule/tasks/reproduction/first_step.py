"""What a run's first step makes, in the order in which it is made: w, x, each y, the loss, each dL/dx, dL/dw, and w.

All is in canonical order, wherever it lies in the compiled engine: so two machines whose numbers differ find the first
that does.
"""

import numpy as np

from chainrule.base.hashing import weights_hash
from chainrule.data.dataset import Dataset
from chainrule.engine.compiled import Compiled
from chainrule.engine.measure.onlooker import Onlooker
from chainrule.network.network import Network
from chainrule.tasks.reproduction.published import Made
from chainrule.training.drawing import batch_of, batches_in, draw
from chainrule.training.events import Progress
from chainrule.training.pace import Pace
from chainrule.training.settings import Training


def first_step(network: Network, data: Dataset, training: Training) -> list[Made]:
    """All of it; the network stays as it is."""
    onlooker = Onlooker()
    engine = Compiled(network, training.source(len(data)), 1, watch=onlooker)
    w = engine.layout.pack(network.w)
    gw, progress = np.zeros_like(w), Progress(engine, w, training.optimizer.new_state(w))
    indices = next(draw(data, training, epoch=0, first=0))
    batch, _ = batch_of(data, indices, training, epoch=0, step=0, counts=engine.counts)
    onlooker.watch(engine.plan(len(batch)), len(batch))
    loss = engine.loss_and_gradient(w, batch, gw)
    made = [("w", "at the beginning", network.w), *onlooker.forward(), ("the loss", "of the batch", np.array([loss]))]
    made += [*onlooker.backward(), *by_parameter("dL/dw", network, engine.layout.unpack(gw))]
    engine.statistics[:] = network.statistics
    optimizer = Pace(training, batches_in(data, training)).optimizer(progress)
    engine.step(optimizer, w, batch, gw, state=progress.state, clip_norm=training.clip_norm)
    made += by_parameter("w after the update", network, engine.layout.unpack(w))
    made += [("the statistics", name, kept) for name, kept in network.named_statistics(engine.statistics).items()]
    return [Made(what, of, weights_hash(numbers)) for what, of, numbers in made]


def by_parameter(what: str, network: Network, vector: np.ndarray) -> list[tuple[str, str, np.ndarray]]:
    """The parts of a vector that is like w, in canonical order."""
    return [(what, each.name, vector[each.slice]) for each in network.parameters]
