"""A network and where its training stood: as a model file's tensors, and back from these and the file's metadata.

Nothing is converted: a tensor has its parameter's shape and the network's type, and no number is infinite or NaN.
ModelError names the first that is not so.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Annotated, Any, Literal

import numpy as np

from chainrule.base.errors import ModelError
from chainrule.base.plain_text import json_of
from chainrule.base.showing import brief
from chainrule.base.typed import COUNT, Typed, Within
from chainrule.exchange.configuration import check_configuration
from chainrule.exchange.description import parts_of
from chainrule.exchange.schema_file import schema_of, schema_tensors
from chainrule.exchange.tensor_file import TensorFile
from chainrule.exchange.tensors import Left, Tensors
from chainrule.layers.sequential import Sequential
from chainrule.network.given import check_finite
from chainrule.network.network import Network
from chainrule.training.events import CheckpointEvent, Memory, Progress, Sums
from chainrule.training.memories import MEMORIES

Count = Annotated[int, COUNT]
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
        """What an event lets go on from; the network has the event's w, or the run's average of it."""
        progress, kept = event.progress, event.progress.objective.statistics
        apart = progress.averaged() is not None
        return cls(
            network,
            progress.optimizer_vectors(),
            progress.epoch,
            progress.batch,
            progress.state.step,
            configuration,
            replace(progress.sums),
            event.memories(),
            progress.weights() if apart else None,
            kept.copy() if apart and kept.size else None,
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


@dataclass(frozen=True)
class StoredSums:
    """Over the batches of an epoch that are done, as a file has them."""

    loss: float = 0.0
    weight: Annotated[float, Within(0)] = 0.0
    samples: Count = 0
    seconds: Annotated[float, Within(0)] = 0.0


@dataclass(frozen=True)
class StoredState:
    """Where the training stood, as a file has it."""

    dtype: Literal["float32", "float64"]
    slots: Annotated[int, Within(0, 8)]  # vectors of the optimizer
    epoch: Count
    batch: Count
    step: Count
    sums: StoredSums = StoredSums()
    listeners: dict[str, dict[str, Any]] = field(default_factory=dict)
    streams: Any = None  # of the dropouts in version 0.1


def checkpoint_of(file: TensorFile) -> Checkpoint:
    """The checkpoint of a file."""
    left, metadata = Left(file), file.metadata
    state: StoredState = Typed("state", ModelError).read(StoredState, table(metadata, "state"))
    if "sums" in metadata["state"] and state.batch > state.sums.samples:
        raise ModelError(f"state.batch is {state.batch}; expected at most {state.sums.samples}, as sums.samples")
    if state.epoch > state.step:
        raise ModelError(f"state.epoch is {state.epoch}; expected at most {state.step}, the updates that were made")
    network = network_of(table(metadata, "network"), left, np.dtype(state.dtype))
    w, statistics = network.w, network.statistics
    if "schema" in metadata:
        network.schema = schema_of(network, table(metadata, "schema"), left)
    configuration = table(metadata, "configuration")
    check_configuration(configuration, network, state.slots)
    vectors = [left.take(f"optimizer.{k}", w.shape, w.dtype) for k in range(state.slots)]
    last_w, last_statistics = (
        left.take(name, like.shape, like.dtype) if name in left else None
        for name, like in (("last.w", w), ("last.statistics", statistics))
    )
    memories = {name: memory_of(name, memory, left, network) for name, memory in state.listeners.items()}
    left.check_none()
    return Checkpoint(
        network,
        np.stack(vectors) if vectors else np.empty((0, network.size), w.dtype),
        state.epoch,
        state.batch,
        state.step,
        configuration,
        Sums(**asdict(state.sums)),
        memories,
        last_w,
        last_statistics,
        OLD_STREAMS if state.streams else None,
    )


def network_of(description: dict[str, Any], left: Left, dtype: np.dtype) -> Network:
    """The network with its tensors, which are compared with its layers before it takes memory."""
    layers = description.get("layers")
    for layer in layers if isinstance(layers, list) else []:
        if isinstance(layer, dict) and layer.get("type") == "Dropout":
            layer.pop("stream", None)  # before version 0.2 those of the preset 21mnist held their own generator
    layers, x_shape, loss, scaling = parts_of(description)
    whole = Sequential(layers)
    wanted = whole.parameters_for(x_shape) | whole.statistics_for(x_shape)
    for name, each in wanted.items():
        left.check(name, each.shape or (1,), dtype)
    found = {name: left.take(name, each.shape or (1,), dtype) for name, each in wanted.items()}
    network = Network(layers, x_shape, loss, scaling=scaling, dtype=dtype)
    for name, view in (network.named() | network.named_statistics()).items():
        view[...] = found[name].reshape(view.shape)
    return network


def memory_of(listener: str, values: dict[str, Any], left: Left, network: Network) -> Memory:
    """What a listener remembers, with its vectors: w or statistics of some moment."""
    vectors = {}
    for name in left.named(f"{listener}."):
        like = network.w if left.shape(name) == network.w.shape else network.statistics
        vectors[name.removeprefix(f"{listener}.")] = left.take(name, like.shape, like.dtype)
    form, typed = MEMORIES.get(listener), Typed(f"state.listeners.{listener}", ModelError)
    if form is None:
        typed.read(dict[str, Any], values)  # plain data, as all of a file's JSON
    else:
        typed.read(form, values | dict.fromkeys(vectors))
    return values | vectors


def table(metadata: Mapping[str, str], key: str) -> dict[str, Any]:
    """The metadata of that name, which are JSON."""
    found = json_of(metadata[key], key, ModelError) if key in metadata else None
    if not isinstance(found, dict):
        raise ModelError(f"{key} is {metadata.get(key)!r} in the metadata; expected a table in JSON")
    return found
