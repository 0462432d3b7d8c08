import numpy as np
import pytest

from chainrule.base.errors import UsageError
from chainrule.layers import ReLU
from chainrule.tasks.presets import PRESETS, preset
from messages import exactly


@pytest.mark.parametrize(
    ("name", "parameters"),
    [("lecture", 54_410), ("mnist", 1_199_882), ("21mnist", 1_199_882), ("mlp", 79_510)],
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
