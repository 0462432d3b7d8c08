"""The instruction set that kernels are compiled for, and how many vectors fit its registers.

A vector has 16 lanes, whatever the processor has: one register of AVX-512, two of AVX2, four of NEON or SSE. So each
sum is made in the same order everywhere.
"""

import platform
from typing import Any

import numpy as np
from llvmlite import binding
from numba.core import config

LANES = 16
ARM = platform.machine().lower() in ("aarch64", "arm64")


def cpu_features() -> set[str]:
    """The instruction sets that Numba compiles for: the host's, or those of NUMBA_CPU_FEATURES."""
    features = getattr(config, "CPU_FEATURES", None)  # set by Numba when it is imported
    if features:
        return {name[1:] for name in features.split(",") if name.startswith("+")}
    return {name for name, here in binding.get_host_cpu_features().items() if here}


FEATURES = cpu_features()
ISA, FLOATS = (
    ("AVX-512", 32 * 16) if "avx512f" in FEATURES else
    ("AVX2", 16 * 8) if "avx2" in FEATURES else
    ("NEON", 32 * 4) if ARM else
    ("128-bit vectors", 16 * 4)
)  # fmt: skip
"""Its name, and how many float32 all of its registers hold."""
REGISTERS = FLOATS // LANES  # for a vector of float32 each
HAS_FMA = ARM or bool(FEATURES & {"fma", "avx512f"})  # of ARM's 64 bits it is a part, which no system needs to list


def vectors_in_registers(dtype: Any) -> int:
    """How many vectors of that type the registers hold: a vector of float64 takes two."""
    return REGISTERS * 4 // np.dtype(dtype).itemsize


def tile_widths(dtype: Any) -> tuple[int, ...]:
    """How many vectors wide a register tile of a product may be, the widest first: six rows of them fit the registers,
    beside what they are multiplied by."""
    return {32: (4, 3, 2, 1), 16: (2, 1)}.get(vectors_in_registers(dtype), (1,))


def padded(n: int) -> int:
    """n rounded up to whole vectors."""
    return -(-n // LANES) * LANES
