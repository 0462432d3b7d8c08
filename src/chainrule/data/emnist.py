"""EMNIST, whose files hold each image with rows and columns exchanged."""

from pathlib import Path

import numpy as np

from chainrule.base.errors import warn


def upright(images: np.ndarray, path: str | Path) -> np.ndarray:
    """Images (n, c, i, j) of a file: if it is EMNIST's, by its name, turned upright, which is said."""
    if not Path(path).name.lower().startswith("emnist"):
        return images
    warn(f"{path}: rows and columns are exchanged in EMNIST's images, which are turned upright")
    return np.ascontiguousarray(images.swapaxes(2, 3))
