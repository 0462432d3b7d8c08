"""How well a network does on data it is shown without learning from them."""

from math import prod

import numpy as np

from chainrule.base.arguments import of_kind
from chainrule.base.errors import DataError, UsageError
from chainrule.base.numbers import whole_number
from chainrule.data.dataset import Dataset, check_weighs
from chainrule.data.moments import Moments
from chainrule.engine import DEFAULT_ENGINE, execute
from chainrule.losses.loss import RealLoss
from chainrule.network.engine import Engine
from chainrule.network.moment import numbers_of
from chainrule.network.network import Network
from chainrule.tasks.classification import ratio
from chainrule.tasks.copies import COPIES, of_copies
from chainrule.tasks.shared_outputs import shared_outputs
from chainrule.training.augment import Augment
from chainrule.training.events import Evaluation


def evaluate(
    network: Network,
    data: Dataset,
    engine: str | Engine = DEFAULT_ENGINE,
    batch_size: int = 100,
    *,
    threads: int | None = None,
    augmentation: Augment | None = None,
    copies: int = COPIES,
) -> Evaluation:
    """Loss and accuracy of the network over the data, each sample counted by its weight (default 1).

    The loss is the one that the network is trained by, with its label smoothing and class weights.

    network : what is asked, at its own w
    data : x (n, *input_shape), or rows; t as the loss takes them; matched to what the network was trained on
    engine : "compiled", "reference", or what `execute` made of this network
    batch_size : samples at a time: it bounds the memory, and does not change the result, unless a layer mixes
        samples in evaluation, as BatchNormalisation(running=False)
    threads : at most so many, of the compiled engine
    augmentation, copies : what the network answers is the mean over each picture and so many copies that this changes

    Raises DataError for no data, for data that do not fit, and where all weights are 0.
    """
    of_kind("the network", network, Network, "a Network")
    of_kind("the data", data, Dataset, "Dataset(x, t)")
    executor = engine if isinstance(engine, Engine) else execute(network, engine, threads=threads)
    data = network.reading.data(data)
    return measure(network, data, executor, batch_size, augmentation=augmentation, copies=copies)


def measure(
    network: Network,
    data: Dataset,
    executor: Engine,
    batch_size: int,
    *,
    augmentation: Augment | None = None,
    copies: int = COPIES,
) -> Evaluation:
    """`evaluate` of data that are as the network reads them, by what executes it."""
    if len(data) == 0:
        raise DataError("there is no data to evaluate on; expected at least one sample")
    check_judge(network, data)
    batch_size = whole_number("batch_size", batch_size, 1)
    if executor.network.size != network.size or len(executor.statistics) != len(network.statistics):
        raise UsageError(f"the engine executes {executor.network!r}; expected what `execute` made of {network!r}")
    w, executor.statistics[:] = numbers_of(network)
    w = executor.layout.pack(w)
    answer = of_copies(lambda x: executor.outputs(w, x), augmentation, copies)
    loss = right = total = counted = 0.0
    classified, squares = False, np.zeros(prod(network.output_shape))
    has_classes = network.loss.class_count(data.t, network.output_shape) > 0  # of all of them: a batch may look so
    for batch, y in shared_outputs(network, len(data), batch_size, lambda k: answer(data.x[k], k.start)):
        part = data.take(batch)
        weight = np.ones(len(part)) if part.sample_weight is None else part.sample_weight
        counts = network.loss.counts(part.t)
        loss += float(network.loss.error(y.astype(np.float64), part.t) @ weight)
        total += float(weight.sum())
        counted += float(weight.sum() if counts is None else counts @ weight)
        classes = network.classes_of(y, part.t) if has_classes else None
        if classes is not None:
            classified = True
            right += float((classes == part.t.reshape(-1)) @ weight)
        elif isinstance(network.loss, RealLoss):
            squares += weight @ squared_errors(network.loss.prediction(y), part.t)
    if classified or not isinstance(network.loss, RealLoss):
        return Evaluation(loss / counted, right / total if classified else None, len(data))
    r2 = 1 - ratio(squares / total, variance_of(data.t, data.sample_weight))
    return of_values(loss / counted, np.sqrt(squares / total), r2, len(data))


def check_judge(network: Network, data: Dataset) -> None:
    """DataError for data that cannot say how well the network does: a fit finds that out before it begins."""
    network.check_shape(data.x[:1])
    check_weighs(data.sample_weight)
    network.loss.check_targets(data.t, network.output_shape)


def squared_errors(said: np.ndarray, t: np.ndarray) -> np.ndarray:
    """(n, k) float64, of predictions (n, ...) of k numbers."""
    n = len(t)
    return (said.reshape(n, -1).astype(np.float64) - t.reshape(n, -1)) ** 2


def variance_of(t: np.ndarray, weight: np.ndarray | None) -> np.ndarray:
    """(k,) of the true values t (n, ...), k numbers each; 0 where all are alike, but for rounding."""
    seen = Moments.of(t, weight)
    return np.where(seen.constant(np.float64), 0.0, seen.variance)


def of_values(loss: float, rmse: np.ndarray, r2: np.ndarray, samples: int) -> Evaluation:
    """Of a regression, from the errors of each output, (k,)."""
    there = np.isfinite(r2)
    mean = float(r2[there].mean()) if there.any() else None
    return Evaluation(loss, None, samples, mean, float(np.sqrt((rmse**2).mean())))
