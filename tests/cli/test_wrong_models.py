"""Model files with a right SHA-256 and something else wrong, and other files given as models: refused in one line."""

import gzip
import io
import json
import os
import pickle
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torture.models import Parts, put, small_model

import chainrule
from chainrule import Linear, ModelError, Network
from chainrule.cli.models import opened_model
from chainrule.exchange import from_pytorch
from chainrule.exchange.model_file import load_checkpoint


@pytest.fixture(scope="module")
def good(tmp_path_factory) -> bytes:
    return small_model(tmp_path_factory.mktemp("model") / "m")


def made(good: bytes, path: Path, changes: dict[str, Any] | None = None, **tensors: Any) -> Path:
    """The model with other values, by their places as in "state.epoch", and other tensors (None: none)."""
    parts = Parts(good, path)
    for place, value in (changes or {}).items():
        key, *steps = place.split(".")
        steps = [int(step) if step.isdigit() else step for step in steps]
        parts.tables[key] = put(parts.tables[key], tuple(steps), value)
    parts.tensors = {name: array for name, array in (parts.tensors | tensors).items() if array is not None}
    path.write_bytes(parts.content())
    return path


COLUMN = {"name": "a", "lowest": 1.0, "highest": 0.0, "mean": 0.0, "deviation": 1.0}
CONTENTS = {
    "configuration": (None, [], 3, "a"),
    "configuration.name": (3, [], {}),
    "configuration.classes": (3, "no", [], [1, 2], ["no"], ["no", "no"], ["a", "b", "c"], [["no"], ["yes"]]),
    "configuration.training": (3, [], "sgd"),
    "configuration.training.optimizer": (3, {}, {"type": "none"}, {"type": "SGD"}, {"type": "Adam", "lr": "a"}),
    "configuration.training.optimizer.lr": (-1, "a", None, float("inf"), True),
    "configuration.training.epochs": (-1, "a", 1.5),
    "configuration.target": (3, [], {}),
    "configuration.fingerprints": (3, [], {"train": 3}),
    "state": (None, [], 3),
    "state.dtype": ("float16", "O", "f4,f4", None, 3),
    "state.epoch": (-1, 1.5, "a", None, 10**18, 10**30, True),
    "state.step": (-1, 1.5, "a", None, 10**30, 0),
    "state.slots": (-1, 1, 3, 9, 10**9, "a"),
    "state.listeners": (3, [], {"a": 3}),
    "state.listeners.EarlyStopping": ({}, {"best": 1}, [], 3),
    "state.listeners.EarlyStopping.best": ("a", None, [], True),
    "state.listeners.EarlyStopping.best_epoch": (-1, 0.5, "a", None),
    "state.listeners.EarlyStopping.waited": (-1, {}, 10**30),
    "schema": (None, [], 3, {}),
    "schema.inputs.count": (0, -3, 4, 10**18, "3", True),
    "schema.inputs.columns": (3, [COLUMN], [{}], [3]),
    "schema.inputs.columns.0": (COLUMN | {"name": "b"}, COLUMN, {}),
    "schema.inputs.columns.0.deviation": (-1, "a", float("inf")),
    "schema.answers": ({}, {"columns": []}, {"columns": [COLUMN]}, 3),
    "schema.answers.names": ([], ["no"], ["no", "no"], ["a", "b", "c"], [1, 2], "no"),
    "schema.answers.temperature": (0, -1, 1e400, "a", None, False),
    "network": (None, [], 3, {}),
    "network.input_shape": ([], [0], [-3], [4], [3, 1], ["3"], [10**18], 3, None, [1] * 1000),
    "network.layers": ([], 3, [3], [[]], {"type": "ReLU"}, [{"type": "ReLU"}] * 20_000),
    "network.layers.0.out_features": (0, 10**18, 10**12, 2**31, 1.5, "2", True, None),
    "network.layers.2.p": (1, -0.5, "a", [], 10**400),
    "network.loss": (3, [], "none", {"type": "SquaredError", "mean": []}, {"type": "SquaredError", "std": 0}),
}


@pytest.mark.parametrize("place", CONTENTS)
def test_a_value_that_cannot_be_is_refused(good, tmp_path, place):
    for value in CONTENTS[place]:
        path = made(good, tmp_path / "m", {place: value})
        with pytest.raises(ModelError) as refused:
            opened_model(path)
        assert str(refused.value).startswith(f"{path}: ")
        assert len(str(refused.value).splitlines()) == 1


W = np.arange(6, dtype=np.float32).reshape(2, 3)


@pytest.mark.parametrize(
    "wrong",
    [
        None, W[:1], W[:, :1], W.reshape(6), W.reshape(2, 3, 1), W.reshape(1, 2, 3), W.T.copy(), W[0, 0].reshape(1),
        W[:0], W.astype(np.float64), W.astype(np.float16), W.astype(np.int32), W.astype(np.uint8), W > 0,
        W.astype(np.complex64),
        W * np.float32(np.nan), W + np.float32(np.inf), W - np.float32(np.inf),
    ],
    ids=lambda each: "none" if each is None else f"{each.dtype}{each.shape}",
)  # fmt: skip
@pytest.mark.parametrize("name", ["fc1.w", "optimizer.0", "EarlyStopping.w", "schema.directions"])
def test_a_tensor_that_does_not_fit_is_refused(good, tmp_path, name, wrong):
    parts = Parts(good, tmp_path / "m")
    if wrong is not None and name != "fc1.w":  # of the right shape, where only its numbers or its type are wrong
        there = parts.tensors[name]
        if wrong.shape == W.shape:
            with np.errstate(invalid="ignore"):
                there = np.resize(np.ones(3, wrong.dtype) if np.isfinite(wrong).all() else wrong, there.shape)
            if there.dtype == np.float32 and np.isfinite(there).all():
                return
            wrong = there.astype(wrong.dtype)
    path = made(good, tmp_path / "m", changes=None, **{name: wrong})
    if name == "EarlyStopping.w" and wrong is None:  # it may remember none
        assert "w" not in load_checkpoint(path).memories["EarlyStopping"]
        return
    with pytest.raises(ModelError) as refused:
        load_checkpoint(path)
    assert str(refused.value).startswith(f"{path}: ")
    assert name in str(refused.value)


@pytest.mark.parametrize("name", ["more", "fc3.w", "\x1b[31m", "a\n", "optimizer.2", "last.x", "schema.more", ""])
def test_a_tensor_that_is_left_over_is_refused(good, tmp_path, name):
    path = made(good, tmp_path / "m", changes=None, **{name: W})
    with pytest.raises(ModelError, match=r"there is a tensor .*; expected only those of the network and its training"):
        chainrule.load(path)


def test_what_is_negative_and_cannot_be_is_refused(good, tmp_path):
    parts = Parts(good, tmp_path / "m")
    for name in ("schema.variances", "schema.scale", "schema.bounds"):
        path = made(good, tmp_path / "m", changes=None, **{name: -abs(parts.tensors[name]) - 1})
        with pytest.raises(ModelError, match=rf"{name} holds .*; expected numbers above 0"):
            chainrule.load(path)


def test_every_command_refuses_it_with_4(good, tmp_path, cli):
    made(good, tmp_path / "m", {"schema.answers.temperature": 0})
    for line in (
        ("info", "--model", "m"),
        ("info", "--model", "m", "--plan"),
        ("evaluate", "m"),
        ("predict", "m", "x.csv"),
        ("export", "m", "--pytorch", "s.safetensors"),
        ("export", "m", "--onnx", "s.onnx"),
    ):
        ran = cli(*line)
        assert (ran.code, ran.out) == (4, "")
        expected = "expected a number above 0"
        assert ran.err == f"chainrule: m: schema.answers.temperature is 0; {expected}\n"


class Dangerous:
    """What a pickle may do."""

    def __reduce__(self) -> Any:
        return os.system, ("touch loaded",)


def zipped(name: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, "{}")
    return file.getvalue()


def torched(**how: Any) -> bytes:
    file = io.BytesIO()
    torch.save({"a": torch.zeros(2)}, file, **how)
    return file.getvalue()


def saved(write: Any, *given: Any) -> bytes:
    file = io.BytesIO()
    write(file, *given)
    return file.getvalue()


IMPORT = "use chainrule import"
OTHERS = {
    **{f"a pickle, {n}": (pickle.dumps(Dangerous(), n), "is a pickle of Python objects", IMPORT) for n in range(2, 6)},
    "an old pickle": (pickle.dumps(Dangerous(), 0), "is a text file", "expected a model"),
    "torch.save": (torched(), "is a PyTorch file (torch.save)", IMPORT),
    "an old torch.save": (torched(_use_new_zipfile_serialization=False), "is a PyTorch file", IMPORT),
    "Keras": (zipped("model.weights.h5"), "is a Keras model", "expected a model"),
    "HDF5": (b"\x89HDF\r\n\x1a\n" + bytes(99), "is an HDF5 file", "expected a model"),
    "joblib": (zlib.compress(pickle.dumps(Dangerous())), "is a file compressed by zlib", "expected a model"),
    "ONNX": (b"\x08\x08\x12\x07pytorch" + bytes(20), "is an ONNX model", "expected a model"),
    "GGUF": (b"GGUF" + bytes(20), "is a GGUF model", "expected a model"),
    "npz": (saved(np.savez, np.zeros(2)), "is a file of NumPy's arrays (.npz)", "expected a model"),
    "npy": (saved(np.save, np.zeros(2)), "is an array of NumPy (.npy)", "expected a model"),
    "text": (b"some text, nothing else\n", "is a text file", "expected a model"),
    "JSON": (json.dumps({"a": 1}).encode(), "is a JSON file", "expected a model"),
    "gzip": (gzip.compress(b"a"), "is a file compressed by gzip", "unpack it"),
    "PDF": (b"%PDF-1.7\n%\xe2\xe3\n", "is a PDF", ""),
    "ELF": (b"\x7fELF\2\1\1" + bytes(40), "is a program", "expected a model"),
    "a zip": (zipped("a.txt"), "is a zip archive", "unpack it"),
    "a pointer": (b"version https://git-lfs.github.com/spec/v1\n", "is a Git LFS pointer", "git lfs pull"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_other_files_are_told_by_their_first_bytes_and_never_loaded(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    content, what, way = OTHERS[name]
    path = tmp_path / "model.safetensors"
    path.write_bytes(content)
    for read in (chainrule.load, lambda path: from_pytorch(path, Network([Linear(2)], 3))):
        with pytest.raises(ModelError) as refused:
            read(path)
        assert str(refused.value).startswith(f"{path}: {what}")
        assert way in str(refused.value)
    assert [each.name for each in tmp_path.iterdir()] == ["model.safetensors"]


def test_nothing_of_a_users_is_unpickled():
    """pickle is imported for kernels alone, which have a checksum and lie in a folder of the user's own."""
    source = Path(chainrule.__file__).parent
    loading = "pickle.load", "torch.load(", "joblib.load", "allow_pickle=True", "marshal.load", "eval(", "exec("
    found = {
        (path.name, word)
        for path in source.rglob("*.py")
        for word in loading
        if word in path.read_text(encoding="utf-8").replace("Image.eval(", "")
    }
    assert found == {("kernel_cache.py", "pickle.load")}
