"""Where buffers come from: arenas large enough for the system to hold them in huge pages.

A step walks over many buffers at once, often with long strides; in pages of 4 KB each of these would be looked up in
the page tables again and again. NumPy asks for huge pages for arrays of 4 MB or more.

All that a plan keeps is from here, so that tests can put guards around it. Kernels read and write whole vectors at any
multiple of an element's size: that a buffer begins with a cache line makes them fast, no kernel relies on it.
"""

import threading

import numpy as np

from chainrule.base.forking import held_at_forks

CACHE_LINE, HUGE_PAGE, ARENA = 64, 1 << 21, 1 << 23  # bytes
_lock = threading.RLock()
held_at_forks(_lock)
_free = [np.empty(0, np.uint8)]  # what is left of the last arena


def aligned_zeros(n: int, dtype: type = np.float32) -> np.ndarray:
    """(n,) zeros that start at a whole cache line."""
    size = n * np.dtype(dtype).itemsize
    room = -(-size // CACHE_LINE) * CACHE_LINE
    with _lock:
        if room > len(_free[0]):
            arena = np.zeros(max(ARENA, room) + HUGE_PAGE, np.uint8)
            _free[0] = arena[-arena.ctypes.data % HUGE_PAGE :]
        taken, _free[0] = _free[0][:size], _free[0][room:]
    return taken.view(dtype)
