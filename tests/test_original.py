"""The lecture's C++ program, number for number: its generator, its weights, its dropouts, its losses."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule import evaluate, fit
from chainrule.base.errors import UsageError
from chainrule.data import mnist
from chainrule.layers import Dropout
from chainrule.layers.graph import forward
from chainrule.layers.layer import Context
from chainrule.network.reference import Reference
from chainrule.tasks.drand48 import jumped, uniform48
from chainrule.tasks.original import Drand48, Seeds, weights
from chainrule.tasks.presets import preset
from chainrule.training.descent import minimise
from chainrule.training.events import BatchEvent, Event
from messages import exactly
from strategies import drawn_cases

seeds = st.integers(0, 2**48 - 1)


def states(x: int) -> Iterator[int]:
    """The generator in plain Python."""
    while True:
        x = (0x5DEECE66D * x + 0xB) % 2**48
        yield x


def draws(seed: int, n: int) -> list[float]:
    return [x / 2**48 for x, _ in zip(states(seed), range(n), strict=False)]


def test_the_first_draws_by_hand() -> None:
    assert (uniform48(0, 0, 2) * 2**48).tolist() == [0xB, 0xB * 0x5DEECE66D + 0xB]


@drawn_cases
@given(seed=seeds, before=st.integers(0, 50), n=st.integers(0, 200))
def test_it_is_the_plain_loop_from_any_place_on(seed: int, before: int, n: int) -> None:
    assert uniform48(seed, before, n).tolist() == draws(seed, before + n)[before:]


def test_the_period_is_2_to_the_48() -> None:
    assert jumped(123, 2**48) == 123
    assert jumped(123, 2**47) != 123


@pytest.mark.parametrize("seed", [-1, 2**48])
def test_bad_seeds(seed: int) -> None:
    message = f"the seed of drand48 is {seed}; expected a whole number from 0 to 2**48 - 1"
    with pytest.raises(UsageError, match=exactly(message)):
        Drand48(seed, 1)


# --- the dropouts' streams: one for each, over all samples that go through the network, trained on or evaluated


def masks(samples: int, batch_size: int, evaluated: int, step: int, size: int) -> list[np.ndarray]:
    """What both dropouts keep of a batch of that size, flat, in (s, c, i, j) order."""
    network = preset("21mnist").network()
    source = Drand48(11, 22).of_run(samples, batch_size, evaluated)
    x = np.ones((size, 1, 28, 28), np.float32)
    made = forward(network.graph, x, network.named(), Context(True, source.draws(step)))
    return [made.saved[k].ravel() for k, node in enumerate(network.graph.nodes) if isinstance(node.layer, Dropout)]


@pytest.mark.parametrize(
    ("step", "size", "before"),
    [(0, 2, 0), (1, 2, 2), (2, 1, 4), (3, 2, 5 + 7), (5, 1, 5 + 7 + 4), (6, 2, 2 * (5 + 7))],
)
def test_a_stream_goes_on_where_the_samples_before_left_it(step: int, size: int, before: int) -> None:
    """5 samples in batches of 2 are 3 batches an epoch, after each of which 7 samples are evaluated."""
    first, second = masks(5, 2, 7, step, size)
    for keep, seed, p, elements in ((first, 11, 0.25, 64 * 12 * 12), (second, 22, 0.5, 128)):
        u = uniform48(seed, before * elements, size * elements)
        assert np.array_equal(keep, u >= p)


def test_a_run_tells_the_streams_how_many_samples_there_are() -> None:
    """The losses of a run whose evaluations draw, too, are those of a run in which one knows that."""
    original, digits = preset("21mnist"), mnist("train").head(20)
    training = replace(original.training, epochs=2, batch_size=8)
    network = original.network()
    history = fit(network, digits, training, validation=mnist("test").head(6), engine="reference")
    again = original.network()
    found = minimise(Reference(again, training.source(20, 6)), digits, again.w, training)
    np.testing.assert_array_equal(found.w, network.w)
    other = minimise(Reference(again, training.source(20, 5)), digits, again.w, training)
    assert not np.array_equal(other.w, network.w)
    assert history.epochs[-1].validation == evaluate(network, mnist("test").head(6), "reference", 8)


def test_the_compiled_engine_takes_its_masks_from_the_streams_too() -> None:
    original, digits = preset("21mnist"), mnist("train").head(20)
    training = replace(original.training, epochs=1, batch_size=8)
    networks = [original.network() for _ in range(2)]
    for network, engine in zip(networks, ("reference", "compiled"), strict=True):
        fit(network, digits, training, engine=engine)
    np.testing.assert_allclose(networks[0].w, networks[1].w, atol=1e-3)


# --- the losses that the program prints


def losses(samples: int, epochs: int) -> list[float]:
    """The batches' losses of the lecture's program with its first so many samples."""
    original = preset("21mnist")
    network = original.network()
    found: list[float] = []

    def listener(event: Event) -> None:
        if isinstance(event, BatchEvent):
            found.append(event.loss)

    training = replace(original.training, epochs=epochs)
    engine = Reference(network, training.source(samples))
    minimise(engine, mnist("train").head(samples), network.w, training, listeners=[listener])
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
    assert not np.array_equal(ours.w, original.seeded(weights=3).network().w)


def test_the_programs_linear_weights_are_drawn_input_by_input() -> None:
    network = preset("mlp").network()
    w = network.named(weights(network, 1))["fc1.w"]
    u = uniform48(1, 0, 200)
    bound = 1 / np.sqrt(784)
    assert w[:, :2].T.ravel() == pytest.approx(bound * (2 * u - 1), abs=1e-15)


def test_a_seed_of_zero_switches_a_dropout_off() -> None:
    layers = preset("21mnist").seeded(dropout1=0).network().layers
    assert [layer.p for layer in layers if isinstance(layer, Dropout)] == [0, 0.5]
    assert Seeds().dropout1 != 0


def test_other_presets_have_no_such_seeds() -> None:
    message = "the preset mlp has no seeds of its own; expected 21mnist, or `seed`"
    with pytest.raises(UsageError, match=exactly(message)):
        preset("mlp").seeded(weights=3)
