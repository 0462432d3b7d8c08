"""The losses: err(y, t) of one sample and its derivative by y.

a network that ends in         t                        loss
scores, Linear(n)              class numbers            LogSoftmaxNLL (a network's default)
probabilities, Softmax()       class numbers            NLL
values, Linear(k)              k real numbers           SquaredError; with wild ones among them Huber, AbsoluteError
scores, Linear(k)              k numbers from 0 to 1    SigmoidBinaryCrossEntropy
probabilities, Sigmoid()       k numbers from 0 to 1    BinaryCrossEntropy

The last three rows also take class numbers, as one-hot vectors, where k > 1.
Where the two do not go together, the network is refused, or warned of, when it is made (`losses/endings.py`).
"""

from chainrule.losses.absolute_error import AbsoluteError as AbsoluteError
from chainrule.losses.binary_cross_entropy import BinaryCrossEntropy as BinaryCrossEntropy
from chainrule.losses.binary_cross_entropy import SigmoidBinaryCrossEntropy as SigmoidBinaryCrossEntropy
from chainrule.losses.huber import Huber as Huber
from chainrule.losses.loss import Loss as Loss
from chainrule.losses.nll import NLL as NLL
from chainrule.losses.nll import LogSoftmaxNLL as LogSoftmaxNLL
from chainrule.losses.squared_error import SquaredError as SquaredError

LOSSES: tuple[type[Loss], ...] = (
    LogSoftmaxNLL,
    NLL,
    SquaredError,
    Huber,
    AbsoluteError,
    BinaryCrossEntropy,
    SigmoidBinaryCrossEntropy,
)
