import sys

import numpy as np
import pytest

import chainrule as cr
from chainrule.base.errors import NetworkError, UsageError
from chainrule.data import Dataset
from chainrule.layers import ReLU
from chainrule.tasks.presets import PRESETS, preset
from messages import exactly


def samples(*shape: int, bytes_: bool = False) -> Dataset:
    """A few, of three classes."""
    x = np.random.default_rng(0).integers(0, 256, (6, *shape))
    return Dataset(x.astype(np.uint8) if bytes_ else x / 255.0, np.arange(6) % 3)


@pytest.mark.parametrize(
    ("name", "parameters"),
    [("lecture", 54_410), ("mnist", 1_199_882), ("21mnist", 1_199_882), ("mlp", 79_510), ("vgg", 288_170)],
)
def test_parameters(name: str, parameters: int) -> None:
    assert preset(name).network().size == parameters


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_goes_from_a_digit_to_ten_scores(name: str) -> None:
    network = preset(name).network()
    shape = (28, 28) if name == "signal" else (1, 28, 28)
    assert (network.input_shape, network.output_shape) == (shape, (10,))
    assert preset(name).name == name


@pytest.mark.parametrize("name", ["lecture", "mnist", "mlp"])
def test_a_seed_draws_the_weights(name: str) -> None:
    assert not np.array_equal(preset(name).network(seed=1).w, preset(name).network(seed=2).w)


def test_pixels_are_scaled_as_in_the_lectures_program() -> None:
    table = preset("21mnist").network().scaling.table(np.dtype(np.float32))
    assert table[[0, 255]].tolist() == pytest.approx([-0.1307 / 0.3081, (1 - 0.1307) / 0.3081], rel=1e-6)


def test_the_lectures_program_adds_up_errors_in_file_order_and_takes_one_for_the_derivative_at_zero() -> None:
    original = preset("21mnist")
    assert (original.training.order, original.training.reduction) == ("file", "sum")
    assert {layer.derivative_at_zero for layer in original.network().layers if isinstance(layer, ReLU)} == {1}


def test_an_unknown_preset() -> None:
    message = f"there is no preset 'nothing'; expected one of: {', '.join(PRESETS)}"
    with pytest.raises(UsageError, match=exactly(message)):
        preset("nothing")


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_a_page_that_says_what_it_is_for_and_what_it_reaches(name: str) -> None:
    chosen = preset(name)
    page = next(
        module
        for path, module in sys.modules.items()
        if path.startswith("chainrule.tasks.presets.") and chosen in vars(module).values()
    )
    assert (page.__doc__ or "").startswith(f"{name}: ")
    assert (page.__doc__ or "").count("\n") < 12
    assert chosen.about
    assert chosen.reaches


@pytest.mark.parametrize("name", ["quick", "best", "vgg", "resnet"])
@pytest.mark.parametrize("shape", [(3, 32, 32), (1, 64, 64), (5, 28, 40)])
def test_pictures_of_other_sizes_and_channels(name: str, shape: tuple[int, ...]) -> None:
    data = samples(*shape, bytes_=True)
    network = cr.network_for(data, name)
    assert (network.input_shape, network.output_shape) == (shape, (3,))
    assert preset(name).training_for(data) == preset(name).training


@pytest.mark.parametrize("name", ["quick", "best", "vgg", "resnet"])
def test_tables_are_refused_where_pictures_are_read(name: str) -> None:
    message = f"the preset {name} is for images (channels, height, width); the samples have shape (9,)"
    with pytest.raises(NetworkError, match=exactly(message)):
        cr.network_for(samples(9), name)


@pytest.mark.parametrize("name", PRESETS)
def test_only_pictures_in_bytes_are_augmented(name: str) -> None:
    assert preset(name).training_for(samples(1, 28, 28)).augmentation is None
    assert preset(name).training_for(samples(9)).augmentation is None


@pytest.mark.parametrize(
    ("shape", "read"), [((2, 40), (2, 40)), ((1, 1), (1, 1)), ((40,), (1, 40)), ((1, 4, 40), (4, 40)), ((3, 7), (3, 7))]
)
def test_signals_are_read_of_any_length_and_from_rows_and_grey_pictures(shape, read) -> None:
    data = samples(*shape)
    network = cr.network_for(data, "signal")
    assert network.input_shape == read
    assert network(data.x).shape == (6, 3)


def test_coloured_pictures_are_no_signals() -> None:
    message = "the preset signal is for signals (channels, length); the samples have shape (3, 8, 8)"
    with pytest.raises(NetworkError, match=exactly(message)):
        cr.network_for(samples(3, 8, 8), "signal")


@pytest.mark.parametrize("shape", [(2, 30), (30,), (1, 2, 30)])
def test_a_trained_signal_network_reads_its_file_and_its_data(shape: tuple[int, ...], tmp_path) -> None:
    rng, t = np.random.default_rng(0), np.arange(48) % 2
    wave = np.sin(np.arange(30) * np.array([0.2, 0.9])[t][:, None] + rng.uniform(0, 6, (48, 1)))
    x = np.broadcast_to(wave.reshape(48, *[1] * (len(shape) - 1), 30), (48, *shape)) + rng.normal(0, 0.3, (48, *shape))
    network = cr.network_for(Dataset(x, t), "signal")
    cr.fit(network, Dataset(x, t), cr.Training(cr.AdamW(4e-3), epochs=10, batch_size=16), engine="reference")
    network.save(tmp_path / "signal.safetensors")
    found = cr.evaluate(cr.load(tmp_path / "signal.safetensors"), Dataset(x, t), engine="reference")
    assert found.accuracy is not None
    assert found.accuracy > 0.9


def test_pictures_rows_are_channels_only_of_one_grey_picture_a_signal() -> None:
    network = preset("signal").network()
    digits = cr.data.mnist("test").head(3)
    assert network.check_shape(digits.x).shape == (3, 28, 28)
    with pytest.raises(cr.DataError, match=r"x has shape \(3, 28, 28, 1\)"):
        network.check_shape(digits.x.reshape(3, 28, 28, 1))
