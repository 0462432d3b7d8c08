"""Where buffers come from: blocks large enough for the system to hold them in huge pages.

A step walks over many buffers at once, often with long strides; in pages of 4 KB each of these would be looked up in
the page tables again and again. NumPy asks for huge pages for arrays of 4 MB or more.
"""

import threading

import numpy as np

BLOCK, PAGE, LINE = 1 << 23, 1 << 21, 64  # bytes of a block, of a huge page, of a cache line
_lock = threading.Lock()
_free = [np.empty(0, np.uint8)]  # what is left of the last block


def aligned_zeros(n: int, dtype: type = np.float32) -> np.ndarray:
    """(n,) zeros that start at a multiple of 64 bytes."""
    size = n * np.dtype(dtype).itemsize
    room = -(-size // LINE) * LINE
    with _lock:
        if room > len(_free[0]):
            block = np.zeros(max(BLOCK, room) + PAGE, np.uint8)
            _free[0] = block[-block.ctypes.data % PAGE :]
        taken, _free[0] = _free[0][:size], _free[0][room:]
    return taken.view(dtype)
