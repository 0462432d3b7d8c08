"""The peak of one thread of this machine, measured: multiply-adds in registers; bytes from and to memory."""

from collections.abc import Callable
from time import perf_counter
from typing import Any

import numpy as np

from chainrule.engine.runtime.jit import kernel
from chainrule.engine.simd import LANES, REGISTERS, add_multiple, fill, total

ROWS, COLUMNS = 6, 4 if REGISTERS == 32 else 2  # as many accumulators as fit the registers: none waits for itself
ROUNDS = 1 << 18  # of the tile: some 3 ms
FLOATS = 1 << 25  # in each of two arrays: 256 MB, more than any cache holds
TRIES = 10  # the best counts: whatever else runs only makes it worse


@kernel
def multiply_adds(rounds, factor):
    """acc <- acc + factor acc, `rounds` times, in registers."""
    acc = fill(ROWS, COLUMNS, np.float32(1))
    for _ in range(rounds):
        acc = add_multiple(acc, factor, acc)
    return total(acc)


@kernel
def add_in_place(a, factor, b):
    """a <- a + factor b: in place, so that no cache line is read only to be written."""
    for k in range(len(a)):
        a[k] += factor * b[k]


def peak_flops(rounds: int = ROUNDS) -> float:
    """Floating-point operations per second: 2 a multiply-add, on whole vectors of float32."""
    return 2 * ROWS * COLUMNS * LANES * rounds / _best(multiply_adds, rounds, np.float32(0))


def bandwidth(floats: int = FLOATS) -> float:
    """Bytes per second read and written, of two arrays of so many floats: 12 an element."""
    a, b = np.ones(floats, np.float32), np.ones(floats, np.float32)
    return 12 * floats / _best(add_in_place, a, np.float32(0), b)


def _best(work: Callable[..., Any], *arguments: Any) -> float:
    """The least seconds that it takes."""
    work(*arguments)  # compiled, and its memory touched
    seconds = []
    for _ in range(TRIES):
        began = perf_counter()
        work(*arguments)
        seconds.append(perf_counter() - began)
    return min(seconds)
