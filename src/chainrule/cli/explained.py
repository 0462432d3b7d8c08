"""`chainrule predict --unit`: what made one number, when the model looks at one input."""

from typing import Any

import numpy as np

from chainrule.base.errors import UsageError
from chainrule.base.guessing import expected_one_of
from chainrule.base.numbers import whole_of
from chainrule.base.showing import short
from chainrule.data.schema import Classes
from chainrule.explanation.explanation import Explanation
from chainrule.explanation.unit import unit_of
from chainrule.losses.loss import ClassLoss
from chainrule.network.network import Network
from chainrule.network.tracing import trace
from chainrule.tasks.as_read import as_read


def explained(network: Network, inputs: Any, unit: str, true: str | None, **how: Any) -> Explanation:
    """The unit's terms, in evaluation, where `true` is the class or value that is true of the input.

    `how`: as of `as_read`. UsageError for several inputs, and for a derivative without `true`.
    """
    asked = unit_of(network, unit)
    if true is None and (asked.gradient or asked.kind == "loss"):
        raise UsageError(f"--unit {unit} depends on what is true of the input; expected --true with its class or value")
    t = nothing(network) if true is None else truth(network, true, how.get("classes"))
    x = as_read(network, inputs, **how)
    if len(x) != 1:
        raise UsageError(f"--unit is given {len(x)} inputs; expected one picture, or one row or sample in a file")
    return trace(network, x, t, training=False).explain(unit)


def truth(network: Network, true: str, classes: Any = None) -> np.ndarray:
    """t (1, ...) as the network's loss takes it, of a class's name or number, or of values with commas between."""
    answers = network.schema and network.schema.answers
    names = answers.names if isinstance(answers, Classes) else classes
    if names is not None and true in names:
        return np.array([list(names).index(true)])
    if names is not None or isinstance(network.loss, ClassLoss):
        names = names or [str(k) for k in range(network.output_shape[0])]
        k = whole_of(true)
        if k is None or not 0 <= k < len(names):
            raise UsageError(f"--true is {short(true)}; {expected_one_of(names, true)}")
        return np.array([k])
    try:
        values = np.array([float(value) for value in true.split(",")])
    except ValueError:
        values = np.empty(0)
    if values.size != np.prod(network.output_shape) or not np.isfinite(values).all():
        n = int(np.prod(network.output_shape))
        expected = "a number" if n == 1 else f"{n} numbers with commas between"
        raise UsageError(f"--true is {short(true)}; expected {expected}")
    return values.reshape(1, *network.output_shape)


def nothing(network: Network) -> np.ndarray:
    """Some t that the loss takes, for units that do not depend on it."""
    return np.zeros(1, np.int64) if isinstance(network.loss, ClassLoss) else np.zeros((1, *network.output_shape))
