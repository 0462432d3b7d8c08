"""Models on disk: what is written is read back; what is damaged is refused in one line."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.numpy import load_file, save_file
from safetensors.torch import save_file as save_torch

import chainrule
from chainrule import (
    ChainruleError,
    Dropout,
    Linear,
    ModelError,
    Network,
    ReLU,
    Residual,
    SquaredError,
    Training,
    UsageError,
    fit,
)
from chainrule.data import Dataset
from chainrule.exchange.model_file import Checkpoint, content_hash, load_checkpoint, save_checkpoint
from chainrule.exchange.resuming import progress_of
from chainrule.layers import LAYERS, Layer, Parameter
from chainrule.tasks.presets import PRESETS
from chainrule.training.events import CheckpointEvent, Sums
from chainrule.training.optimizers import AdaDelta
from messages import exactly


@pytest.fixture
def network():
    return Network([Linear(5), ReLU(), Dropout(0.5), Linear(2)], (1, 2, 3), SquaredError(), seed=3)


@pytest.mark.parametrize("name", PRESETS)
def test_a_saved_preset_loads_as_the_same_function(name, tmp_path):
    network = PRESETS[name].network(seed=1)
    network.save(tmp_path / "model.safetensors")
    loaded = chainrule.load(tmp_path / "model.safetensors")
    assert str(loaded) == str(network)
    assert loaded.w.tobytes() == network.w.tobytes()
    assert loaded.scaling == network.scaling


def test_a_checkpoint_keeps_everything(network, tmp_path):
    vectors = np.arange(2 * network.size, dtype=np.float32).reshape(2, -1)
    memory = {"best": 0.1, "none": None, "w": np.arange(network.size, dtype=np.float32)}
    written = Checkpoint(
        network,
        vectors,
        epoch=3,
        batch=4,
        step=50,
        configuration={"lr": 0.5, "names": ["a"]},
        sums=Sums(1 / 3, 2.0, 70, 4.5),
        memories={"Listener": memory},
        last_w=-network.w,
    )
    save_checkpoint(tmp_path / "m", written)
    read = load_checkpoint(tmp_path / "m")
    assert read.sums == written.sums
    assert read.last_w is not None
    assert read.last_w.tobytes() == (-network.w).tobytes()
    assert read.memories["Listener"].pop("w").tobytes() == memory.pop("w").tobytes()
    assert read.memories == {"Listener": memory}
    assert read.optimizer_vectors.tobytes() == vectors.tobytes()
    assert (read.epoch, read.batch, read.step, read.configuration) == (3, 4, 50, written.configuration)
    assert read.network.loss == network.loss


def test_a_file_that_an_earlier_version_wrote_still_loads():
    """tests/models/version-1 was written by chainrule 0.1.0 in Python 3.11, with all that a checkpoint can hold."""
    read = load_checkpoint(Path(__file__).parent / "models" / "version-1.safetensors")
    x = (np.arange(128) * 37 % 256).astype(np.uint8).reshape(2, 1, 8, 8)
    expected = [[0.3763093, 0.39620563, 0.22748503], [0.3961451, 0.38227046, 0.22158444]]
    np.testing.assert_allclose(read.network.predict(x), expected, rtol=1e-5)
    assert (read.epoch, read.batch, read.step, read.sums) == (2, 3, 11, Sums(1.5, 3.0, 3, 0.25))
    assert read.configuration == {"name": "small", "training": {"lr": 0.5}}
    np.testing.assert_array_equal(read.optimizer_vectors, [np.arange(83), -np.arange(83)])
    np.testing.assert_array_equal(read.memories["EarlyStopping"].pop("w"), -read.network.w)
    assert read.memories == {"EarlyStopping": {"best": 0.5, "best_epoch": 1, "waited": 1}}
    assert read.last_w is not None
    np.testing.assert_array_equal(read.last_w, 2 * read.network.w)
    with pytest.raises(UsageError, match=r"cannot be resumed: its dropouts' generators are those of chainrule 0.1"):
        progress_of(read)


def test_float64_stays_float64(tmp_path):
    network = Network([Linear(2)], 3, dtype=np.float64)
    network.save(tmp_path / "m")
    assert chainrule.load(tmp_path / "m").w.dtype == np.float64


def test_the_plain_safetensors_library_reads_the_parameters_in_canonical_order(network, tmp_path):
    network.save(tmp_path / "m")
    tensors = load_file(tmp_path / "m")
    assert set(tensors) == {"fc1.w", "fc1.b", "fc2.w", "fc2.b"}
    assert tensors["fc1.w"].shape == (5, 6)
    np.testing.assert_array_equal(tensors["fc1.w"], network.w[:30].reshape(5, 6))


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


def test_weights_that_are_not_finite_are_not_written(network, tmp_path):
    network.w[3] = np.nan
    with pytest.raises(ModelError, match=exactly("fc1.w holds nan; expected finite numbers")):
        network.save(tmp_path / "m")
    assert not list(tmp_path.iterdir())


@dataclass(frozen=True)
class Keeper(Layer):
    """x; what it is called and keeps is chosen by the test."""

    stream: int = 0

    def forward(self, x, w, context):
        return x, None

    def backward(self, gy, saved, w, context):
        return gy, {}

    def statistics_for(self, x_shape):
        return {"mean": Parameter((), "ones")}


@pytest.fixture
def keeper(monkeypatch):
    monkeypatch.setitem(LAYERS, "Keeper", Keeper)
    return Network([Keeper(7), Linear(2)], 3, dtype=np.float64)


def test_only_dropouts_lose_their_stream(keeper, tmp_path):
    keeper.save(tmp_path / "m")
    assert chainrule.load(tmp_path / "m").layers == keeper.layers


def test_statistics_come_back_as_exact_as_they_were(keeper, tmp_path):
    keeper.statistics[:] = 1 / 3
    keeper.save(tmp_path / "m")
    assert chainrule.load(tmp_path / "m").statistics.tobytes() == keeper.statistics.tobytes()


def test_two_arrays_of_one_name_are_not_written(keeper, tmp_path):
    memories = {"fc1": {"w": np.zeros(3)}}
    checkpoint = Checkpoint(keeper, np.empty((0, keeper.size)), memories=memories)
    with pytest.raises(
        ModelError, match=exactly("fc1.w is the name of two arrays; expected another name for one of them")
    ):
        save_checkpoint(tmp_path / "m", checkpoint)


def test_a_failed_write_leaves_the_old_file(network, tmp_path, monkeypatch):
    path = tmp_path / "m"
    network.save(path)
    good = path.read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(ChainruleError, match="cannot be written: No space left on device"):
        network.save(path)
    assert path.read_bytes() == good
    assert list(tmp_path.iterdir()) == [path]


def test_training_goes_on_bit_for_bit_from_a_file(tmp_path):
    rng = np.random.default_rng(0)
    data = Dataset(rng.standard_normal((70, 6)).astype(np.float32), rng.integers(0, 2, 70))

    def fresh():
        return Network([Linear(8), ReLU(), Dropout(0.3), Residual([Linear(8), Dropout(0.2)]), Linear(2)], 6)

    training = Training(AdaDelta(), epochs=3, batch_size=16)
    whole = fresh()
    fit(whole, data, training)

    half = fresh()
    stopped = fit(half, data, replace(training, epochs=1)).progress
    assert stopped is not None
    checkpoint = Checkpoint.of(half, CheckpointEvent(stopped, ()), {})
    save_checkpoint(tmp_path / "m", checkpoint)
    read = load_checkpoint(tmp_path / "m")
    fit(read.network, data, training, start=progress_of(read))
    assert read.network.w.tobytes() == whole.w.tobytes()


def test_metadata_is_plain_json(network, tmp_path):
    network.save(tmp_path / "m")
    with safe_open(tmp_path / "m", framework="numpy") as file:
        metadata = file.metadata()
    assert json.loads(metadata["network"])["layers"][0] == {"type": "Linear", "out_features": 5}
    assert json.loads(metadata["versions"])["chainrule"] == chainrule.__version__
