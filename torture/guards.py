"""Arrays between pages that nobody may read or write, and whole steps of random networks on nothing but these.

    python -m torture.guards FIRST LAST        says k before try k, and whatever it finds wrong after

Whoever reads or writes beside an array, on the side where it touches such a page, dies of SIGSEGV; what lies between
the array and the other page is 0xFF, and looked at after the steps.
"""

import ctypes
import mmap
import sys
from typing import Any

import numpy as np

from chainrule.base.errors import NetworkError
from chainrule.engine.compiled import Compiled
from chainrule.engine.runtime import memory
from chainrule.layers import Layer
from chainrule.losses import LogSoftmaxNLL, SquaredError
from chainrule.network.network import Network
from chainrule.training.objective import Batch
from chainrule.training.optimizers import SGD, AdaDelta, Adam, State
from torture.layers import LIKELY, any_layer

PAGE = mmap.PAGESIZE
LARGEST = 67  # samples
FLOATS = 1 << 15  # of a value of a sample, at most
system = ctypes.CDLL(None, use_errno=True)


class Guards:
    """Makes arrays; `before`: that touch the page before them, not the one behind."""

    def __init__(self, before: bool) -> None:
        self.before, self.gaps = before, []

    def zeros(self, n: int, dtype: Any = np.float32) -> np.ndarray:
        """(n,) zeros, as `memory.aligned_zeros` makes them but for their address."""
        size = n * np.dtype(dtype).itemsize
        whole = max(1, -(-size // PAGE)) * PAGE
        pages = mmap.mmap(-1, whole + 2 * PAGE)
        address = ctypes.addressof(ctypes.c_char.from_buffer(pages))
        for page in (address, address + PAGE + whole):
            if system.mprotect(ctypes.c_void_p(page), PAGE, 0):
                raise OSError(ctypes.get_errno(), "mprotect")
        inside = np.frombuffer(pages, np.uint8, whole, PAGE)
        array, gap = (inside[:size], inside[size:]) if self.before else (inside[whole - size :], inside[: whole - size])
        gap[:] = 0xFF
        self.gaps.append(gap)
        return array.view(dtype)

    def copy(self, values: np.ndarray) -> np.ndarray:
        array = self.zeros(values.size, values.dtype).reshape(values.shape)
        array[...] = values
        return array

    def enter(self) -> None:
        """From now on engines' buffers are made here."""
        for module in list(sys.modules.values()):
            if module.__name__.startswith("chainrule.") and hasattr(module, "aligned_zeros"):
                module.aligned_zeros = self.zeros  # type: ignore[attr-defined]

    def untouched(self) -> bool:
        return all((gap == 0xFF).all() for gap in self.gaps)


def network_of(random: np.random.Generator) -> Network:
    """Of up to five random layers behind one another, and a linear one."""
    size = [int(random.integers(1, most + 1)) for most in (20, 30, 30)]
    shape = tuple(size) if random.random() < 0.7 else (int(random.integers(1, 300)),)
    layers: list[Layer] = []
    for _ in range(int(random.integers(1, 6))):
        layer = any_layer(random, shape, LIKELY)
        try:
            found = layer.y_shape(shape)
            Network([*layers, layer], shapes(layers, shape)[0], SquaredError())
        except NetworkError:
            continue
        if np.prod(found) <= FLOATS:
            layers, shape = [*layers, layer], found
    return Network(layers, shape)
