"""All that some steps of training give, to the bit: of networks of each kind of stage, and of presets.

As a program for ranks it prints what each of them finds: python steps_of.py THREADS NAME ..., a line of JSON a rank.
"""

import hashlib
import json
import sys
from dataclasses import replace
from typing import Any

import numpy as np

from chainrule import SGD, Adam, Network, fit, preset
from chainrule.base.ranks import among
from chainrule.data import mnist
from chainrule.engine.compiled import Compiled
from chainrule.layers import (
    BatchNormalisation,
    Convolution,
    Dropout,
    GlobalAveragePooling,
    LayerNormalisation,
    Linear,
    MaxPooling,
    ReLU,
    Residual,
    Scale,
    Softplus,
    Tanh,
)
from chainrule.layers.layer import Layer, Shape
from chainrule.training.objective import Batch

NORMALISED = [Convolution(32, padding=1, bias=False), BatchNormalisation(), ReLU()]
BATCHED = [Convolution(128, padding=1), BatchNormalisation(), ReLU()]

NETWORKS: dict[str, tuple[list[Layer], Shape]] = {
    "linear": ([Linear(20), ReLU(), Dropout(0.5), Linear(3)], (30,)),
    "big linear": ([Linear(40), ReLU(), Linear(1500), ReLU(), Dropout(0.5), Linear(96), ReLU(), Linear(3)], (7,)),
    "big first": ([Linear(96), ReLU(), Linear(3)], (1, 40, 40)),
    "pooled": ([Convolution(8), ReLU(), Convolution(20), ReLU(), MaxPooling(), Dropout(0.2), Linear(3)], (1, 12, 11)),
    "transformed": ([Convolution(16), ReLU(), Convolution(16), Convolution(16, padding=1), Linear(3)], (2, 11, 9)),
    "normalised": ([*NORMALISED, Convolution(16), MaxPooling(), BatchNormalisation(), Linear(3)], (3, 9, 8)),
    "residual": ([*NORMALISED, Residual([*NORMALISED, Convolution(32, 1)]), ReLU(), Linear(3)], (3, 6, 7)),
    "strides": ([Convolution(8, 3, 2), Convolution(8, 3, groups=8), LayerNormalisation(), Linear(3)], (2, 8, 9)),
    "by tiles": ([Convolution(128), *BATCHED, Convolution(128, padding=1), Linear(3)], (2, 8, 8)),
    "by pixels": ([Convolution(128, padding=1), *BATCHED, Linear(3)], (128, 2, 2)),
    "scaled": ([Scale(), Linear(8), Softplus(), Scale(), Tanh(), Linear(3)], (5,)),
    "averaged": ([*NORMALISED, GlobalAveragePooling(), BatchNormalisation(running=False), Linear(3)], (1, 6, 6)),
}  # fmt: skip


def batch_for(network: Network, samples: int, step: int) -> Batch:
    rng = np.random.default_rng([samples, step])
    x = rng.integers(0, 256, (samples, *network.input_shape)) * rng.integers(0, 2, (samples, *network.input_shape))
    return Batch(x.astype(np.uint8), rng.integers(0, 3, samples), rng.uniform(0, 2, samples), step=step)


def numbers(network: Network, batches: list[Batch], threads: int = 1) -> dict[str, Any]:
    """All that some steps on these batches give, to the bit."""
    engine = Compiled(network, 5, threads)
    engine._work = 1 << 30, 1 << 30  # as if it were worth all threads
    w, optimizer = engine.layout.pack(network.w), Adam(1e-2)
    gw, state = np.zeros_like(w), optimizer.new_state(w)
    found: dict[str, Any] = {}
    for k, batch in enumerate(batches):
        found[f"loss and norm {k}"] = np.array(engine.step(optimizer, w, batch, gw, state=state))
        found[f"w {k}"] = w.copy()
    clipped = engine.step(SGD(0.1), w, batches[0], gw, state=SGD(0.1).new_state(w), clip_norm=0.5)
    found["loss"] = engine.loss(w, batches[0])
    found["loss and norm"] = np.array([*clipped, engine.loss_and_gradient(w, batches[0], gw), engine.norm(gw)])
    return found | {"gradient": gw, "statistics": engine.statistics, "state": state.vectors, "w": w}


def digest(found: dict[str, Any]) -> str:
    return hashlib.sha256(b"".join(np.ascontiguousarray(each).tobytes() for each in found.values())).hexdigest()


def of_network(name: str, threads: int) -> str:
    """Of two steps, and of what else an engine does."""
    network = Network(*NETWORKS[name], seed=3)
    return digest(
        numbers(network, [batch_for(network, samples, step) for step, samples in enumerate((19, 2))], threads)
    )


def of_preset(name: str, threads: int) -> str:
    """Of an epoch on 2,000 digits."""
    chosen = preset(name)
    network = chosen.network(seed=7)
    fit(network, mnist("train").head(2000), replace(chosen.training, epochs=1, seed=7), threads=threads)
    return digest({"w": network.w, "statistics": network.statistics})


def found_by(names: list[str], threads: int) -> dict[str, str]:
    return {name: (of_network if name in NETWORKS else of_preset)(name, threads) for name in names}


if __name__ == "__main__":
    from chainrule.distribution.mpi import MpiRanks

    with among(MpiRanks()):
        print(json.dumps(found_by(sys.argv[2:], int(sys.argv[1]))))
