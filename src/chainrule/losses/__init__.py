"""The losses: err(y, t) of one sample and its derivative by y."""

from chainrule.losses.binary_cross_entropy import BinaryCrossEntropy as BinaryCrossEntropy
from chainrule.losses.binary_cross_entropy import SigmoidBinaryCrossEntropy as SigmoidBinaryCrossEntropy
from chainrule.losses.loss import Loss as Loss
from chainrule.losses.nll import NLL as NLL
from chainrule.losses.nll import LogSoftmaxNLL as LogSoftmaxNLL
from chainrule.losses.squared_error import SquaredError as SquaredError

LOSSES: tuple[type[Loss], ...] = (LogSoftmaxNLL, NLL, SquaredError, BinaryCrossEntropy, SigmoidBinaryCrossEntropy)
