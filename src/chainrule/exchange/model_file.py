"""Models on disk: ONE safetensors file with the parameters by name, and all that is needed to use or to go on.

    conv1.w, conv1.b, ...     the parameters, each in its canonical order; layers' statistics likewise
    optimizer.0, ...          the optimizer's vectors, like w (only in a file written by a training run)
    EarlyStopping.w, ...      vectors that a listener remembers, likewise
    last.w                    where the training goes on from, if that is not w: early stopping went back to the best
    metadata                  strings: format, version, network, schema (what it was trained on), training state,
                              configuration, versions, sha256

The plain safetensors library reads it. `sha256` is over all tensors and all other metadata.
"""

import hashlib
import json
import os
import platform
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as to_bytes

from chainrule.base.errors import ModelError, NetworkError
from chainrule.base.showing import one_line
from chainrule.base.version import __version__
from chainrule.base.writing import write_atomically
from chainrule.data.file_kinds import kind_of_file
from chainrule.exchange.checkpoint import Checkpoint, checkpoint_of, tensors_of
from chainrule.exchange.description import TOO_DEEP, describe
from chainrule.network.network import Network
from chainrule.training.events import Memory

FORMAT, VERSION = "chainrule", 1


def save(path: str | Path, network: Network) -> None:
    """Write the network and its parameters."""
    save_checkpoint(path, Checkpoint(network, np.empty((0, network.size), network.w.dtype)))


def load(path: str | Path) -> Network:
    """The network of a model file; ModelError if the file is missing, damaged, or not a chainrule model."""
    return load_checkpoint(path).network


def save_checkpoint(path: str | Path, checkpoint: Checkpoint, *, previous: Path | None = None) -> None:
    """Write the file whole or not at all; WriteError if it cannot be written.

    previous : another file in the same folder, which the older model becomes
    """
    tensors = tensors_of(checkpoint)
    metadata = _metadata(checkpoint)
    metadata["sha256"] = content_hash(tensors, metadata)
    write_atomically(path, to_bytes(tensors, metadata), previous=previous)


def is_saved(path: str | Path, checkpoint: Checkpoint) -> bool:
    """Whether the file holds just that checkpoint already: the order in a file's header is nobody's."""
    try:
        _, metadata = _read(path)
    except ModelError:
        return False
    return metadata.get("sha256") == content_hash(tensors_of(checkpoint), _metadata(checkpoint))


def load_checkpoint(path: str | Path) -> Checkpoint:
    """All of a model file; ModelError as in `load`."""
    tensors, metadata = _read(path)
    try:
        return checkpoint_of(tensors, metadata)
    except (ModelError, NetworkError) as error:
        raise ModelError(f"{path}: {one_line(str(error))}") from None
    except RecursionError:
        raise ModelError(f"{path}: {TOO_DEEP}") from None


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
    schema = {} if network.schema is None else {"schema": json.dumps(network.schema.plain())}
    versions = {"chainrule": __version__, "numpy": np.__version__, "python": platform.python_version()}
    return {
        "format": FORMAT,
        "version": str(VERSION),
        "network": json.dumps(describe(network)),
        "parameters": json.dumps([p.name for p in network.parameters]),
        "state": json.dumps(state),
        "configuration": json.dumps(checkpoint.configuration),
        "versions": json.dumps(versions),
        **schema,
    }


def _without_vectors(memory: Memory) -> Memory:
    """What of a listener's memory is no vector; a file keeps the vectors as tensors."""
    return {key: value for key, value in memory.items() if not isinstance(value, np.ndarray)}


def _read(path: str | Path) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """The tensors and metadata of a file that is ours and whole."""
    if not Path(path).is_file():
        what = "is a folder" if Path(path).is_dir() else "no such file"
        raise ModelError(f"{path}: {what}; expected a model file, as in runs/.../model.safetensors")
    try:
        with safe_open(os.fspath(path), framework="numpy") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dictionary)
    except (SafetensorError, OSError, ValueError) as error:
        kind = kind_of_file(path, "safetensors")
        raise ModelError(f"{path}: {f'is {kind}' if kind else f'not a model file, or damaged: {error}'}") from None
    except (TypeError, AttributeError):  # bfloat16, float8
        raise ModelError(f"{path}: not a model file: it holds tensors of a type that NumPy does not have") from None
    if metadata.get("format") != FORMAT:
        raise ModelError(f"{path}: a safetensors file, but not a chainrule model: its metadata have no format")
    if metadata.get("version") != str(VERSION):
        raise ModelError(f"{path}: model format {metadata.get('version')}; this chainrule reads {VERSION}")
    if metadata.get("sha256") != content_hash(tensors, metadata):
        raise ModelError(f"{path}: damaged: its content does not match its SHA-256")
    return tensors, metadata
