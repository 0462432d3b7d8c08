"""A fingerprint of a data set: SHA-256 over all that a training sees of it, wherever it lies."""

import hashlib
import json

from chainrule.data.chunks import chunks
from chainrule.data.dataset import Dataset


def fingerprint(data: Dataset) -> str:
    """64 hexadecimal digits, of x, t and the weights, with their types and shapes, and of all names."""
    digest = hashlib.sha256()
    digest.update(json.dumps([data.classes, data.columns, data.target, data.white]).encode())
    for array in (data.x, data.t, data.sample_weight):
        if array is None:
            digest.update(b"none")
            continue
        digest.update(f"{array.dtype.str} {array.shape}".encode())
        for part in chunks(array):
            digest.update(array[part].tobytes())
    return digest.hexdigest()
