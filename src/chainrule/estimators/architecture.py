"""Which network an estimator's `layers` mean: a preset's name, or layers and numbers in a row, which it completes.

    100            the same as (100,)
    (100, 50)      a number n stands for Linear(n), ReLU(): hidden layers
    [Convolution(32), ReLU(), MaxPooling(), 128]
    "mnist"        a preset's layers, with as many outputs as are needed

The Linear that gives one output for each class or target is added behind them. A row that ends in a Linear of its own
is taken as it is.
"""

from typing import Any

from chainrule.base.arguments import in_a_row
from chainrule.base.errors import NetworkError, UsageError
from chainrule.base.numbers import is_whole
from chainrule.base.showing import short
from chainrule.layers import Layer, Linear, ReLU
from chainrule.tasks.presets import preset


def layers_in_a_row(layers: Any) -> list[Layer]:
    """The layers that are meant; of a preset without its last. UsageError for what no network can be made of."""
    if isinstance(layers, str):
        return preset(layers).layers[:-1]
    if isinstance(layers, Layer) or is_whole(layers, 1):
        layers = [layers]
    if not in_a_row(layers):
        raise UsageError(f"layers is {short(layers)}; expected hidden layer sizes, a list of layers or a preset's name")
    return [layer for each in layers for layer in _expanded(each)]


def with_outputs(row: list[Layer], outputs: int) -> list[Layer]:
    """The layers of a network with so many outputs; NetworkError if the last Linear has another number of them."""
    if not row or not isinstance(row[-1], Linear):
        return [*row, Linear(outputs)]
    if row[-1].out_features != outputs:
        given = row[-1].out_features
        raise NetworkError(f"the last Linear has {given} outputs; expected {outputs}: leave it out, and it is added")
    if not row[-1].bias:  # it takes in the targets' units
        raise NetworkError("the last Linear has no bias; expected one: leave it out, and it is added")
    return row


def _expanded(each: Any) -> list[Layer]:
    if isinstance(each, Layer):
        return [each]
    if is_whole(each, 1):
        return [Linear(int(each)), ReLU()]
    raise UsageError(f"layers has {short(each)}; expected a layer, as in Linear(10), or the size of a hidden layer")
