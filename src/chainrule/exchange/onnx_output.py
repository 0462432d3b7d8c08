"""From a network's own output to what it says, in ONNX: units, probabilities, class names.

y = mean + std z                            of a regression whose loss has units
probabilities = softmax(y), sigmoid(y)      as `network.predict`
label = names[argmax y]                     as `network.classify`, by name
"""

from collections.abc import Sequence
from math import prod

import numpy as np

from chainrule.base.errors import UsageError
from chainrule.base.numbers import whole_of
from chainrule.data.names import shortened
from chainrule.exchange.meaning import answers, class_names
from chainrule.exchange.onnx_ends import End, Wanted
from chainrule.exchange.onnx_operator import FLOAT32, Operator
from chainrule.exchange.rounding import doubt_rounding, rounded
from chainrule.losses import NLL, BinaryCrossEntropy, LogSoftmaxNLL, Loss, SigmoidBinaryCrossEntropy
from chainrule.losses.regression import RegressionLoss
from chainrule.network.network import Network

INT64_IN_ONNX = 7  # the number of that type
PROBABILITIES: dict[type[Loss], str | None] = {  # what makes them of y; None: y is a probability
    LogSoftmaxNLL: "Softmax",
    SigmoidBinaryCrossEntropy: "Sigmoid",
    NLL: None,
    BinaryCrossEntropy: None,
}
THRESHOLDS = {SigmoidBinaryCrossEntropy: 0.0, BinaryCrossEntropy: 0.5}  # of one y, above which it is class 1


def outputs_of(network: Network, wanted: Wanted) -> list[End]:
    """What comes out: the label, if it is wanted, and y or the probabilities; UsageError where there are none."""
    names = class_names(network)
    of = f": {shortened(names, 12)}" if names else ""
    last = End("y", "float32", network.output_shape, answers(network))
    if wanted.probabilities:
        _check_known(network.loss, "probabilities", PROBABILITIES)
        about = f"of class {names[1] if names else 1}" if prod(network.output_shape) == 1 else f"of the classes{of}"
        last = End("probabilities", "float32", network.output_shape, about)
    if not wanted.labels:
        return [last]
    return [End("label", _type_of(names), (), f"the class{of}"), last]


def own_name(network: Network, wanted: Wanted) -> str:
    """What the output of the network's last layer is called."""
    if wanted.probabilities and PROBABILITIES[type(network.loss)] is None:
        return "probabilities"
    return "z" if isinstance(network.loss, RegressionLoss) and network.loss.has_units else "y"


def output_operators(network: Network, wanted: Wanted) -> list[Operator]:
    """What comes behind the network's layers."""
    loss, own = network.loss, own_name(network, wanted)
    row = unit_operators(loss) if isinstance(loss, RegressionLoss) and loss.has_units else []
    kind = PROBABILITIES.get(type(loss)) if wanted.probabilities else None
    if kind:
        axis = {"axis": 1} if kind == "Softmax" else {}
        row.append(Operator(kind, (own,), "probabilities", axis, about=str(loss)))
    return row + label_operators(network, own) if wanted.labels else row


def unit_operators(loss: RegressionLoss) -> list[Operator]:
    """mean + std z."""
    mean, std = (rounded(f"{loss}", np.asarray(numbers), FLOAT32) for numbers in (loss.mean, loss.std))
    doubt_rounding("ONNX's y", np.asarray(loss.mean), np.asarray(loss.std))
    about = "in the target's units"
    return [
        Operator("Mul", ("z",), "z_scaled", constants={"target_std": std}, about=about),
        Operator("Add", ("z_scaled",), "y", constants={"target_mean": mean}, about=about),
    ]


def label_operators(network: Network, y: str) -> list[Operator]:
    """(batch,) the class, by its name if it has one that is not its number."""
    names, row = class_names(network), class_operators(network, y)
    if names is None or names == tuple(map(str, range(len(names)))):
        return [*row[:-1], row[-1].renamed({"class_number": "label"})]
    whole = _type_of(names) == "int64"
    lookup = {"class_names": np.array([int(name) for name in names], np.int64) if whole else np.array(names, object)}
    return [*row, Operator("Gather", ("class_names", "class_number"), "label", constants=lookup, about="its name")]


def class_operators(network: Network, y: str) -> list[Operator]:
    """(batch,) the class's number, as `loss.classes`; UsageError for a loss without any."""
    kind, about = type(network.loss), "the class"
    _check_known(network.loss, "labels", PROBABILITIES)
    if kind not in THRESHOLDS:
        return [Operator("ArgMax", (y,), "class_number", {"axis": 1, "keepdims": 0}, about=about)]
    if prod(network.output_shape) != 1:
        raise UsageError(f"a network of several outputs trained by {kind.__name__} gives no labels; export its y")
    threshold, row = np.array(THRESHOLDS[kind], FLOAT32), np.array([-1], np.int64)
    return [
        Operator("Greater", (y,), "is_class_1", constants={"threshold": threshold}, about=about),
        Operator("Cast", ("is_class_1",), "class_1", {"to": INT64_IN_ONNX}, about=about),
        Operator("Reshape", ("class_1",), "class_number", constants={"row": row}, about=about),
    ]


def _type_of(names: Sequence[str] | None) -> str:
    """int64 where all names are whole numbers, as labels of scikit-learn are; else string."""
    return "int64" if all(name == str(whole_of(name)) for name in names or ()) else "string"


def _check_known(loss: Loss, what: str, known: dict) -> None:
    if type(loss) not in known:
        raise UsageError(f"a network trained by {type(loss).__name__} gives no {what}; export its y instead")
