"""The instruction set that kernels are compiled for: how wide a vector is, and how many registers hold one."""

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
REGISTERS = 32 if LANES in (16, 4) else 16
ISA = {16: "AVX-512", 8: "AVX2", 4: "128-bit vectors"}[LANES]
HAS_FMA = bool(FEATURES & {"fma", "avx512f", "neon"})


def padded(n: int) -> int:
    """n rounded up to whole vectors."""
    return -(-n // LANES) * LANES
