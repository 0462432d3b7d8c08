"""The instruction set that kernels are compiled for: how long a vector is, and how many fit the registers."""

from typing import Any

import numpy as np
from llvmlite import binding
from numba.core import config


def cpu_features() -> set[str]:
    """The instruction sets that Numba compiles for: the host's, or those of NUMBA_CPU_FEATURES."""
    features = getattr(config, "CPU_FEATURES", None)  # set by Numba when it is imported
    if features:
        return {name[1:] for name in features.split(",") if name.startswith("+")}
    return {name for name, here in binding.get_host_cpu_features().items() if here}


FEATURES = cpu_features()
LANES = 16 if "avx512f" in FEATURES else 8 if "avx2" in FEATURES else 4
REGISTERS = 32 if LANES in (16, 4) else 16  # for a vector of float32 each
ISA = {16: "AVX-512", 8: "AVX2", 4: "128-bit vectors"}[LANES]
HAS_FMA = bool(FEATURES & {"fma", "avx512f", "neon"})


def vectors_in_registers(dtype: Any) -> int:
    """How many vectors of that type the registers hold: a vector of float64 takes two."""
    return REGISTERS * 4 // np.dtype(dtype).itemsize


def tile_widths(dtype: Any) -> tuple[int, ...]:
    """How many vectors wide a register tile of a product may be, the widest first: six rows of them fit the registers,
    beside what they are multiplied by."""
    return {32: (4, 3, 2, 1), 16: (2, 1), 8: (1,)}[vectors_in_registers(dtype)]


def padded(n: int) -> int:
    """n rounded up to whole vectors."""
    return -(-n // LANES) * LANES
