"""Models on disk: ONE safetensors file with the parameters by name, and all that is needed to use or to go on.

    conv1.w, conv1.b, ...     the parameters, each in its canonical order; layers' statistics likewise
    optimizer.0, ...          the optimizer's vectors, like w (only in a file written by a training run)
    EarlyStopping.w, ...      vectors that a listener remembers, likewise
    last.w                    where the training goes on from, if that is not w: early stopping went back to the best
    metadata                  strings: format, version, network, training state, configuration, versions, sha256

The plain safetensors library reads it. `sha256` is over all tensors and all other metadata.
"""

import hashlib
import json
import os
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as to_bytes

from chainrule.base.errors import ChainruleError, ModelError, NetworkError
from chainrule.base.files import write_atomically
from chainrule.base.version import __version__
from chainrule.exchange.description import build, describe
from chainrule.network.network import Network
from chainrule.training.events import CheckpointEvent, Memory, Sums

FORMAT, VERSION = "chainrule", 1
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


def save(path: str | Path, network: Network) -> None:
    """Write the network and its parameters."""
    save_checkpoint(path, Checkpoint(network, np.empty((0, network.size), network.w.dtype)))


def load(path: str | Path) -> Network:
    """The network of a model file; ModelError if the file is missing, damaged, or not a chainrule model."""
    return load_checkpoint(path).network


def save_checkpoint(path: str | Path, checkpoint: Checkpoint) -> None:
    """Write the file whole or not at all, after reading its bytes back; ChainruleError if it cannot be written."""
    network = checkpoint.network
    arrays = network.named() | network.named_statistics()
    tensors = {name: np.ascontiguousarray(view) for name, view in arrays.items()}
    for k, vector in enumerate(checkpoint.optimizer_vectors):
        tensors[f"optimizer.{k}"] = np.ascontiguousarray(vector)
    for name, vector in (("last.w", checkpoint.last_w), ("last.statistics", checkpoint.last_statistics)):
        if vector is not None:
            tensors[name] = vector
    for listener, memory in checkpoint.memories.items():
        tensors |= {f"{listener}.{key}": value for key, value in memory.items() if isinstance(value, np.ndarray)}
    metadata = _metadata(checkpoint)
    metadata["sha256"] = content_hash(tensors, metadata)
    content = to_bytes(tensors, metadata)
    try:
        write_atomically(Path(path), lambda file: file.write(content) and None)
    except OSError as error:
        raise ChainruleError(f"{path}: the model cannot be written: {error.strerror}") from None
    _read(path)


def load_checkpoint(path: str | Path) -> Checkpoint:
    """All of a model file; ModelError as in `load`."""
    tensors, metadata = _read(path)
    try:
        network, state = build(without_streams(json.loads(metadata["network"]))), json.loads(metadata["state"])
        network.w = np.empty(network.size, np.dtype(state["dtype"]))
        for name, view in network.named().items():
            view[...] = tensors[name]
        for name, view in network.named_statistics().items():
            view[...] = tensors[name]
        vectors = [tensors[f"optimizer.{k}"] for k in range(state["slots"])]
        return Checkpoint(
            network,
            np.stack(vectors) if vectors else np.empty((0, network.size), network.w.dtype),
            state["epoch"],
            state["batch"],
            state["step"],
            json.loads(metadata["configuration"]),
            Sums(**state.get("sums", {})),
            {name: _with_vectors(name, memory, tensors) for name, memory in state.get("listeners", {}).items()},
            tensors.get("last.w"),
            tensors.get("last.statistics"),
            OLD_STREAMS if state.get("streams") else None,
        )
    except (NetworkError, KeyError, ValueError, TypeError, IndexError, AttributeError) as error:
        raise ModelError(f"{path}: its network and its tensors do not fit together: {error}") from None


def without_streams(description: dict[str, Any]) -> dict[str, Any]:
    """The network of a file before version 0.2, in which dropouts of the preset 21mnist hold their own generator."""
    layers = [{k: v for k, v in layer.items() if k != "stream"} for layer in description["layers"]]
    return description | {"layers": layers}


def content_hash(tensors: Mapping[str, np.ndarray], metadata: Mapping[str, str]) -> str:
    """SHA-256, in hexadecimal, over names, types, shapes and bytes of the tensors and over the metadata but itself."""
    digest = hashlib.sha256()
    for key in sorted(metadata.keys() - {"sha256"}):
        digest.update(f"{key}={metadata[key]}\n".encode())
    for name in sorted(tensors):
        tensor = tensors[name]
        digest.update(f"{name} {tensor.dtype} {tensor.shape}\n".encode())
        digest.update(tensor.tobytes())
    return digest.hexdigest()


def _metadata(checkpoint: Checkpoint) -> dict[str, str]:
    network = checkpoint.network
    state = {
        "dtype": str(network.w.dtype),
        "slots": len(checkpoint.optimizer_vectors),
        "epoch": checkpoint.epoch,
        "batch": checkpoint.batch,
        "step": checkpoint.step,
        "sums": asdict(checkpoint.sums),
        "listeners": {name: _without_vectors(memory) for name, memory in checkpoint.memories.items()},
    }
    versions = {"chainrule": __version__, "numpy": np.__version__, "python": platform.python_version()}
    return {
        "format": FORMAT,
        "version": str(VERSION),
        "network": json.dumps(describe(network)),
        "parameters": json.dumps([p.name for p in network.parameters]),
        "state": json.dumps(state),
        "configuration": json.dumps(checkpoint.configuration),
        "versions": json.dumps(versions),
    }


def _without_vectors(memory: Memory) -> Memory:
    """What of a listener's memory is no vector; a file keeps the vectors as tensors."""
    return {key: value for key, value in memory.items() if not isinstance(value, np.ndarray)}


def _with_vectors(listener: str, memory: Memory, tensors: Mapping[str, np.ndarray]) -> Memory:
    """A listener's memory with its vectors."""
    start = f"{listener}."
    return memory | {name.removeprefix(start): value for name, value in tensors.items() if name.startswith(start)}


def _read(path: str | Path) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """The tensors and metadata of a file that is ours and whole."""
    if not Path(path).is_file():
        what = "is a folder" if Path(path).is_dir() else "no such file"
        raise ModelError(f"{path}: {what}; expected a model file, as in runs/.../model.safetensors")
    try:
        with safe_open(os.fspath(path), framework="numpy") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dictionary)
    except (SafetensorError, OSError, ValueError, TypeError) as error:
        raise ModelError(f"{path}: not a model file, or damaged: {error}") from None
    if metadata.get("format") != FORMAT:
        raise ModelError(f"{path}: a safetensors file, but not a chainrule model: its metadata have no format")
    if metadata.get("version") != str(VERSION):
        raise ModelError(f"{path}: model format {metadata.get('version')}; this chainrule reads {VERSION}")
    if metadata.get("sha256") != content_hash(tensors, metadata):
        raise ModelError(f"{path}: damaged: its content does not match its SHA-256")
    return tensors, metadata
