"""What an engine is given is checked once a batch, whoever asks: kernels read and write where it leads them.

Nothing here goes through x itself, which may be larger than memory.
"""

from itertools import combinations
from typing import Any, NoReturn

import numpy as np

from chainrule.base.arrays import NUMBERS, described, is_plain
from chainrule.base.errors import DataError, ModelError, UsageError
from chainrule.base.showing import short
from chainrule.losses.loss import any_outside
from chainrule.network.network import Network
from chainrule.training.objective import Batch, Mixture
from chainrule.training.optimizers import Optimizer, State


def check_weights(network: Network) -> None:
    """ModelError that names the first parameter, or statistic, of a network with a number that is not finite."""
    for name, values in (network.named() | network.named_statistics()).items():
        check_finite(name, values)


def check_finite(name: str, values: np.ndarray) -> np.ndarray:
    """The values of a parameter; ModelError, which calls it `name`, if one is infinite or NaN."""
    if not np.isfinite(values).all():
        raise ModelError(f"{name} holds {values[~np.isfinite(values)][0]}; expected finite numbers")
    return values


def check_batch(network: Network, batch: Batch) -> None:
    """DataError unless it has samples and targets that the network and its loss can take, as many of each."""
    if not isinstance(batch, Batch):
        raise UsageError(f"the batch is {short(batch)}; expected Batch(x, t)")
    x, t, rows, weight = batch.x, batch.t, batch.rows, batch.sample_weight
    if not is_plain(t):
        raise DataError(f"t is {described(t)}; expected an array of targets")
    network.loss.check_targets(t, network.output_shape)
    if not (is_plain(x) and x.dtype.kind in NUMBERS and x.shape[1:] == network.input_shape):
        check_samples(network, x)  # they may be in rows
    n = t.shape[:1]
    if rows is None:
        if x.shape[:1] != n:
            raise DataError(f"{len(x)} samples, but targets of shape {t.shape}; expected as many")
    elif not _numbers(rows, n, "iu") or any_outside(rows, len(x)):
        _refuse_rows(rows, n, len(x))
    if weight is not None and not _numbers(weight, n, NUMBERS):
        raise DataError(f"sample_weight is {described(weight)}; expected numbers of shape {n}")
    if batch.mixture is not None:
        _check_mixture(network, batch.mixture, t)


def _check_mixture(network: Network, mixture: Mixture, t: np.ndarray) -> None:
    if not isinstance(mixture, Mixture):
        raise UsageError(f"the mixture is {short(mixture)}; expected Mixture(t, share)")
    other, share = mixture
    if not is_plain(other) or other.shape != t.shape:
        raise DataError(f"the mixture's t is {described(other)}; expected targets of shape {t.shape}, as t")
    network.loss.check_targets(other, network.output_shape)
    if not _numbers(share, t.shape[:1], NUMBERS):
        raise DataError(f"the mixture's share is {described(share)}; expected numbers of shape {t.shape[:1]}")


def check_samples(network: Network, x: np.ndarray) -> None:
    """DataError unless x are numbers, of the network's input shape or in rows."""
    if not is_plain(x) or x.dtype.kind not in NUMBERS:
        raise DataError(f"x is {described(x)}; expected an array of numbers")
    network.check_shape(x)


def _refuse_rows(rows: np.ndarray, n: tuple[int, ...], samples: int) -> NoReturn:
    if not _numbers(rows, n, "iu"):
        raise DataError(f"rows is {described(rows)}; expected whole numbers of shape {n}")
    wrong = np.flatnonzero((rows < 0) | (rows >= samples))[0]
    raise DataError(f"row {rows[wrong]} for sample {wrong} of the batch; expected one of the {samples} rows of x")


def _numbers(a: Any, shape: tuple[int, ...], kinds: str) -> bool:
    return is_plain(a) and a.shape == shape and a.dtype.kind in kinds


def check_vector(
    name: str, a: np.ndarray, size: int | None = None, dtype: np.dtype | None = None, *, written: bool = False
) -> None:
    """UsageError unless `a` is a flat vector in one piece; None: of any size, of any float type."""
    fits = is_plain(a) and a.ndim == 1 and (size is None or len(a) == size)
    fits = fits and (a.dtype.kind == "f" if dtype is None else a.dtype == dtype)
    _check_memory(name, a, fits, f"{dtype or 'floats'} of shape ({'n' if size is None else size},)", written=written)


def check_optimizer(optimizer: Optimizer, state: State) -> None:
    """UsageError unless they are an optimizer and some state."""
    if not isinstance(optimizer, Optimizer):
        raise UsageError(f"the optimizer is {short(optimizer)}; expected one, as in Adam(1e-3)")
    if not isinstance(state, State):
        raise UsageError(f"the state is {short(state)}; expected one, as optimizer.new_state(w) gives")


def check_state(optimizer: Optimizer, state: State, w: np.ndarray) -> None:
    """UsageError unless it is this optimizer's, for that w."""
    shape, vectors = (optimizer.slots, len(w)), state.vectors
    fits = is_plain(vectors) and vectors.shape == shape and vectors.dtype == w.dtype
    _check_memory(f"{type(optimizer).__name__}'s state", vectors, fits, f"{w.dtype} of shape {shape}", written=True)


def check_apart(**arrays: np.ndarray) -> None:
    """UsageError for two arrays that have memory in common: what is written to one would change the other."""
    for (name, a), (other, b) in combinations(arrays.items(), 2):
        if np.may_share_memory(a, b):
            raise UsageError(f"{name} and {other} share memory; expected arrays of their own")


def _check_memory(name: str, a: np.ndarray, fits: bool, expected: str, *, written: bool) -> None:
    if not fits:
        raise UsageError(f"{name} is {described(a)}; expected {expected}")
    if not (a.flags.c_contiguous and a.flags.aligned):
        raise UsageError(f"{name} is {described(a)} with gaps; expected one piece, as np.ascontiguousarray makes it")
    if written and not a.flags.writeable:
        raise UsageError(f"{name} is {described(a)}, read-only; expected an array that can be written to")
