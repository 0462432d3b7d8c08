"""Nothing is timed that computes something else: the loss and all gradients of one batch agree with chainrule's."""

from collections.abc import Mapping

import numpy as np

# |a - b| / |b| of each array. Two equal inputs of a max-pool, in float32 nearly so, may choose different winners,
# which alone moves a convolution's gradient by 3e-3; bfloat16 has 8 bits and moves many more. A gradient
# that has nothing to do with it differs by 1.4, the square root of 2.
TOLERANCE = {"float32": 1e-2, "bfloat16": 2e-1}
LOSS_TOLERANCE = {"float32": 1e-5, "bfloat16": 1e-2}


class Disagreement(Exception):
    """A rival's result is not chainrule's."""


def differences(ours: Mapping[str, np.ndarray], theirs: Mapping[str, np.ndarray]) -> dict[str, float]:
    """By name, the relative difference in norm; Disagreement where names or shapes differ."""
    if ours.keys() != theirs.keys():
        raise Disagreement(f"it computed {', '.join(theirs)}, chainrule {', '.join(ours)}")
    found = {}
    for name, a in ours.items():
        b = theirs[name]
        if a.shape != b.shape:
            raise Disagreement(f"{name} has shape {b.shape}, chainrule's has {a.shape}")
        a, b = a.astype(np.float64), b.astype(np.float64)
        found[name] = float(np.linalg.norm(a - b) / (np.linalg.norm(a) or 1.0))
    return found


def validate(
    ours: Mapping[str, np.ndarray], theirs: Mapping[str, np.ndarray], configuration: str, depth: float = 1.0
) -> float:
    """The largest relative difference of the gradients (or outputs); Disagreement where one is too large.

    depth : so many times more may gradients differ, in a network that lets rounding grow from layer to layer
    """
    precision = "bfloat16" if "bfloat16" in configuration else "float32"
    found = differences(ours, theirs)
    for name, difference in found.items():
        limit = LOSS_TOLERANCE[precision] if name == "loss" else depth * TOLERANCE[precision]
        if not difference <= limit:
            raise Disagreement(f"{name} differs by {difference:.1e}, more than {limit:g}")
    return max(difference for name, difference in found.items() if name != "loss")
