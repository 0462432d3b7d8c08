"""scikit-learn's small data sets, as arrays."""

from typing import Any

import numpy as np
from sklearn.datasets import load_diabetes, load_digits, load_iris

Data = tuple[np.ndarray, np.ndarray]


def iris() -> Data:
    """150 flowers: (150, 4), and one of 3 classes."""
    return _arrays(load_iris())


def digits() -> Data:
    """1797 images of 8 x 8 pixels: (1797, 64), and one of 10 classes."""
    return _arrays(load_digits())


def diabetes() -> Data:
    """442 patients: (442, 10), and how their disease went on."""
    return _arrays(load_diabetes())


def _arrays(data: Any) -> Data:
    return data.data, data.target
