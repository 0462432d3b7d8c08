"""Hashes of vectors, by which two runs are compared."""

import hashlib

import numpy as np


def sha256_of(*vectors: np.ndarray | None) -> str:
    """64 hexadecimal digits: the SHA-256 of vectors' bytes, little-endian, one behind the other."""
    digest = hashlib.sha256()
    for vector in vectors:
        if vector is not None:
            digest.update(np.ascontiguousarray(vector.astype(vector.dtype.newbyteorder("<"), copy=False)).data)
    return digest.hexdigest()


def weights_hash(*vectors: np.ndarray | None) -> str:
    """The first 16 of them; of w and then statistics, in canonical order, as runs record them."""
    return sha256_of(*vectors)[:16]
