"""Arrays between pages that nobody may read or write, and whole steps of random networks on nothing but these.

    python -m torture.guards FIRST LAST        prints k before try k; and what went wrong after it

Whoever reads or writes beside an array, where it touches such a page, dies of SIGSEGV. What lies between an array and
the page on its other side is 0xFF, and looked at after the steps.
"""

import ctypes
import mmap
import sys
from typing import Any

import numpy as np

from chainrule.engine.compiled import Compiled
from chainrule.engine.runtime import sharing
from chainrule.losses.regression import RegressionLoss
from chainrule.training.objective import Batch
from chainrule.training.optimizers import SGD, AdaDelta, Adam, State
from torture.random_networks import random_network

PAGE = mmap.PAGESIZE
LARGEST = 67  # samples
OPTIMIZERS = SGD(1e-6), SGD(1e-6, momentum=0.9), AdaDelta(1e-3), Adam(1e-6)  # so slow that no loss diverges
THREADS = 1, 2, 3, 4, 8


class Guards:
    """Makes arrays; `before`: that touch the page before them, and not the one behind."""

    def __init__(self, before: bool) -> None:
        self.before = before
        self.gaps: list[np.ndarray] = []

    def zeros(self, n: int, dtype: Any = np.float32) -> np.ndarray:
        """(n,) zeros, as `aligned_zeros` makes them, but for their address."""
        size = n * np.dtype(dtype).itemsize
        room = max(1, -(-size // PAGE)) * PAGE
        pages = mmap.mmap(-1, room + 2 * PAGE)
        address = ctypes.addressof(ctypes.c_char.from_buffer(pages))
        for page in (address, address + PAGE + room):
            if ctypes.CDLL(None, use_errno=True).mprotect(ctypes.c_void_p(page), PAGE, 0):
                raise OSError(ctypes.get_errno(), "mprotect")
        inside = np.frombuffer(pages, np.uint8, room, PAGE)
        array, gap = (inside[:size], inside[size:]) if self.before else (inside[room - size :], inside[: room - size])
        gap[:] = 0xFF
        self.gaps.append(gap)
        return array.view(dtype)

    def copy(self, values: np.ndarray) -> np.ndarray:
        array = self.zeros(values.size, values.dtype).reshape(values.shape)
        array[...] = values
        return array

    def take_over(self) -> None:
        """From now on engines' buffers are made here, each alone."""
        sharing.shares = False
        for module in list(sys.modules.values()):
            if module.__name__.startswith("chainrule.") and hasattr(module, "aligned_zeros"):
                module.aligned_zeros = self.zeros  # type: ignore[attr-defined]

    @property
    def untouched(self) -> bool:
        return all((gap == 0xFF).all() for gap in self.gaps)


def attempt(k: int) -> str:
    """What went wrong in try k."""
    random, guards = np.random.default_rng(k), Guards(before=k % 2 == 1)
    guards.take_over()
    network = random_network(random)
    engine = Compiled(network, threads=THREADS[int(random.integers(len(THREADS)))])
    engine._work = 1 << 30, 1 << 30  # as if it were worth all threads
    optimizer = OPTIMIZERS[int(random.integers(len(OPTIMIZERS)))]
    w = guards.copy(engine.layout.pack(network.w))
    gw, state = guards.zeros(w.size), State(guards.zeros(optimizer.slots * w.size).reshape(optimizer.slots, w.size))
    size = int(random.integers(1, LARGEST + 1))
    dtype = [np.uint8, np.float32, np.float64][int(random.integers(3))]
    x = guards.copy((random.random((size + 5, *network.input_shape)) * 3).astype(dtype))
    rows, losses = guards.copy(random.permutation(size + 5)), []
    for count in (size, int(random.integers(1, size + 1)), size):  # a smaller last batch, and the next epoch
        t = random.integers(0, 3, count)
        if isinstance(network.loss, RegressionLoss):
            t = random.standard_normal((count, *network.output_shape)).astype(np.float32)
        weight = guards.copy(random.random(count)) if random.random() < 0.5 else None
        batch = Batch(guards.copy(x[:count]), guards.copy(t), weight, step=state.step)
        losses.append(engine.loss_and_gradient(w, batch, gw))
        batch = Batch(x, batch.t, weight, step=state.step, rows=guards.copy(rows[:count]))
        losses += engine.step(optimizer, w, batch, gw, state=state)
        losses.append(float(engine.outputs(w, x[:count]).sum()))
    engine.norm(gw)
    engine.update(optimizer, w, gw, state)
    if not guards.untouched:
        return f"{network.layers} on {network.input_shape} wrote beside an array"
    return "" if not np.isnan(losses).any() else f"{network.layers} on {network.input_shape}: NaN"


def main(first: int, last: int) -> None:
    for k in range(first, last):
        print(k, flush=True)
        with np.errstate(all="ignore"):
            fault = attempt(k)
        if fault:
            print(fault, flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
