"""Safetensors files that are not what they should be: a line, at once, and no memory."""

import json
import resource
import struct
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import SafetensorError, safe_open
from safetensors.numpy import load_file, save, save_file
from safetensors.torch import save as save_torch

import chainrule
from chainrule import Linear, ModelError, Network
from chainrule.exchange import from_pytorch
from chainrule.exchange.tensor_file import MOST_HEADER, tensor_file
from odd_files import ODD_FILES, put_odd_file


def file_of(header: bytes | dict, data: bytes = b"", length: int | None = None) -> bytes:
    """A file with that header, which may say another length than it has."""
    text = json.dumps(header).encode() if isinstance(header, dict) else header
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def entry(shape=(2,), begin=0, end=8, dtype: object = "F32") -> dict:
    return {"dtype": dtype, "shape": list(shape), "data_offsets": [begin, end]}


A = entry()
BIG = "9" * 30
CRAFTED = {
    "nothing": b"",
    "a byte": b"\0",
    "seven bytes": bytes(7),
    "no header": bytes(8),
    "a header of 2**63 bytes": file_of(b"{}", length=2**63),
    "of 2**64 - 1": file_of(b"{}", length=2**64 - 1),
    "of 100 MB that are not there": file_of(b"{}", length=100_000_000),
    "one byte longer than it is": file_of({"a": A}, bytes(8), len(json.dumps({"a": A})) + 9),
    "one byte shorter": file_of({"a": A}, bytes(8), len(json.dumps({"a": A})) - 1),
    "no JSON": file_of(b"{a: 1}"),
    "half": file_of(b'{"a":'),
    "a list": file_of(b"[]"),
    "a number": file_of(b"12"),
    "null": file_of(b"null"),
    "spaces": file_of(b"   "),
    "a space before": file_of(b" {}"),
    "text behind": file_of(b"{} x"),
    "two tables": file_of(b"{}{}"),
    "not UTF-8": file_of(b'{"\xff": 1}'),
    "UTF-16": file_of("{}".encode("utf-16")),
    "half a character": file_of(b'{"\\ud800": {"dtype":"F32","shape":[0],"data_offsets":[0,0]}}'),
    "a zero byte": file_of(b'{"a\0": 1}'),
    "tables in one another": file_of(b'{"a":' * 1000 + b"1" + b"}" * 1000),
    "lists in one another": file_of(b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
    "a number of 5,000 digits": file_of(b'{"a": {"dtype":"F32","shape":[' + b"9" * 5000 + b'],"data_offsets":[0,8]}}'),
    "many values": file_of(b'{"a": [' + b"[]," * 200_000 + b"[]]}"),
    "many tensors": file_of({f"t{k}": entry((0,), 0, 0) for k in range(10_001)}),
    "a tensor that is text": file_of({"a": "F32"}),
    "null for one": file_of({"a": None}),
    "a list for one": file_of({"a": [1]}),
    "no dtype": file_of({"a": {"shape": [2], "data_offsets": [0, 8]}}, bytes(8)),
    "no shape": file_of({"a": {"dtype": "F32", "data_offsets": [0, 8]}}, bytes(8)),
    "no offsets": file_of({"a": {"dtype": "F32", "shape": [2]}}, bytes(8)),
    "something more": file_of({"a": {**A, "more": 1}}, bytes(8)),
    "a dtype that there is not": file_of({"a": entry(dtype="F31")}, bytes(8)),
    "an object's dtype": file_of({"a": entry(dtype="O")}, bytes(8)),
    "a long dtype": file_of({"a": entry(dtype="F" * 1000)}, bytes(8)),
    "a number for a dtype": file_of({"a": entry(dtype=32)}, bytes(8)),
    "a shape that is a number": file_of({"a": A | {"shape": 2}}, bytes(8)),
    "a negative side": file_of({"a": entry((-2,))}, bytes(8)),
    "half a side": file_of({"a": entry((2.5,))}, bytes(8)),
    "true for a side": file_of({"a": entry((True, 2))}, bytes(8)),
    "text for a side": file_of({"a": entry(("2",))}, bytes(8)),
    "a product that overflows": file_of({"a": entry((2**32, 2**32, 2))}, bytes(8)),
    "a product that overflows to the right size": file_of({"a": entry((2**62 + 1, 4, 2), 0, 32)}, bytes(32)),
    "sides of 2**63": file_of({"a": entry((2**63,))}, bytes(8)),
    "1,000 axes": file_of({"a": entry((1,) * 1000, 0, 4)}, bytes(4)),
    "offsets that are a number": file_of({"a": A | {"data_offsets": 8}}, bytes(8)),
    "one offset": file_of({"a": A | {"data_offsets": [8]}}, bytes(8)),
    "three offsets": file_of({"a": A | {"data_offsets": [0, 4, 8]}}, bytes(8)),
    "negative offsets": file_of({"a": entry(begin=-8, end=0)}, bytes(8)),
    "offsets that go back": file_of({"a": entry(begin=8, end=0)}, bytes(8)),
    "offsets of 30 digits": file_of(
        f'{{"a":{{"dtype":"F32","shape":[2],"data_offsets":[0,{BIG}]}}}}'.encode(), bytes(8)
    ),
    "offsets beyond the end": file_of({"a": entry((4,), 0, 16)}, bytes(8)),
    "a gap before": file_of({"a": entry(begin=4, end=12)}, bytes(12)),
    "a gap between": file_of({"a": A, "b": entry(begin=12, end=20)}, bytes(20)),
    "bytes behind": file_of({"a": A}, bytes(9)),
    "an overlap": file_of({"a": A, "b": entry(begin=4, end=12)}, bytes(12)),
    "the same place twice": file_of({"a": A, "b": A}, bytes(8)),
    "too few bytes for its shape": file_of({"a": entry((3,))}, bytes(8)),
    "too many": file_of({"a": entry((1,))}, bytes(8)),
    "half a byte": file_of({"a": entry((3,), 0, 1, "F4")}, bytes(1)),
    "the same name twice": file_of(f'{{"a":{json.dumps(A)},"a":{json.dumps(A)}}}'.encode(), bytes(8)),
    "a value twice in one": file_of(b'{"a":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}}', bytes(8)),
    "metadata that are a list": file_of({"__metadata__": []}),
    "metadata that are numbers": file_of({"__metadata__": {"format": 1}}),
    "metadata in metadata": file_of({"__metadata__": {"format": {}}}),
    "nothing of ours": file_of({"__metadata__": {"format": "pt"}}),
    "no metadata": file_of({"a": A}, bytes(8)),
}


@pytest.fixture(autouse=True)
def little_memory():
    """No test here takes more than 64 MiB of it."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    yield
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 << 10


@pytest.mark.parametrize("name", CRAFTED)
def test_a_crafted_header_is_refused_in_one_line(name, tmp_path):
    path = tmp_path / "m"
    path.write_bytes(CRAFTED[name])
    for read in (chainrule.load, lambda path: from_pytorch(path, Network([Linear(2)], 3))):
        with pytest.raises(ModelError) as refused:
            read(path)
        assert str(refused.value).startswith(f"{path}: ")
        assert len(str(refused.value).splitlines()) == 1
        assert len(str(refused.value)) < 1000


def test_a_header_is_of_a_stated_size(tmp_path):
    path = tmp_path / "m"
    with path.open("wb") as file:
        file.write(struct.pack("<Q", MOST_HEADER + 1) + b"{")
        file.truncate(200_000_000)
    with pytest.raises(ModelError, match="its header has 16,777,217 bytes; expected at most 16,777,216"):
        chainrule.load(path)


def test_a_file_of_10_gigabytes_that_holds_nothing_is_not_read(tmp_path):
    header = file_of({"__metadata__": {"format": "pt"}, "fc1.w": entry((5 * 2**29,), 0, 10 * 2**30)})
    path = tmp_path / "m"
    with path.open("wb") as file:
        file.write(header)
        file.truncate(len(header) + 10 * 2**30)
    for read in (chainrule.load, lambda path: from_pytorch(path, Network([Linear(2)], 3))):
        with pytest.raises(ModelError):
            read(path)
    network = Network([Linear(2)], 3)
    network.save(tmp_path / "good")
    with safe_open(tmp_path / "good", framework="numpy") as file:
        metadata = file.metadata()
    header = file_of({"__metadata__": metadata, "fc1.w": entry((5 * 2**29,), 0, 10 * 2**30)})
    with path.open("wb") as file:
        file.write(header)
        file.truncate(len(header) + 10 * 2**30)
    with pytest.raises(
        ModelError, match=r"fc1.w is float32 of shape \(2684354560,\); expected float32 of shape \(2, 3\)"
    ):
        chainrule.load(path)


def test_what_the_library_writes_is_read(tmp_path):
    rng = np.random.default_rng(0)
    arrays = {
        f"{kind}.{k}": rng.integers(0, 2, shape).astype(kind)
        for kind in ("bool", "int8", "uint8", "int16", "int64", "uint64", "float16", "float32", "float64", "complex64")
        for k, shape in enumerate([(), (0,), (3,), (2, 1, 4)])
    }
    path = tmp_path / "m"
    save_file(arrays, path, {"ä\n": "日本語 \x1b"})
    with tensor_file(path) as file:
        assert dict(file.metadata) == {"ä\n": "日本語 \x1b"}
        assert file.tensors.keys() == arrays.keys()
        for name, array in arrays.items():
            read = file.read(name)
            assert (read.dtype, read.shape, read.tobytes()) == (array.dtype, array.shape, array.tobytes())


def test_types_that_numpy_has_not_have_the_bytes_that_they_have(tmp_path):
    kinds = torch.bfloat16, torch.float8_e4m3fn, torch.float8_e5m2
    (tmp_path / "m").write_bytes(save_torch({str(kind): torch.zeros(3, dtype=kind) for kind in kinds}))
    with tensor_file(tmp_path / "m") as file:
        assert {stored.type for stored in file.tensors.values()} == {"BF16", "F8_E4M3", "F8_E5M2"}


def test_what_is_read_here_the_library_reads_too(tmp_path):
    """Flipped bits: never is a file taken that the library refuses."""
    good, path, taken = save({"a": np.arange(3.0), "b": np.zeros((2, 2), np.int32)}, {"k": "v"}), tmp_path / "m", 0
    for k in range(0, 8 * len(good), 3):
        path.write_bytes(good[: k // 8] + bytes([good[k // 8] ^ 1 << k % 8]) + good[k // 8 + 1 :])
        try:
            with tensor_file(path) as file:
                found = {name: file.read(name).tobytes() for name, each in file.tensors.items() if each.type != "BF16"}
        except (ModelError, TypeError):
            continue
        try:
            library = {name: array.tobytes() for name, array in load_file(path).items()}
        except SafetensorError as error:
            pytest.fail(f"bit {k}: {error}")
        assert found == library
        taken += 1
    assert taken > 100


@pytest.mark.parametrize("kind", ODD_FILES)
def test_what_is_no_model_is_one_line_and_waits_for_nobody(kind, tmp_path):
    put_odd_file(kind, tmp_path / "m")
    refuses(tmp_path / "m")


@pytest.mark.parametrize("name", ["nothing", "a zero byte\0", "x" * 300, "/dev/zero"], ids=lambda name: name[:20])
def test_a_path_of_no_file_is_told_in_one_line(name, tmp_path):
    refuses(tmp_path / name)


def refuses(path: Path) -> None:
    with pytest.raises(ModelError) as refused:
        chainrule.load(path)
    assert str(refused.value).startswith(str(path).replace("\0", "\\x00"))
    assert len(str(refused.value).splitlines()) == 1
