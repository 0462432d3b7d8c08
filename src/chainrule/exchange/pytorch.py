"""The parameters as PyTorch names and keeps them: a module's `state_dict`, in one safetensors file.

    conv1.w (oc, ic, di, dj)  <->  conv1.weight        fc1.w (out, in)    <->  fc1.weight
    conv1.b (oc,)             <->  conv1.bias          fc1.b (out,)       <->  fc1.bias
    bn1.gamma (c,)            <->  bn1.weight          bn1.mean (c,)      <->  bn1.running_mean
    bn1.beta (c,)             <->  bn1.bias            bn1.variance (c,)  <->  bn1.running_var
    ln1.gamma (c, i, j)       <->  ln1.weight          ln1.beta           <->  ln1.bias

Parameters of other names keep these, and so do layers' statistics, which are a module's buffers. A BatchNorm's
num_batches_tracked, on which nothing depends that has a momentum, is written as 0 and not read. Both hold them in this
order, and both flatten an image in (c, i, j) order: no number moves. On PyTorch's side:

    module.load_state_dict(safetensors.torch.load_file(path))      takes what `to_pytorch` wrote
    safetensors.torch.save_file(module.state_dict(), path)         writes what `from_pytorch` reads
"""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
from safetensors.numpy import save as to_bytes

from chainrule.base.arguments import of_kind, truth
from chainrule.base.errors import ModelError, NetworkError, warn
from chainrule.base.plain_text import json_of
from chainrule.base.version import __version__
from chainrule.base.writing import write_bytes
from chainrule.exchange.description import build_loss, describe
from chainrule.exchange.matching import COUNT, match
from chainrule.exchange.meaning import module_ends
from chainrule.exchange.rounding import rounded
from chainrule.exchange.tensor_file import TensorFile, tensor_file
from chainrule.layers import BatchNormalisation, Layer, LayerNormalisation
from chainrule.layers.layer import walk
from chainrule.losses import Loss
from chainrule.losses.regression import RegressionLoss
from chainrule.network.moment import still
from chainrule.network.network import Network
from chainrule.network.target_units import in_target_units

PRODUCER = f"chainrule {__version__}"
KEYS = {"w": "weight", "b": "bias"}
SCALED = {"gamma": "weight", "beta": "bias"}
KEYS_OF: dict[type[Layer], dict[str, str]] = {
    BatchNormalisation: {**SCALED, "mean": "running_mean", "variance": "running_var"},
    LayerNormalisation: SCALED,
}
"""Of the layers whose parameters and statistics have names of their own."""
FLOATS = "F16", "F32", "F64"  # safetensors' names of what NumPy has, too
BRAIN_FLOAT = "BF16"  # the upper half of a float32, which NumPy has not
WANTED = "a safetensors file, as safetensors.torch.save_file(module.state_dict(), path) writes it"


def to_pytorch(network: Network, path: str | Path, *, fold: bool = True) -> None:
    """Write the network's parameters and statistics for `load_state_dict(strict=True)`, in its own float type.

    fold : the units of a regression become part of the last Linear's w and b, if the network ends in one, so that the
        module answers in the targets' unit

    What else it computes with (the scaling of bytes, a Standardise, units that are not folded) is in the metadata:
    "network" and, of what it was trained on, "schema", in JSON; "input" and "output" say what to do, in words.
    """
    network = still(of_kind("the network", network, Network, "a Network"))
    network = in_target_units(network) if truth("fold", fold) else network
    metadata = {"format": "pt", "producer": PRODUCER, "network": json.dumps(describe(network)), **module_ends(network)}
    if network.schema is not None:
        metadata["schema"] = json.dumps(network.schema.plain())
    tensors = {name: np.asarray(view, order="C") for name, view in by_torch_name(network).items()}
    steps = walk(network, network.input_shape)
    counts = [step.name for step in steps if type(step.layer) is BatchNormalisation and step.layer.running]
    tensors |= {f"{name}.{COUNT}": np.zeros((), np.int64) for name in counts}
    write_bytes(path, to_bytes(tensors, metadata))


def from_pytorch(path: str | Path, network: Network) -> Network:
    """A network like `network`, with the parameters and statistics of a `state_dict` in its float type.

    Tensors are matched by name, else by shape and order (`exchange.matching`); what was done is a warning.
    A regression answers in the units of the file, where `to_pytorch` wrote it.
    ModelError if the file is missing or damaged, or naming the first tensor that is missing, left over, of
    another shape, of a layer that chainrule does not have, not of a floating point type, infinite or NaN; DataError if
    one holds a number too large for the network's type.
    """
    of_kind("the network", network, Network, "a Network")
    loaded = still(network)
    expected = by_torch_name(loaded)
    with tensor_file(path, WANTED) as file:
        loaded.loss = _in_its_units(network.loss, file)
        own = [*loaded.named(), *loaded.named_statistics()]
        for name, own_name in zip(expected, own, strict=True):
            if own_name != name and own_name in file.tensors:
                raise ModelError(f"{path}: has {own_name} where PyTorch has {name}: a model of chainrule, ready to use")
        shapes = {name: file.tensors[name].shape for name in sorted(file.tensors)}
        matched = match(path, shapes, {name: view.shape for name, view in expected.items()})
        for name, view in expected.items():
            found = matched.tensors[name]
            view[...] = 0 if found is None else _values(file, found, view.dtype)
    if matched.words:
        warn(f"{path}: {matched.words}")
    return loaded


def by_torch_name(network: Network) -> dict[str, np.ndarray]:
    """Views of the network's parameters, in canonical order, and of its statistics, by PyTorch's names.

    NetworkError if two have the same.
    """
    views: dict[str, np.ndarray] = {}
    keys = {step.name: KEYS_OF.get(type(step.layer), KEYS) for step in walk(network, network.input_shape)}
    for own_name, view in [*network.named().items(), *network.named_statistics().items()]:
        layer, _, key = own_name.rpartition(".")
        name = f"{layer}.{keys.get(layer, KEYS).get(key, key)}"
        if name in views:
            raise NetworkError(f"{own_name} is {name} to PyTorch, as another one is; expected another name")
        views[name] = view
    return views


def _in_its_units(loss: Loss, file: TensorFile) -> Loss:
    """The loss, if it is a regression's, with the units of a file that `to_pytorch` wrote."""
    if not isinstance(loss, RegressionLoss) or not file.metadata.get("producer", "").startswith("chainrule "):
        return loss
    network = json_of(file.metadata.get("network", "{}"), f"{file.path}: network", ModelError)
    try:
        written = build_loss(network["loss"])
    except (KeyError, TypeError, NetworkError):
        raise ModelError(f"{file.path}: its metadata hold no network; expected those that chainrule wrote") from None
    if not isinstance(written, RegressionLoss):
        return loss
    return written if type(written) is type(loss) else replace(loss, mean=written.mean, std=written.std)


def _values(file: TensorFile, name: str, dtype: np.dtype) -> np.ndarray:
    """A tensor's numbers in that type."""
    stored, where = file.tensors[name], f"{file.path}: {name}"
    if stored.dtype == BRAIN_FLOAT:
        values = (file.read(name, "uint16").astype("<u4") << 16).view("<f4")
    elif stored.dtype in FLOATS:
        values = file.read(name)
    else:
        raise ModelError(f"{where} is of type {stored.dtype}; expected {', '.join(FLOATS)} or {BRAIN_FLOAT}")
    if not np.isfinite(values).all():
        raise ModelError(f"{where} holds {values[~np.isfinite(values)][0]}; expected finite numbers")
    return rounded(where, values, dtype)
