"""A network and where its training stood: as a model file's tensors, and back from these and the file's metadata.

Nothing is converted: a tensor has its parameter's shape and the network's type, and no weight is infinite or NaN.
ModelError names the first that is not so.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from math import inf
from typing import Any

import numpy as np

from chainrule.base.errors import ModelError
from chainrule.base.numbers import whole_number
from chainrule.base.showing import brief
from chainrule.exchange.description import parts_of
from chainrule.exchange.schema_file import schema_of, schema_tensors
from chainrule.exchange.tensors import Tensors, check_type, take
from chainrule.layers.sequential import Sequential
from chainrule.network.given import check_finite
from chainrule.network.network import Network, checked_shape
from chainrule.training.events import CheckpointEvent, Memory, Progress, Sums

OLD_STREAMS = "its dropouts' generators are those of chainrule 0.1, which alone can go on with it"


@dataclass(frozen=True)
class Checkpoint:
    """A network, and where its training stood."""

    network: Network
    optimizer_vectors: np.ndarray  # (slots, size), canonical order
    epoch: int = 0  # epochs done
    batch: int = 0  # batches done in the epoch after them
    step: int = 0  # updates done
    configuration: dict[str, Any] = field(default_factory=dict)  # of the run that wrote it
    sums: Sums = field(default_factory=Sums)  # over those batches
    memories: dict[str, Memory] = field(default_factory=dict)  # of listeners, by name
    last_w: np.ndarray | None = None  # (size,) where training goes on from, if not from the network's w
    last_statistics: np.ndarray | None = None  # likewise
    obstacle: str | None = None  # why its training cannot go on

    __repr__ = brief

    @classmethod
    def of(cls, network: Network, event: CheckpointEvent, configuration: dict[str, Any]) -> "Checkpoint":
        """What an event lets go on from; the network has the event's w."""
        progress = event.progress
        return cls(
            network,
            progress.optimizer_vectors(),
            progress.epoch,
            progress.batch,
            progress.state.step,
            configuration,
            replace(progress.sums),
            event.memories(),
        )

    @classmethod
    def at(cls, network: Network, progress: Progress, configuration: dict[str, Any]) -> "Checkpoint":
        """Where a run stands that is to begin, or to go on, whatever becomes of the network meanwhile."""
        kept = progress.objective.statistics
        return replace(
            cls.of(network, CheckpointEvent(progress, ()), configuration),
            memories=progress.memories,
            last_w=progress.weights(),
            last_statistics=kept.copy() if kept.size else None,
        )


def tensors_of(checkpoint: Checkpoint) -> Tensors:
    """All arrays by name; ModelError for a name that two have, and for what could not be read again."""
    network, last = checkpoint.network, {"last.w": checkpoint.last_w, "last.statistics": checkpoint.last_statistics}
    check_type(str(network.w.dtype))
    weights = [*network.named().items(), *network.named_statistics().items()]
    weights += [(name, vector) for name, vector in last.items() if vector is not None]
    others = [(f"optimizer.{k}", vector) for k, vector in enumerate(checkpoint.optimizer_vectors)]
    for listener, memory in checkpoint.memories.items():
        others += [(f"{listener}.{key}", value) for key, value in memory.items() if isinstance(value, np.ndarray)]
    others += schema_tensors(network.schema).items()
    tensors: Tensors = {}
    for name, array in weights + others:
        if name in tensors:
            raise ModelError(f"{name} is the name of two arrays; expected another name for one of them")
        tensors[name] = np.ascontiguousarray(array)  # () becomes (1,)
    for name, array in weights:
        check_finite(name, array)
    return tensors


def checkpoint_of(tensors: Mapping[str, np.ndarray], metadata: Mapping[str, str]) -> Checkpoint:
    """The checkpoint of a file."""
    left, state = dict(tensors), table(metadata, "state")
    slots, epoch, batch, step = (
        whole_number(name, state.get(name), 0, ModelError) for name in ("slots", "epoch", "batch", "step")
    )
    sums = sums_of(state.get("sums", {}))
    if "sums" in state and batch > sums.samples:
        raise ModelError(f"batch is {batch}; expected at most {sums.samples}, the samples seen in the epoch")
    network = network_of(table(metadata, "network"), left, check_type(state.get("dtype")))
    if "schema" in metadata:
        network.schema = schema_of(network, table(metadata, "schema"), left)
    vectors = [take(left, f"optimizer.{k}", network.w.shape, network.w.dtype) for k in range(slots)]
    last_w, last_statistics = (
        check_finite(name, take(left, name, like.shape, like.dtype)) if name in left else None
        for name, like in (("last.w", network.w), ("last.statistics", network.statistics))
    )
    memories = memories_of(state.get("listeners", {}), left)
    if left:
        raise ModelError(f"there is a tensor {min(left)!r}; expected only those of the network and its training")
    return Checkpoint(
        network,
        np.stack(vectors) if vectors else np.empty((0, network.size), network.w.dtype),
        epoch,
        batch,
        step,
        table(metadata, "configuration"),
        sums,
        memories,
        last_w,
        last_statistics,
        OLD_STREAMS if state.get("streams") else None,
    )


def network_of(description: dict[str, Any], left: Tensors, dtype: np.dtype) -> Network:
    """The network with its tensors, which are compared with its layers before it takes memory."""
    layers = description.get("layers")
    for layer in layers if isinstance(layers, list) else []:
        if isinstance(layer, dict) and layer.get("type") == "Dropout":
            layer.pop("stream", None)  # before version 0.2 those of the preset 21mnist held their own generator
    layers, input_shape, loss, scaling = parts_of(description)
    whole, x_shape = Sequential(layers), checked_shape(input_shape)
    wanted = whole.parameters_for(x_shape) | whole.statistics_for(x_shape)
    found = {name: check_finite(name, take(left, name, each.shape or (1,), dtype)) for name, each in wanted.items()}
    network = Network(layers, x_shape, loss, scaling=scaling, dtype=dtype)
    for name, view in (network.named() | network.named_statistics()).items():
        view[...] = found[name].reshape(view.shape)
    return network


def sums_of(values: Any) -> Sums:
    names = [each.name for each in fields(Sums)]
    numbers = isinstance(values, dict) and all(
        type(each) in (int, float) and abs(each) < inf for each in values.values()
    )
    if not numbers or not values.keys() <= set(names):
        raise ModelError(f"sums is {values!r}; expected finite numbers called {', '.join(names)}")
    whole_number("sums.samples", values.get("samples", 0), 0, ModelError)
    return Sums(**values)


def memories_of(memories: Any, left: Tensors) -> dict[str, Memory]:
    """What listeners remember, with their vectors."""
    if not isinstance(memories, dict) or not all(isinstance(memory, dict) for memory in memories.values()):
        raise ModelError(f"listeners is {memories!r}; expected a table of tables")
    found = {}
    for listener, memory in memories.items():
        names = [name for name in left if name.startswith(f"{listener}.")]
        found[listener] = memory | {name.removeprefix(f"{listener}."): left.pop(name) for name in names}
    return found


def table(metadata: Mapping[str, str], key: str) -> dict[str, Any]:
    """The metadata of that name, which are JSON."""
    try:
        found = json.loads(metadata.get(key, ""))
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise ModelError(f"{key} is {metadata.get(key)!r} in the metadata; expected a table in JSON")
    return found
