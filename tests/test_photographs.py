"""Photographs of digits, as people take them, are read; what is doubtful about one is said."""

from typing import NamedTuple

import numpy as np
import pytest
from PIL import Image

from chainrule import Network, Training, fit
from chainrule.base.errors import DataError
from chainrule.data import mnist
from chainrule.data.digits import Seen, see_digit
from chainrule.tasks.presets import preset
from photographs import photographs


class Read(NamedTuple):
    """What became of some photographs, in parts of them."""

    right: float
    surely_wrong: float  # with a probability above 0.9, and without a doubt
    doubted: float  # though right


def read(network: Network, n: int, seed: int) -> Read:
    taken = [(seen(pixels), t) for pixels, t in photographs(n, seed)]
    p = network.predict(np.stack([each.x for each, _ in taken]))
    right = p.argmax(axis=1) == [t for _, t in taken]
    doubted = np.array([bool(each.doubts) for each, _ in taken])
    sure = (p.max(axis=1) > 0.9) & ~doubted
    return Read(right.mean(), (sure & ~right).mean(), (doubted & right).mean())


def seen(pixels: np.ndarray) -> Seen:
    try:
        return see_digit(np.asarray(Image.fromarray(pixels).convert("L")))
    except DataError as error:
        return Seen(np.zeros((1, 28, 28), np.uint8), (str(error),))


@pytest.fixture(scope="module")
def lecture() -> Network:
    """The lecture's network, after 6,000 digits."""
    chosen = preset("lecture")
    network = chosen.network(seed=0)
    fit(network, mnist("train").head(6000), Training(epochs=3))
    return network


@pytest.mark.heavy
def test_photographs_are_read_nearly_as_well_as_mnist(lecture: Network) -> None:
    digits = mnist("test").head(60)
    prepared = (lecture.predict(np.asarray(digits.x)).argmax(axis=1) == digits.t).mean()
    found = read(lecture, 60, seed=7)
    assert found.right >= prepared - 0.12
    assert found.surely_wrong <= 0.05
    assert found.doubted <= 0.15


@pytest.mark.heavy
def test_a_thousand_photographs() -> None:
    chosen = preset("mnist")
    network = chosen.network(seed=0)
    fit(network, mnist("train"), chosen.training)
    found = read(network, 1000, seed=3)
    assert found.right >= 0.95
    assert found.surely_wrong <= 0.01
    assert found.doubted <= 0.1


@pytest.mark.heavy
@pytest.mark.parametrize("dark", [False, True])
def test_mnist_s_own_pictures_are_read_as_well_as_ever(dark: bool) -> None:
    chosen = preset("lecture")
    network = chosen.network(seed=0)
    fit(network, mnist("train"), chosen.training)
    digits = mnist("test").head(1000)
    x = np.asarray(digits.x)
    prepared = np.stack([see_digit(255 - image[0] if dark else image[0]).x for image in x])
    right, before = ((network.predict(each).argmax(axis=1) == digits.t).mean() for each in (prepared, x))
    assert right >= before - 0.0015
