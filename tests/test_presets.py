from dataclasses import replace

import numpy as np
import pytest

from chainrule.base.errors import UsageError
from chainrule.base.lcg48 import Lcg48
from chainrule.data import mnist
from chainrule.layers import Dropout, ReLU
from chainrule.network.reference import Reference
from chainrule.tasks.presets import PRESETS, Seeds, original_weights, preset
from chainrule.training.descent import minimise
from chainrule.training.events import BatchEvent, Event
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
    assert (network.input_shape, network.output_shape) == ((1, 28, 28), (10,))
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


def losses(samples: int, epochs: int) -> list[float]:
    """The batches' losses of the lecture's program with its first so many samples."""
    original = preset("21mnist")
    network = original.network()
    found: list[float] = []

    def listener(event: Event) -> None:
        if isinstance(event, BatchEvent):
            found.append(event.loss)

    training = replace(original.training, epochs=epochs)
    minimise(Reference(network), mnist("train").head(samples), network.w, training, [listener])
    return found


def test_the_first_loss_of_the_lectures_program() -> None:
    assert losses(samples=64, epochs=1) == pytest.approx([2.316252], abs=1e-5)


def test_the_losses_of_the_lectures_program_on_its_first_sample() -> None:
    found = losses(samples=1, epochs=8)
    assert found[:3] == pytest.approx([2.286959, 0.927964, 0.004244], abs=1e-5)
    assert found[3:] == pytest.approx([0.001433, 0.002503, 0.000037, 0.000096, 0.000678], rel=0.05, abs=5e-6)


def test_the_programs_weights_are_drawn_from_its_seed() -> None:
    original = preset("21mnist")
    ours = original.network(seed=1)
    assert np.array_equal(ours.w, original.network(seed=2).w)
    assert not np.array_equal(ours.w, original.network(seeds=Seeds(weights=3)).w)


def test_the_programs_linear_weights_are_drawn_input_by_input() -> None:
    network = preset("mlp").network()
    w = network.named(original_weights(network, Lcg48(1)))["fc1.w"]
    u = Lcg48(1).uniform(200)
    bound = 1 / np.sqrt(784)
    assert w[:, :2].T.ravel() == pytest.approx(bound * (2 * u - 1), abs=1e-15)


def test_a_seed_of_zero_switches_a_dropout_off() -> None:
    layers = preset("21mnist").network(seeds=Seeds(dropout1=0)).layers
    assert [layer.p for layer in layers if isinstance(layer, Dropout)] == [0, 0.5]


def test_networks_do_not_share_their_streams() -> None:
    first, second = (preset("21mnist").network() for _ in range(2))
    streams = [[layer.stream for layer in n.layers if isinstance(layer, Dropout)] for n in (first, second)]
    assert len({id(stream) for pair in streams for stream in pair}) == 4


def test_an_unknown_preset() -> None:
    message = f"there is no preset 'MNIST'; expected one of: {', '.join(PRESETS)}"
    with pytest.raises(UsageError, match=exactly(message)):
        preset("MNIST")
