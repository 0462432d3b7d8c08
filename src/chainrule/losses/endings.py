"""Whether what a network ends in is what its loss takes: a wrong pair is refused, a poor one warned of, both at once.

What the last layer can give is its `y_range`; of a layer that does not say, anything is right.
"""

from math import inf

from chainrule.base.errors import NetworkError, warn
from chainrule.layers.layer import Layer


def check_probabilities(loss: str, last: Layer, expected: str) -> None:
    """NetworkError unless the layer's values lie from 0 to 1: the logarithm of others is NaN."""
    if last.y_range is not None and (last.y_range[0] < 0 or last.y_range[1] > 1):
        raise wrong(f"{loss} takes probabilities", last, expected)


def check_scores(loss: str, last: Layer, expected: str, *, both_signs: bool) -> None:
    """A warning for a layer whose values are bounded, so that no probability comes near 0 or 1.

    both_signs: NetworkError for values of one sign, which are always of one class.
    """
    low, high = last.y_range or (-inf, inf)
    if both_signs and (low >= 0 or high <= 0):
        raise wrong(f"{loss} takes scores below and above 0", last, expected)
    if (low, high) != (-inf, inf):
        warn(f"{loss} takes scores of any size, but the network ends in {last} ({low:g} to {high:g}); {expected}")


def wrong(takes: str, last: Layer, expected: str) -> NetworkError:
    """What the loss takes; what the network ends in; what would be right."""
    given = "" if last.y_range is None else " ({:g} to {:g})".format(*last.y_range)
    return NetworkError(f"{takes}, but the network ends in {last}{given}; {expected}")
