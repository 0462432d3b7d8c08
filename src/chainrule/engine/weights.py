"""How the compiled engine holds w: linear weights input-major and padded to whole vectors, the rest as it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from chainrule.base.errors import UsageError
from chainrule.engine.layout import Image
from chainrule.engine.runtime.memory import aligned_zeros
from chainrule.engine.simd import LANES, padded
from chainrule.training.objective import Layout


class Piece(NamedTuple):
    """A parameter: canonical elements, and where in the engine's vector they stand."""

    canonical: slice
    places: slice | np.ndarray  # in a row, or each where it says


@dataclass(frozen=True)
class Permuted(Layout):
    """The canonical elements stand, parameter by parameter, in an engine vector of `size` floats, whose other elements
    are 0."""

    pieces: Sequence[Piece]
    canonical_size: int
    size: int

    def pack(self, w: np.ndarray) -> np.ndarray:
        if w.shape != (self.canonical_size,):
            raise UsageError(f"w has shape {w.shape}; expected {(self.canonical_size,)}, in canonical order")
        packed = aligned_zeros(self.size, w.dtype.type)  # vectors that cross cache lines take longer to read
        for piece in self.pieces:
            packed[piece.places] = w[piece.canonical]
        return packed

    def unpack(self, w: np.ndarray) -> np.ndarray:
        canonical = np.empty(self.canonical_size, w.dtype)
        for piece in self.pieces:
            canonical[piece.canonical] = w[piece.places]
        return canonical

    @property
    def where(self) -> np.ndarray:
        """(canonical size,) where each element stands."""
        return self.unpack(np.arange(self.size))


def element_order(x: Image) -> np.ndarray:
    """(c h w,) where each canonical element (c, i, j) of a sample stands among the engine's, the halo left out."""
    c, i, j = np.meshgrid(*map(np.arange, (x.channels, x.height, x.width)), indexing="ij")
    return (((c // x.lanes * x.height + i) * x.width + j) * x.lanes + c % x.lanes).reshape(-1)


def elements(x: Image, *, halo: bool = False) -> int:
    """Floats of a sample, padded lanes included, the halo left out, or not."""
    around = (2 * x.halo_rows, 2 * x.halo) if halo else (0, 0)
    return -(-x.channels // x.lanes) * x.lanes * (x.height + around[0]) * (x.width + around[1])


def linear_weights(x: Image, outputs: int) -> tuple[np.ndarray, int]:
    """For canonical (out, in): where each weight stands in [n][outputs padded], and the floats that takes."""
    rows = padded(outputs)
    where = element_order(x)[None, :] * rows + np.arange(outputs)[:, None]
    return where.reshape(-1), elements(x) * rows


def aligned(floats: int) -> int:
    """Rounded up, so that what follows starts at a whole vector."""
    return -(-floats // LANES) * LANES
