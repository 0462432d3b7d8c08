"""What a file is, by its first bytes; and that every reader says it of what it cannot read."""

import gzip
import io
import pickle
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import chainrule as cr
from chainrule.base.errors import ChainruleError
from chainrule.data.file_kinds import kind_of, kind_of_file, no_model
from chainrule.exchange.onnx_file import onnx_model

PAGE = b"\n<!DOCTYPE html>\n<html><body>Not Found</body></html>"
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"


def zipped(*names: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in names:
            archive.writestr(name, "content")
    return file.getvalue()


def tarred() -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("a.csv"))
    return file.getvalue()


def written(write: Any, *arguments: Any, **options: Any) -> bytes:
    file = io.BytesIO()
    write(*arguments, file, **options)
    return file.getvalue()


def arrays(save: Any, **given: Any) -> bytes:
    file = io.BytesIO()
    save(file, **given)
    return file.getvalue()


ONNX = onnx_model(cr.Network([cr.Linear(2)], 3)).SerializeToString()
TENSOR = {"fc.weight": torch.zeros(2, 3)}
FILES = {
    "a web page": PAGE,
    "a web page, not": b"\xef\xbb\xbf<!-- saved --> <HTML>",
    "a Git LFS pointer": POINTER,
    "a zip archive": zipped("train.csv"),
    "a tar archive": tarred(),
    "a tar archive, compressed by gzip": gzip.compress(tarred()),
    "a file compressed by gzip": gzip.compress(b"a,b\n"),
    "a PDF": b"%PDF-1.7\n",
    "an Excel file": zipped("[Content_Types].xml", "xl/workbook.xml"),
    "an old Office document": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500),
    "a pickle": pickle.dumps({"x": [1, 2]}),
    "a PyTorch file": written(torch.save, TENSOR),
    "a PyTorch file (torch.save)": written(torch.save, TENSOR, _use_new_zipfile_serialization=False),
    "an ONNX model": ONNX,
    "a JSON file": b'{"x": [1, 2]}',
    "a Jupyter notebook": b'{\n "cells": []}',
    "an HDF5 file": b"\x89HDF\r\n\x1a\n" + bytes(8),
    "an ARFF file": b"@RELATION iris\n",
    "a file of R's, compressed": gzip.compress(b"RDX3\nX\n"),
    "a Parquet file": b"PAR1" + bytes(8),
    "a file of NumPy's arrays": arrays(np.savez, x=np.zeros(3)),
    "an array of NumPy": arrays(np.save, arr=np.zeros(3)),
    "a picture (PNG)": written(lambda file: Image.new("L", (2, 2)).save(file, "PNG")),
    "a HEIC picture": b"\0\0\0\x18ftypheic",
    "an IDX file": bytes([0, 0, 8, 3]) + bytes(12),
    "a safetensors file": (64).to_bytes(8, "little") + b'{"w":{}}',
}


@pytest.mark.parametrize(("name", "content"), FILES.items(), ids=FILES)
def test_every_kind_is_told_by_its_content(name: str, content: bytes) -> None:
    found = kind_of(content[:4096])
    assert found is not None
    assert found.startswith(name)
    assert "; " in found


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", b"5.1 3.5 setosa\n", b"0,1\n", b"\xff\xfea\0", b"x" * 5000])
def test_a_table_is_nothing_strange(content: bytes) -> None:
    assert kind_of(content) is None


def test_a_file_that_cannot_be_read_has_no_kind(tmp_path: Path) -> None:
    assert kind_of_file(tmp_path) is None
    assert kind_of_file(tmp_path / "nothing") is None
    assert kind_of_file("a\0b") is None


def as_idx(path: Path) -> object:
    return cr.data.read_idx(path)


def as_picture(path: Path) -> object:
    return cr.data.read_digit(path)


def as_pytorch(path: Path) -> object:
    return cr.exchange.from_pytorch(path, cr.Network([cr.Linear(2)], 3))


READERS = {
    "table": (cr.data.read_data, "t.csv"),
    "table of numbers": (cr.data.read_csv, "t.csv"),
    "arrays": (cr.data.read_data, "t.npz"),
    "data": (cr.data.read_data, "t.bin"),
    "idx": (as_idx, "train-images-idx3-ubyte"),
    "picture": (as_picture, "7.png"),
    "model": (cr.load, "model.safetensors"),
    "tensors": (as_pytorch, "weights.safetensors"),
}


@pytest.mark.parametrize(("read", "name"), READERS.values(), ids=READERS)
@pytest.mark.parametrize("kind", ["a web page", "a Git LFS pointer", "a tar archive", "a PDF", "a pickle"])
def test_whoever_cannot_read_a_file_says_what_it_is(read: Any, name: str, kind: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(FILES[kind])
    with pytest.raises(ChainruleError) as raised:
        read(path)
    what = no_model(path) if read in (cr.load, as_pytorch) else kind_of(FILES[kind])
    assert str(raised.value) == f"{path}: is {what}"
    assert raised.value.exit_code == 4
