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
import platform
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path

import numpy as np
from safetensors.numpy import save as to_bytes

from chainrule.base.arguments import as_path, of_kind
from chainrule.base.errors import ModelError, NetworkError
from chainrule.base.showing import one_line
from chainrule.base.version import __version__
from chainrule.base.writing import write_atomically
from chainrule.exchange.checkpoint import Checkpoint, checkpoint_of, tensors_of
from chainrule.exchange.description import describe
from chainrule.exchange.tensor_file import TensorFile, tensor_file
from chainrule.network.moment import still
from chainrule.network.network import Network
from chainrule.training.events import Memory

FORMAT, VERSION = "chainrule", 1
SMALL = 256 << 20
"""Bytes of tensors that are read twice at once."""


def save(path: str | Path, network: Network) -> None:
    """Write the network and its parameters."""
    path, network = as_path(path), still(of_kind("the network", network, Network, "a Network"))
    save_checkpoint(path, Checkpoint(network, np.empty((0, network.size), network.w.dtype)))


def load(path: str | Path) -> Network:
    """The network of a model file; ModelError if the file is missing, damaged, or not a chainrule model."""
    return load_checkpoint(as_path(path)).network


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
        with tensor_file(path) as file:
            _check_content(file)
            return file.metadata["sha256"] == content_hash(tensors_of(checkpoint), _metadata(checkpoint))
    except ModelError:
        return False


def load_checkpoint(path: str | Path) -> Checkpoint:
    """All of a model file; ModelError as in `load`.

    A file of a size that anybody may have is compared with its SHA-256 first; a larger one once its tensors turned out
    to be those that its network needs.
    """
    with tensor_file(path) as file:
        _check_format(file)
        if file.size <= SMALL:
            _check_content(file)
        try:
            found = checkpoint_of(file)
        except (ModelError, NetworkError) as error:
            raise ModelError(f"{path}: {one_line(str(error))}") from None
        if file.size > SMALL:
            _check_content(file)
        return found


def content_hash(tensors: Mapping[str, np.ndarray], metadata: Mapping[str, str]) -> str:
    """SHA-256, in hexadecimal, over names, types, shapes and bytes of the tensors and over the metadata but itself."""
    return _hash(metadata, {name: (f"{a.dtype} {a.shape}", [a.tobytes()]) for name, a in tensors.items()})


def _hash(metadata: Mapping[str, str], tensors: Mapping[str, tuple[str, Iterable[bytes]]]) -> str:
    """Of tensors whose types and shapes are text, and whose bytes come in parts."""
    digest = hashlib.sha256()
    for key in sorted(metadata.keys() - {"sha256"}):
        digest.update(f"{key}={metadata[key]}\n".encode(errors="surrogatepass"))
    for name in sorted(tensors):
        kind, parts = tensors[name]
        digest.update(f"{name} {kind}\n".encode(errors="surrogatepass"))
        for part in parts:
            digest.update(part)
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


def _check_format(file: TensorFile) -> None:
    """ModelError unless the file is ours, of a version that this chainrule reads."""
    if file.metadata.get("format") != FORMAT:
        what = "a safetensors file, but not a chainrule model: its metadata have no format"
        raise ModelError(f"{file.path}: {what}; chainrule import makes one of a state_dict of PyTorch")
    if file.metadata.get("version") != str(VERSION):
        raise ModelError(f"{file.path}: model format {file.metadata.get('version')}; this chainrule reads {VERSION}")


def _check_content(file: TensorFile) -> None:
    """ModelError unless the file holds what was written."""
    found = {name: (f"{stored.type} {stored.shape}", file.parts(name)) for name, stored in file.tensors.items()}
    if file.metadata.get("sha256") != _hash(file.metadata, found):
        raise ModelError(f"{file.path}: damaged: its content does not match its SHA-256")
