"""The peak of one thread of this machine, measured: multiply-adds in registers; bytes from and to memory."""

from collections.abc import Callable
from functools import cache
from time import perf_counter
from typing import Any

import numpy as np

from chainrule.engine.runtime.jit import kernel
from chainrule.engine.simd import LANES, add_multiple, fill, tile_widths, total

ROWS = 6
ROUNDS = 1 << 18  # of the tile: some 3 ms
FLOATS = 1 << 25  # in each of two arrays: 128 MB or more, as no cache holds
TRIES = 10  # the best counts: whatever else runs only makes it worse


@cache
def multiply_adds_kernel(columns: int) -> Any:
    """The kernel of a tile that wide: with as many accumulators as fit the registers none waits for itself."""

    @kernel
    def multiply_adds(rounds, factor):
        """acc <- acc + factor acc, `rounds` times, in registers."""
        acc = fill(ROWS, columns, 1, factor)
        for _ in range(rounds):
            acc = add_multiple(acc, factor, acc)
        return total(acc)

    return multiply_adds


@kernel
def add_in_place(a, factor, b):
    """a <- a + factor b: in place, so that no cache line is read only to be written."""
    for k in range(len(a)):
        a[k] += factor * b[k]


def peak_flops(dtype: np.dtype, rounds: int = ROUNDS) -> float:
    """Floating-point operations per second: 2 a multiply-add, on whole vectors of that type."""
    columns = tile_widths(dtype)[0]
    return 2 * ROWS * columns * LANES * rounds / _best(multiply_adds_kernel(columns), rounds, dtype.type(0))


def bandwidth(dtype: np.dtype, floats: int = FLOATS) -> float:
    """Bytes per second read and written, of two arrays of so many floats of that type: three floats an element."""
    a, b = np.ones(floats, dtype), np.ones(floats, dtype)
    return 3 * a.nbytes / _best(add_in_place, a, dtype.type(0), b)


def _best(work: Callable[..., Any], *arguments: Any) -> float:
    """The least seconds that it takes."""
    work(*arguments)  # compiled, and its memory touched
    seconds = []
    for _ in range(TRIES):
        began = perf_counter()
        work(*arguments)
        seconds.append(perf_counter() - began)
    return min(seconds)
