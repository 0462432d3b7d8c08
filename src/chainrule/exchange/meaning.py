"""What a network reads and answers, in words and as formulas: for whoever asks it in another program."""

from dataclasses import replace
from math import prod

import numpy as np

from chainrule.base.errors import UsageError
from chainrule.data.full_scale import BYTES
from chainrule.data.names import shortened
from chainrule.data.schema import Classes, Features, Images, Reals
from chainrule.layers import Standardise
from chainrule.losses.regression import RegressionLoss
from chainrule.network.network import Network
from chainrule.network.scaling import Scaling


def byte_scaling(network: Network) -> Scaling:
    """How bytes p become the numbers that the network's layers read; UsageError where bytes mean nothing to it.

    For one that was trained on other numbers than bytes: 0 becomes what black was in these, 255 what white was.
    """
    inputs = network.schema and network.schema.inputs
    if inputs is None or inputs.in_bytes:
        return network.scaling
    scale = inputs.scale
    if scale is None or not (isinstance(inputs, Features) or inputs.standard):
        unknown = ", of which black and white are not known" if scale else ""
        raise UsageError(f"bytes of pixels are wanted, but the model was trained on {inputs}{unknown}")
    return Scaling(-scale.lowest / scale.width, 1 / scale.width)


def formula(scaling: Scaling) -> str:
    """What a network reads instead of a byte p."""
    if scaling.mean:
        return f"(p / 255 - {scaling.mean:.6g})" + (f" / {scaling.std:.6g}" if scaling.std != 1 else "")
    white = 255 * scaling.std
    return "p" if white == 1 else f"p / {white:.6g}"


def in_bytes(network: Network) -> str:
    """What the inputs of a graph are that reads bytes."""
    reads = f"bytes p, which the graph reads as {formula(byte_scaling(network))}"
    if network.schema is None:
        return reads
    inputs = network.schema.inputs
    if isinstance(inputs, Images):
        inputs = replace(inputs, in_bytes=True, scale=BYTES)
    elif inputs.pixels is not None:
        inputs = replace(inputs, pixels=replace(inputs.pixels, in_bytes=True, scale=BYTES))
    return f"{inputs}; {reads}"


def in_numbers(network: Network) -> str:
    """What the numbers are that the network's layers read."""
    as_bytes = f"give bytes p of images as {formula(network.scaling)}"
    if network.schema is None:
        return f"numbers; {as_bytes}" if len(network.input_shape) == 3 else "numbers"
    inputs = network.schema.inputs
    if inputs.in_bytes:
        return f"{inputs}; give bytes p as {formula(network.scaling)}"
    return f"{inputs}, in this order" if isinstance(inputs, Features) and inputs.named else str(inputs)


def answers(network: Network) -> str:
    """What y is, or, of a regression whose loss has units, what `network.predict` makes of it."""
    trained = network.schema and network.schema.answers
    if isinstance(network.loss, RegressionLoss):
        known = isinstance(trained, Reals) or network.loss.has_units
        return f"in the target's unit{f', {trained}' if trained else ''}" if known else "what the last layer gives"
    names = class_names(network)
    return f"what the last layer gives{f': {shortened(names, 12)}' if names else ''}"


def class_names(network: Network) -> tuple[str, ...] | None:
    """The names of the classes that the network tells apart, if it knows what it was trained on."""
    trained, outputs = network.schema and network.schema.answers, prod(network.output_shape)
    classes = network.classes_of(np.zeros((1, *network.output_shape)))
    if classes is None or not isinstance(trained, Classes) or len(trained.names) != max(outputs, 2):
        return None
    return trained.names


def module_ends(network: Network) -> dict[str, str]:
    """What goes into and comes out of a module that has the network's parameters, and nothing else of it.

    What has no parameters cannot be in a state_dict: a Standardise, and the units of a regression.
    """
    fixed = [str(node.layer) for node in network.graph.nodes if isinstance(node.layer, Standardise)]
    reads, loss = in_numbers(network), network.loss
    if fixed:
        reads += f"; then (x - mean) / std, of which a state_dict knows nothing: {', '.join(fixed)}"
    gives = answers(network)
    if isinstance(loss, RegressionLoss) and loss.has_units:
        gives = f"z, of which mean + std z is the answer: {loss}; {gives}"
    return {"input": reads, "output": gives}
