"""dL/dy of a batch: the loss's gradient by y, sample by sample, as each of its errors counts."""

import numpy as np

from chainrule.losses import Loss
from chainrule.training.objective import Batch


def gradient_by_output(loss: Loss, y: np.ndarray, batch: Batch) -> np.ndarray:
    """Of y's shape (s, ...) and type: the sum over the batch's terms (t, weight) of weight_s d err(y_s, t_s) / dy_s."""
    first, *others = (_of_term(loss, y, t, weight) for t, weight in batch.terms)
    return sum(others, start=first)


def _of_term(loss: Loss, y: np.ndarray, t: np.ndarray, weight: np.ndarray | None) -> np.ndarray:
    gy = loss.gradient(y, t)
    return gy if weight is None else gy * weight.astype(y.dtype).reshape(-1, *[1] * (y.ndim - 1))
