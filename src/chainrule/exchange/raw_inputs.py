"""What a network reads, in words and as a formula: for whoever gives it inputs in another program."""

from dataclasses import replace

from chainrule.base.errors import UsageError
from chainrule.data.full_scale import BYTES
from chainrule.data.schema import Features
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
    return f"{replace(inputs, in_bytes=True, scale=inputs.scale and BYTES)}; {reads}"


def in_numbers(network: Network) -> str:
    """What the numbers are that the network's layers read."""
    as_bytes = f"give bytes p of images as {formula(network.scaling)}"
    if network.schema is None:
        return f"numbers; {as_bytes}" if len(network.input_shape) == 3 else "numbers"
    inputs = network.schema.inputs
    if inputs.in_bytes:
        return f"{inputs}; give bytes p as {formula(network.scaling)}"
    return f"{inputs}, in this order" if isinstance(inputs, Features) and inputs.named else str(inputs)
