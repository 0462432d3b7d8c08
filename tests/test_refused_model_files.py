"""Files that are no model, damaged, or whose parts do not fit, are refused in one line."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.numpy import load_file, save_file
from safetensors.torch import save_file as save_torch

import chainrule
from chainrule import Dropout, Linear, ModelError, Network, ReLU, SquaredError
from chainrule.exchange.model_file import content_hash
from messages import exactly


@pytest.fixture
def network():
    return Network([Linear(5), ReLU(), Dropout(0.5), Linear(2)], (1, 2, 3), SquaredError(), seed=3)


def test_every_flipped_byte_is_noticed(network, tmp_path):
    path = tmp_path / "m"
    network.save(path)
    good = path.read_bytes()
    for position in range(0, len(good), 7):
        path.write_bytes(good[:position] + bytes([good[position] ^ 1]) + good[position + 1 :])
        with pytest.raises(ModelError) as caught:
            chainrule.load(path)
        assert str(path) in str(caught.value)


@pytest.mark.parametrize("kept", [0, 1, 7, 8, 100, -1])
def test_a_truncated_file_is_refused(network, tmp_path, kept):
    path = tmp_path / "m"
    network.save(path)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(ModelError, match="not a model file, or damaged"):
        chainrule.load(path)


def test_what_is_no_model_is_refused(tmp_path):
    with pytest.raises(ModelError, match="no such file"):
        chainrule.load(tmp_path / "none")
    with pytest.raises(ModelError, match="is a folder"):
        chainrule.load(tmp_path)
    save_file({"a": np.zeros(3)}, tmp_path / "other")
    with pytest.raises(ModelError, match="not a chainrule model"):
        chainrule.load(tmp_path / "other")
    save_file({"a": np.zeros(3)}, tmp_path / "newer", {"format": "chainrule", "version": "99"})
    with pytest.raises(ModelError, match="model format 99; this chainrule reads 1"):
        chainrule.load(tmp_path / "newer")


def rewritten(path: Path, *, state: Any = None, tensors: Any = None, **metadata: Any) -> None:
    """The model file with other tensors (None: none of that name) and metadata, and the checksum that these have."""
    with safe_open(path, framework="numpy") as file:
        found = {key: value for key, value in file.metadata().items() if key != "sha256"}
    found["state"] = json.dumps(json.loads(found["state"]) | (state or {}))
    found |= {key: value if isinstance(value, str) else json.dumps(value) for key, value in metadata.items()}
    arrays = {name: array for name, array in (load_file(path) | (tensors or {})).items() if array is not None}
    save_file(arrays, path, found | {"sha256": content_hash(arrays, found)})


def described(*layers: Any) -> dict[str, Any]:
    return {"input_shape": [1, 2, 3], "loss": "SquaredError", "layers": list(layers)}


def deep(levels: int) -> str:
    """A description so deep, as JSON: it cannot be written by `json`."""
    block = '{"type": "Sequential", "layers": ['
    layers = f'[{block * levels}{{"type": "ReLU"}}{"]}" * levels}]'
    return f'{{"input_shape": [4], "layers": {layers}}}'


B = np.zeros(5, np.float32)
DEEP = "is nested too deep; expected at most 64 levels"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"tensors": {"fc1.b": None}}, "fc1.b is missing; expected float32 of shape (5,)"),
        ({"tensors": {"fc1.b": B[:1]}}, "fc1.b is float32 of shape (1,); expected float32 of shape (5,)"),
        (
            {"tensors": {"fc1.w": np.zeros((), np.float32)}},
            "fc1.w is float32 of shape (); expected float32 of shape (5, 6)",
        ),
        ({"tensors": {"fc1.b": B.astype(int)}}, "fc1.b is int64 of shape (5,); expected float32 of shape (5,)"),
        ({"tensors": {"fc1.b": B > 0}}, "fc1.b is bool of shape (5,); expected float32 of shape (5,)"),
        ({"tensors": {"fc1.b": np.full(5, 1e300)}}, "fc1.b is float64 of shape (5,); expected float32 of shape (5,)"),
        ({"tensors": {"fc1.b": B + np.float32(np.nan)}}, "fc1.b holds nan; expected finite numbers"),
        ({"tensors": {"a\n": B}}, "there is a tensor 'a\\n'; expected only those of the network and its training"),
        ({"tensors": {"last.w": B}}, "last.w is float32 of shape (5,); expected float32 of shape (47,)"),
        (
            {"tensors": {"last.statistics": B}},
            "last.statistics is float32 of shape (5,); expected float32 of shape (0,)",
        ),
        ({"state": {"slots": 1}}, "optimizer.0 is missing; expected float32 of shape (47,)"),
        (
            {"state": {"slots": 1}, "tensors": {"optimizer.0": B}},
            "optimizer.0 is float32 of shape (5,); expected float32 of shape (47,)",
        ),
        *(
            ({"state": {"dtype": name}}, f"state.dtype is {name!r}; expected 'float32' or 'float64'")
            for name in ("int64", "?", "O", "f4,f4", "complex64", None, ["float32"])
        ),
        *(
            ({"state": {name: value}}, f"state.{name} is {value!r}; expected a whole number {within}")
            for name, within in (("slots", "from 0 to 8"), *((n, "of at least 0") for n in ("epoch", "batch", "step")))
            for value in ("a", -1, 1.5, None)
        ),
        ({"state": {"batch": 99}}, "state.batch is 99; expected at most 0, as sums.samples"),
        *(
            ({"state": {"sums": sums}}, f"state.sums{message}")
            for sums, message in (
                ([1], " is [1]; expected a table"),
                ({"a": 1}, " has 'a'; expected only loss, weight, samples, seconds"),
                ({"loss": "a"}, ".loss is 'a'; expected a finite number"),
                ({"loss": np.inf}, ".loss is inf; expected a finite number"),
                ({"weight": True}, ".weight is True; expected a number of at least 0"),
                ({"samples": -1}, ".samples is -1; expected a whole number of at least 0"),
            )
        ),
        ({"state": {"listeners": {"a": 3}}}, "state.listeners.a is 3; expected a table"),
        (
            {"network": "{"},
            "network: no JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)",
        ),
        ({"configuration": []}, "configuration is '[]' in the metadata; expected a table in JSON"),
        ({"network": described() | {"layers": None}}, "layers is None; expected a list"),
        ({"network": described({"type": "Linear"})}, "layer 1: Linear needs out_features"),
        (
            {"network": described({"type": "Linear", "out_features": 10**6})},
            "fc1.w is float32 of shape (5, 6); expected float32 of shape (1000000, 6)",
        ),
        *(
            (
                {"network": described({"type": "Linear", "out_features": n})},
                f"layer 1, Linear({n}), cannot take input (1, 2, 3): its y_shape is ({n},); "
                "expected at most 2,147,483,648 numbers in all",
            )
            for n in (10**12, 10**30)
        ),
        ({"network": deep(400)}, f"network {DEEP}"),
        ({"network": deep(10000)}, f"network {DEEP}"),
    ],
)
def test_a_file_whose_parts_do_not_fit_is_refused(network, tmp_path, changes, message):
    network.save(tmp_path / "m")
    rewritten(tmp_path / "m", **changes)
    with pytest.raises(ModelError, match=exactly(f"{tmp_path / 'm'}: {message}")):
        chainrule.load(tmp_path / "m")


def test_a_long_line_is_cut(network, tmp_path):
    network.save(tmp_path / "m")
    rewritten(tmp_path / "m", network=described({"type": "x" * 10000}))
    with pytest.raises(ModelError, match=r"layer 1: there is no 'xxx.* .* Tanh$") as caught:
        chainrule.load(tmp_path / "m")
    assert len(str(caught.value)) < 510 + len(str(tmp_path / "m"))


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float8_e4m3fn])
def test_types_that_numpy_may_not_have_are_refused(tmp_path, dtype):
    save_torch({"fc1.w": torch.zeros(2, dtype=dtype)}, tmp_path / "m")
    with pytest.raises(ModelError, match=r"not a model file|not a chainrule model"):
        chainrule.load(tmp_path / "m")
