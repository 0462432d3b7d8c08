"""Models on disk: what is written is read back, and nothing is written that would not be."""

import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file

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
from chainrule.exchange.model_file import Checkpoint, load_checkpoint, save_checkpoint
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
