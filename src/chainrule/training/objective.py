"""An objective: a loss L(w; D') and its gradient dL/dw over ONE flat vector w. All training rests on this.

It knows nothing of optimizers, epochs or files; whoever minimises it knows nothing of what w means.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from chainrule.base.ranks import ALONE, Ranks
from chainrule.base.showing import brief

if TYPE_CHECKING:
    from chainrule.training.optimizers import Optimizer, State


class Mixture(NamedTuple):
    """What else is in the samples of a batch, where each is a mixture of two (`augmentation/mixing.py`)."""

    t: np.ndarray  # (s,) or (s, ...) the other true values
    share: np.ndarray  # (s,) 0 to 1, of the batch's own t in a sample's error; the other's is 1 - share


@dataclass(frozen=True, slots=True)
class Batch:
    """D', some samples of the training data, and where they stand in the run."""

    x: np.ndarray  # (s, ...); with `rows`, of all of the data
    t: np.ndarray  # (s,) or (s, ...)
    sample_weight: np.ndarray | None = None  # (s,) what each error counts in the sum; None: 1
    epoch: int = 0
    step: int = 0  # updates since the start: with `offset` it keys a batch's random draws
    offset: int = 0  # position of the first sample in the global batch, where ranks share one
    rows: np.ndarray | None = None  # (s,) which of x are the samples, so that nobody has to copy them; None: all
    mixture: Mixture | None = None  # None: each sample is one

    __repr__ = brief

    def __len__(self) -> int:
        return len(self.t)

    @property
    def samples(self) -> np.ndarray:
        """(s, ...) their inputs."""
        return self.x if self.rows is None else self.x.take(self.rows, axis=0)

    @property
    def terms(self) -> list[tuple[np.ndarray, np.ndarray | None]]:
        """The true values that count, and how much: L(w; D') = sum over (t, weight) and i of weight_i err(y_i, t_i)."""
        if self.mixture is None:
            return [(self.t, self.sample_weight)]
        other, share = self.mixture
        weight = 1.0 if self.sample_weight is None else self.sample_weight
        return [(self.t, weight * share), (other, weight * (1 - share))]


class Origin(NamedTuple):
    """Where the first number arose that is not finite."""

    what: str  # as in "the output of" or "the gradient of"
    layer: str  # as in "fc2"

    def __str__(self) -> str:
        return f"{self.what} {self.layer}"


class Layout:
    """How an engine holds w: a padded permutation of the canonical order. This one is the identity."""

    def pack(self, w: np.ndarray) -> np.ndarray:
        """A new vector in the engine's order, from the canonical one."""
        return w.copy()

    def unpack(self, w: np.ndarray) -> np.ndarray:
        """A new vector in canonical order, from the engine's."""
        return w.copy()


class Objective(ABC):
    """L(w; D') = sum over (x_i, t_i) in D' of sample_weight_i err(f_w(x_i), t_i).

    Of a mixture of two samples err is share_i err(f_w(x_i), t_i) + (1 - share_i) err(f_w(x_i), its other t_i).
    """

    layout: Layout = Layout()
    statistics: np.ndarray = np.empty(0)
    """What layers keep that is not learned; a pass in training moves it. Like w, but never the optimizer's."""
    undecayed: Sequence[slice] = ()
    """The parts of w that weight decay leaves alone."""
    ranks: Ranks = ALONE
    """Who compute its batches together: each of them is given the whole batch, and all find the same."""
    mixes_samples: bool = False
    """Whether the error of a sample depends on the others of its batch."""
    takes_mixtures: bool = False
    """Whether `Batch.mixture` counts; if not, no run gives it one."""

    @abstractmethod
    def loss(self, w: np.ndarray, batch: Batch) -> float:
        """L(w; D'), in training: the same batch (and step) draws the same dropout masks."""

    @abstractmethod
    def loss_and_gradient(self, w: np.ndarray, batch: Batch, out: np.ndarray) -> float:
        """L(w; D'), and dL/dw written into `out`."""

    def counts(self, t: np.ndarray) -> np.ndarray | None:
        """(s,) what the sample of each target counts in a mean, as its error is weighed by that; None: 1."""
        return None

    def update(self, optimizer: Optimizer, w: np.ndarray, gw: np.ndarray, state: State) -> None:
        """Let the optimizer move w and `state`, given gw: by its definition, unless an engine has a kernel for it."""
        for part, decays in runs(self.undecayed, len(w)):
            of_part = optimizer if decays else optimizer.without_decay()
            of_part.update(w[part], gw[part], state.part(part))

    def step(
        self,
        optimizer: Optimizer,
        w: np.ndarray,
        batch: Batch,
        gw: np.ndarray,
        *,
        state: State,
        clip_norm: float | None = None,
    ) -> tuple[float, float]:
        """One update of w and `state`: (L(w; D'), |dL/dw|) before it. gw is room for the gradient.

        The optimizer gets the gradient shortened to `clip_norm` where it is longer. A loss or norm that is not finite
        tells that w is spoiled.
        """
        loss = self.loss_and_gradient(w, batch, gw)
        norm = self.norm(gw)
        if (factor := clipping(norm, clip_norm)) != 1:
            gw *= gw.dtype.type(factor)
        state.step += 1
        self.update(optimizer, w, gw, state)
        return loss, norm

    def blend(self, average: np.ndarray, w: np.ndarray, share: float) -> None:
        """average <- average + share (w - average), both in the objective's order."""
        average += average.dtype.type(share) * (w - average)

    def norm(self, gw: np.ndarray) -> float:
        """|gw|; not finite where an element is not."""
        with np.errstate(over="ignore"):
            squared = float(np.dot(gw, gw))
        if not math.isfinite(squared):  # of large elements perhaps their squares alone are not
            squared = float(np.square(gw, dtype=np.float64).sum())
        return math.sqrt(squared)

    def origin(self, w: np.ndarray, batch: Batch | None = None) -> Origin | None:
        """Where in w, L(w; D') or its gradient the first number is not finite; None: nowhere, or it is not known."""
        return None

    def kinks(self, w: np.ndarray, batch: Batch) -> list[np.ndarray]:
        """Which linear pieces of its ReLUs and max-pools L is on: where this changes, L has a kink between."""
        return []


def clipping(norm: float, clip_norm: float | None) -> float:
    """What a gradient of that norm is multiplied by, so that it is no longer than `clip_norm`.

    As PyTorch's `clip_grad_norm_`: 1e-6 in it keeps the quotient finite.
    """
    return 1.0 if clip_norm is None or norm + 1e-6 <= clip_norm else clip_norm / (norm + 1e-6)


def runs(undecayed: Sequence[slice], size: int) -> Iterator[tuple[slice, bool]]:
    """0 .. size-1 in parts that weight decay holds (True) or leaves alone (False)."""
    at = 0
    for part in sorted(undecayed, key=lambda part: part.start):
        if at < part.start:
            yield slice(at, part.start), True
        yield part, False
        at = part.stop
    if at < size or size == 0:
        yield slice(at, size), True
