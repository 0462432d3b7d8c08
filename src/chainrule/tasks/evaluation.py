"""How well a network does on data it is shown without learning from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from chainrule.base.errors import DataError
from chainrule.data.dataset import Dataset
from chainrule.engine import DEFAULT_ENGINE, execute
from chainrule.network.network import Network
from chainrule.network.reference import Reference

if TYPE_CHECKING:
    from chainrule.engine.compiled import Compiled


@dataclass(frozen=True)
class Evaluation:
    """Means over `samples` (weighted by the data's sample weights, if it has some)."""

    loss: float
    accuracy: float | None  # 0 to 1; None where the loss has no classes
    samples: int

    @property
    def correct(self) -> int:
        return round((self.accuracy or 0.0) * self.samples)


def evaluate(
    network: Network,
    data: Dataset,
    engine: str | Reference | Compiled = DEFAULT_ENGINE,
    batch_size: int = 100,
    threads: int | None = None,
) -> Evaluation:
    """Loss and accuracy of the network over the data; batches bound the memory, they do not change the result.

    `engine` is a name, or what `execute` made of this network.
    """
    if len(data) == 0:
        raise DataError("there is no data to evaluate on; expected at least one sample")
    network.loss.check_targets(data.t, network.output_shape)
    executor = execute(network, engine, threads=threads) if isinstance(engine, str) else engine
    w = executor.layout.pack(network.w)
    loss = right = total = 0.0
    classified = False
    for start in range(0, len(data), batch_size):
        part = data.take(slice(start, start + batch_size))
        y = executor.outputs(w, part.x)
        weight = np.ones(len(part)) if part.sample_weight is None else part.sample_weight
        loss += float(network.loss.error(y, part.t).astype(np.float64) @ weight)
        total += float(weight.sum())
        classes = network.loss.classes(y)
        if classes is not None:
            classified = True
            right += float((classes == part.t.reshape(-1)) @ weight)
    if total == 0:
        raise DataError("all sample weights are 0; expected at least one above 0")
    return Evaluation(loss / total, right / total if classified else None, len(data))
