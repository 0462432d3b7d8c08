"""A few small files of each kind that the readers take, whole and right."""

import gzip
import io
import struct
import tarfile
from typing import Any

import numpy as np
from PIL import Image

PIXELS = (np.arange(12 * 12).reshape(12, 12) * 37 % 251).astype(np.uint8)


def idx(array: np.ndarray, code: int) -> bytes:
    return struct.pack(f">BBBB{array.ndim}I", 0, 0, code, array.ndim, *array.shape) + array.tobytes()


def npy(array: np.ndarray, version: tuple[int, int] = (1, 0)) -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array(file, array, version=version)
    return file.getvalue()


def npz(packed: bool, **arrays: Any) -> bytes:
    file = io.BytesIO()
    (np.savez_compressed if packed else np.savez)(file, **arrays)
    return file.getvalue()


def picture(kind: str, mode: str = "L", **options: Any) -> bytes:
    file = io.BytesIO()
    Image.fromarray(PIXELS).convert(mode).save(file, kind, **options)
    return file.getvalue()


def record(labels: int, label: int) -> bytes:
    """One of CIFAR's."""
    return bytes([*[label // 5] * (labels - 1), label]) + bytes(3072)


def tar(mode: Any, **contents: bytes) -> bytes:
    """An archive of CIFAR's files."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=mode) as archive:
        for name, content in contents.items():
            member = tarfile.TarInfo(f"cifar/{name}.bin")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return file.getvalue()


X, T = np.arange(12.0).reshape(4, 3), np.array([0, 1, 0, 1])

IDX = [
    idx(np.arange(12, dtype=np.uint8).reshape(3, 2, 2), 0x08),
    idx(np.array([0.5, 1e300], ">f8"), 0x0E),
    idx(np.array([[1, -2]], ">i2"), 0x0B),
]
IDX_GZ = [gzip.compress(each, mtime=0) for each in IDX]
ARRAYS_NPY = [
    npy(X),
    npy(np.asfortranarray(X.astype(">f4"))),
    npy(np.array(["a", "bc"])),
    npy(np.array([True, False])),
    npy(T, (2, 0)),
]
ARRAYS_NPZ = [
    npz(False, x=X, t=T),
    npz(True, x=X, t=T),
    npz(True, x_train=X, t_train=np.array(["a", "b", "a", "b"]), x_test=X[:2], t_test=np.array(["a", "b"])),
]
PNG = [picture("PNG"), picture("PNG", "RGBA"), picture("PNG", "P"), picture("PNG", "1"), picture("PNG", "I;16")]
PICTURES = [
    *PNG,
    picture("JPEG"),
    picture("JPEG", "RGB", progressive=True),
    picture("GIF"),
    picture("BMP"),
    picture("BMP", "P"),
    picture("TIFF"),
    picture("TIFF", compression="tiff_lzw"),
    picture("TIFF", "F", compression="tiff_deflate"),
    picture("WEBP", "RGB"),
    picture("WEBP", "RGBA", lossless=True),
    picture("PPM"),
    b"P2 2 2 255\n0 9 80 255\n",
]
RECORDS = [record(1, 7), record(1, 0) + record(1, 9), record(2, 99)]
ARCHIVES = [
    tar("w:gz", data_batch_1=RECORDS[0], test_batch=RECORDS[1]),
    tar("w:gz", train=RECORDS[2]),
    tar("w", data_batch_2=RECORDS[1]),
]
TABLES = [
    b"a,b,y\n1,2.5,0\n3,4,1\n5,6,0\n7,8,1\n",
    b'\xef\xbb\xbf"a b";"y"\n1,5;"no, yes"\n2,5;no\n3,5;no\n',
    "a\ty\n1\té\n2\tä\n".encode("utf-16"),
    b"1 2 3\n4 5 6\n7 8 9\n",
    b"sep=;\nx;t\n1;true\nna;false\n",
    gzip.compress(b"id,x,y\n1,2,0\n2,3,1\n3,4,0\n", mtime=0),
]
