"""How the compiled engine holds w: linear weights input-major and padded to whole vectors, the rest as it is."""

from dataclasses import dataclass

import numpy as np

from chainrule.base.errors import UsageError
from chainrule.engine.layout import Image
from chainrule.engine.runtime.memory import aligned_zeros
from chainrule.engine.simd import LANES, padded
from chainrule.training.objective import Layout


@dataclass(frozen=True)
class Permuted(Layout):
    """Canonical element k stands at `where[k]` of an engine vector of `size` floats, whose other elements are 0."""

    where: np.ndarray  # (canonical size,)
    size: int

    def pack(self, w: np.ndarray) -> np.ndarray:
        if w.shape != self.where.shape:
            raise UsageError(f"w has shape {w.shape}; expected {self.where.shape}, in canonical order")
        packed = aligned_zeros(self.size, w.dtype.type)  # vectors that cross cache lines take longer to read
        packed[self.where] = w
        return packed

    def unpack(self, w: np.ndarray) -> np.ndarray:
        return w[self.where]


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
