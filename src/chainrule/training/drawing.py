"""The batches of a run: drawn from the data, changed and mixed by the augmentation, weighted as the reduction says."""

from collections.abc import Callable, Iterator
from functools import lru_cache

import numpy as np

from chainrule.base.arrays import read_only
from chainrule.data.dataset import Dataset
from chainrule.data.mapped import check_mapped
from chainrule.training.augment import Augment, augmented, mixing_of
from chainrule.training.objective import Batch, Mixture
from chainrule.training.sampling import batch_count, batches
from chainrule.training.settings import Training

Counts = Callable[[np.ndarray], np.ndarray | None]


def batches_in(data: Dataset, training: Training) -> int:
    """How many batches an epoch has."""
    return batch_count(len(data), training.batch_size or len(data))


def draw(data: Dataset, training: Training, *, epoch: int, first: int) -> Iterator[slice | np.ndarray]:
    """Which samples each batch of an epoch has, from batch `first` on."""
    return batches(len(data), training.batch_size or len(data), training.order, training.seed, epoch=epoch, first=first)


def batch_of(
    data: Dataset,
    indices: slice | np.ndarray,
    training: Training,
    *,
    epoch: int,
    step: int,
    counts: Counts | None = None,
) -> tuple[Batch, float]:
    """These samples of the data, and what they weigh together; by the mean, each counts its share of that.

    counts : of the objective, (s,) what it weighs the errors of targets t (s, ...) by

    DataError if the data are mapped and their file has changed.
    """
    check_mapped()
    x, rows = (data.x[indices], None) if isinstance(indices, slice) else (data.x, indices)
    mixture = None
    if training.augmentation:
        numbers = np.arange(indices.start, indices.stop) if isinstance(indices, slice) else indices
        rows, (x, mixture) = None, _changed(training.augmentation, data, numbers, seed=training.seed, epoch=epoch)
    t, weight = data.t[indices], None if data.sample_weight is None else data.sample_weight[indices]
    counted = counts(t) if counts else None
    if counts and counted is not None and mixture:
        counted = mixture.share * counted + (1 - mixture.share) * counts(mixture.t)
    if counted is None:
        total = float(len(t) if weight is None else weight.sum())
    else:
        total = float(counted.sum() if weight is None else (weight * counted).sum())
    if training.reduction == "mean":
        weight = _equal_shares(len(t), total) if weight is None else weight / (total or 1.0)
    return Batch(x, t, weight, epoch, step, rows=rows, mixture=mixture), total


def _changed(
    change: Augment, data: Dataset, numbers: np.ndarray, *, seed: int, epoch: int
) -> tuple[np.ndarray, Mixture | None]:
    """The samples of these numbers, as the augmentation makes them in that epoch, and what else is in them."""
    mixing = mixing_of(change)
    if mixing is None:
        return augmented(change, data.x[numbers], numbers, seed=seed, epoch=epoch), None
    others, share = mixing.partners(data, seed, epoch, numbers)
    both = np.concatenate([numbers, others])
    x = augmented(change, data.x[both], both, seed=seed, epoch=epoch)
    return mixing.mix(x[: len(numbers)], x[len(numbers) :], share), Mixture(data.t[others], share)


@lru_cache(maxsize=2)  # batches have one size, but for the last of an epoch
def _equal_shares(n: int, total: float) -> np.ndarray:
    """(n,) 1/total, read-only."""
    return read_only(np.full(n, 1 / total))
