"""Arrays: how an error describes one, and views that nobody can write to."""

from typing import Any

import numpy as np


def described(a: Any) -> str:
    """An array's type and shape, or what it is instead."""
    if isinstance(a, np.ndarray):
        return f"{a.dtype} of shape {a.shape}"
    return "nothing" if a is None else f"a {type(a).__name__}"


def read_only(a: np.ndarray) -> np.ndarray:
    """A view that cannot be written to."""
    view = a.view()
    view.flags.writeable = False
    return view
