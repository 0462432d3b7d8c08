"""What X may be: rows of features or images (n, channels, height, width), in float32 or float64; images also in bytes.

scikit-learn looks at rows, so images become rows first, and the network makes images of them again. Bytes stay bytes:
the compiled engine scales them as it reads them. Every other type becomes float64.
"""

from math import prod
from typing import Any

import numpy as np
from sklearn.utils.validation import _check_sample_weight

from chainrule.base.arguments import as_real, in_a_row
from chainrule.base.arrays import as_numbers, is_masked
from chainrule.base.errors import DataError, UsageError
from chainrule.base.numbers import is_whole
from chainrule.base.showing import short
from chainrule.layers.layer import Shape
from chainrule.network.scaling import Scaling
from chainrule.tasks.presets import DIGIT_SHAPE, preset


def checked(name: str, values: Any, refused: str = "mMV") -> Any:
    """The values; DataError for masked ones, and types of a `refused` kind: scikit-learn would take their numbers."""
    if is_masked(values):
        raise DataError(f"{name} has masked values; expected none missing")
    dtype = getattr(values, "dtype", None)
    if isinstance(dtype, np.dtype) and dtype.kind in refused:
        raise DataError(f"{name} holds {dtype}; expected numbers")
    if isinstance(values, np.ndarray) and not values.dtype.isnative:
        return values.astype(values.dtype.newbyteorder("="))  # else it would be of a type that is not known
    return values


def weights_of(sample_weight: Any, x: Any) -> np.ndarray:
    """(n,) float64 the weight of each sample of x, none negative; all the same for a number, 1 for None."""
    if sample_weight is not None and as_real(sample_weight) is None:
        sample_weight = checked("sample_weight", as_numbers(sample_weight, "sample_weight"))
    return _check_sample_weight(sample_weight, x, dtype=np.float64, ensure_non_negative=True)


def as_rows(X: Any) -> tuple[Any, Shape | None]:
    """Images as rows, and the shape of one; anything else as it is."""
    if getattr(X, "ndim", 2) != 4:
        return X, None
    X = np.asarray(X)
    return X.reshape(len(X), prod(X.shape[1:])), X.shape[1:]


def sample_shape(layers: Any, image_shape: Any, given: Shape | None, features: int) -> Shape:
    """The shape of one sample: that of the images `given`, or `image_shape`, or a digit's for a preset, or a row's."""
    if image_shape is None:
        if not isinstance(layers, str):
            return given or (features,)
        return preset(layers).shape_for(given or (DIGIT_SHAPE if features == prod(DIGIT_SHAPE) else (features,)))
    if not in_a_row(image_shape) or not all(is_whole(n, 1) for n in image_shape):
        raise UsageError(f"image_shape is {short(image_shape)}; expected (channels, height, width)")
    shape = tuple(map(int, image_shape))
    if len(shape) != 3 or prod(shape) != features or given not in (None, shape):
        found = f"images {given}" if given else f"{features} features"
        raise DataError(f"X has {found}, but image_shape is {image_shape}; expected the (channels, height, width) of X")
    return shape


def check_images(given: Shape | None, shape: Shape) -> None:
    """DataError if these are images of another shape than a fitted network's."""
    if given not in (None, shape, (1, *shape)):
        raise DataError(f"X has images {given}; expected {shape}, as fit was given")


def scaled(x: np.ndarray, scaling: Scaling) -> np.ndarray:
    """What a network makes of bytes, of their values in another type."""
    return ((x / 255 - scaling.mean) / scaling.std).astype(np.float32)
