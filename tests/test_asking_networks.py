"""What a network is asked, and by whom: shapes that it takes, classes that it tells, what it may be as large as."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from chainrule.base.errors import DataError, NetworkError
from chainrule.layers import Convolution, Linear, Parameter
from chainrule.losses import SigmoidBinaryCrossEntropy
from chainrule.network.network import Network, doors
from chainrule.network.places import Placed, initial, lay_out, size_of
from messages import exactly
from oracles import normal


def small_network() -> Network:
    return Network([Convolution(2), Linear(3)], (1, 6, 6))


def test_signals_may_come_as_grey_pictures_whose_rows_are_channels() -> None:
    network, x = Network([Linear(2)], (3, 8)), normal(5, 3, 8)
    for same in (x[:, np.newaxis], x.reshape(5, 24)):
        assert np.array_equal(network.check_shape(same), x)
    for shape in ((5, 8, 3), (5, 1, 8, 3), (5, 3, 8, 1), (5, 2, 3, 8), (5, 3, 1, 8)):
        with pytest.raises(DataError, match=exactly(f"x has shape {shape}; expected (samples, 3, 8)")):
            network.check_shape(np.zeros(shape))


def test_images_have_no_such_axis() -> None:
    with pytest.raises(DataError, match=exactly("x has shape (5, 1, 1, 6, 6); expected (samples, 1, 6, 6)")):
        small_network().check_shape(np.zeros((5, 1, 1, 6, 6)))


@pytest.mark.parametrize(
    ("door", "ask", "given", "options"),
    [
        ("save", lambda network: network.save("a.safetensors"), ("a.safetensors", None), {}),
        ("predictor", lambda network: network.predictor("reference", 2, 9), (None, "reference", 2, 9), {}),
        ("predictor", lambda network: network.predictor(), (None, "compiled", None, 256), {}),
        ("html", lambda network: network._repr_html_(), (None,), {}),
        (
            "answers",
            lambda network: network.answers("a.png", threshold=0.9, many=True),
            (None, "a.png"),
            {"threshold": 0.9, "many": True},
        ),
    ],
)
def test_what_stands_above_a_network_is_asked_through_it(
    door: str, ask: Callable[[Network], Any], given: tuple, options: dict, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[tuple, dict]] = []
    monkeypatch.setitem(doors, door, lambda *args, **named: asked.append((args, named)) or "found")
    network = small_network()
    assert ask(network) == (None if door == "save" else "found")
    assert asked == [(tuple(network if each is None and k != 2 else each for k, each in enumerate(given)), options)]


def test_the_one_output_of_two_classes_says_which_of_them() -> None:
    network, y = Network([Linear(1)], 3, SigmoidBinaryCrossEntropy()), np.array([[2.0], [-1.0]])
    for t in (None, np.array([0, 1]), np.array([[0.0], [1.0]])):
        found = network.classes_of(y, t)
        assert found is not None
        assert found.tolist() == [1, 0]
    assert network.classes_of(y, np.array([0.5, 0.0])) is None  # a probability is no class
    with pytest.raises(DataError, match=exactly("y holds <U1; expected numbers")):
        network.most_probable([["a"]])  # type: ignore[arg-type]


def test_parameters_that_no_memory_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    def none_left(*given: Any) -> np.ndarray:
        raise MemoryError

    monkeypatch.setattr("chainrule.network.network.initial", none_left)
    message = "the network has 20 parameters; expected as many as memory holds"
    with pytest.raises(NetworkError, match=exactly(message)):
        Network([Linear(4)], 4)


def test_the_most_parameters_that_there_may_be() -> None:
    def places(size: int) -> list[Placed]:
        return [Placed("fc1.w", Parameter((size,)), slice(0, size))]

    assert size_of(places(2**40)) == 2**40
    with pytest.raises(NetworkError, match=r"the network has 1,099,511,627,777 parameters; expected at most"):
        size_of(places(2**40 + 1))


def test_each_array_is_drawn_by_its_own_number() -> None:
    """So that statistics, counted after the parameters, are drawn unlike these."""
    places = lay_out({name: Parameter((3,), "uniform") for name in "ab"})
    assert np.array_equal(initial(places, 1)[3:], initial(places, 1, first=1)[:3])
    assert not np.array_equal(initial(places, 1), initial(places, 1, first=1))
