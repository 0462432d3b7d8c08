"""An augmentation of one's own, a listener, a source of words: what cannot be called as they are is refused at once."""

import re
from collections import deque
from typing import Any

import numpy as np
import pytest

import chainrule
from chainrule.data import Dataset
from messages import exactly

cr: Any = chainrule  # types are what is tried here
X = np.arange(4 * 3 * 3, dtype=np.uint8).reshape(4, 1, 3, 3)
DATA = Dataset(X, np.array([0, 1, 0, 1]))
ONCE = {"epochs": 1, "batch_size": 4, "order": "file"}


def network() -> Any:
    return cr.Network([cr.Flatten(), cr.Linear(2)], (1, 3, 3), seed=1)


def inverted(x: np.ndarray, seed: int, epoch: int, positions: np.ndarray) -> np.ndarray:
    return 255 - x


DOORS = {
    "Training": lambda augmentation: cr.Training(augmentation=augmentation),
    "evaluate": lambda augmentation: cr.evaluate(network(), DATA, "reference", augmentation=augmentation),
    "examine": lambda augmentation: cr.examine(network(), DATA, "reference", augmentation=augmentation),
    "NeuralClassifier": lambda augmentation: cr.NeuralClassifier(augmentation=augmentation).fit(X, DATA.t),
    "NeuralRegressor": lambda augmentation: cr.NeuralRegressor(augmentation=augmentation).fit(X, DATA.t),
}
NONE_SUCH = {
    "a name": "shift=1",
    "of one thing": len,
    "of two": lambda x, seed: x,
    "of five": lambda x, seed, epoch, positions, more: x,
    "by name": lambda x, *, seed, epoch, positions: x,
    "that does not say": max,
    "the class": cr.Augmentation,
}


@pytest.mark.parametrize("augmentation", NONE_SUCH.values(), ids=NONE_SUCH)
@pytest.mark.parametrize("door", DOORS)
def test_what_is_no_augmentation_is_refused_at_every_door(augmentation: Any, door: str) -> None:
    expected = "expected one, as in Augmentation(shift=2), or a function of x, seed, epoch and positions"
    with pytest.raises(cr.UsageError, match=f"^augmentation is .*; {re.escape(expected)}$"):
        DOORS[door](augmentation)


@pytest.mark.parametrize("gives", [None, [1], X[:3], X[:1], X[0], X.astype(str), np.ma.masked_equal(X, 1)])
def test_what_an_augmentation_gives_is_looked_at(gives: Any) -> None:
    given = "the augmentation gave .* of 4 samples; expected an array with each of them"
    with pytest.raises(cr.UsageError, match=given):
        cr.fit(network(), DATA, cr.Training(augmentation=lambda *_: gives, **ONCE), engine="reference")
    with pytest.raises(cr.UsageError, match=given):
        cr.evaluate(network(), DATA, "reference", augmentation=lambda *_: gives)


def test_one_that_writes_to_its_samples_changes_no_data() -> None:
    def in_place(x: np.ndarray, seed: int, epoch: int, positions: np.ndarray) -> np.ndarray:
        x[:] = 255 - x
        return x

    data = Dataset(X.copy(), DATA.t)
    found = cr.evaluate(network(), data, "reference", augmentation=in_place, copies=3)
    assert found == cr.evaluate(network(), DATA, "reference", augmentation=inverted, copies=3)
    trained = []
    for each in (in_place, inverted):
        trained.append(network())
        cr.fit(trained[-1], data, cr.Training(augmentation=each, **ONCE), engine="reference")
    np.testing.assert_array_equal(trained[0].w, trained[1].w)
    np.testing.assert_array_equal(data.x, X)


def test_what_cannot_mix_is_refused() -> None:
    def mixes(x: np.ndarray, seed: int, epoch: int, positions: np.ndarray) -> np.ndarray:
        return x

    mixes.mixing = 0.2  # type: ignore[attr-defined]
    given = "the augmentation's mixing is 0.2; expected one, as in Augmentation(mixup=0.2)"
    with pytest.raises(cr.UsageError, match=exactly(given)):
        cr.fit(network(), DATA, cr.Training(augmentation=mixes, **ONCE), engine="reference")


@pytest.mark.parametrize("listener", [lambda event, history: None, lambda: None, dict])
def test_a_listener_takes_one_event(listener: Any) -> None:
    with pytest.raises(cr.UsageError, match=r"a listener is .*; expected a function of one event"):
        cr.fit(network(), DATA, cr.Training(**ONCE), listeners=[listener], engine="reference")


def test_a_listener_may_be_a_method_in_c() -> None:
    heard: deque[Any] = deque()
    cr.fit(network(), DATA, cr.Training(**ONCE), listeners=[heard.append], engine="reference")
    assert len(heard) == 4  # a batch, the epoch, a checkpoint, the end


def test_a_source_of_words_is_asked_for_those_of_a_run() -> None:
    class Wrong:
        def of_run(self, samples: int) -> None: ...

    class Right:
        def of_run(self, samples: int, batch_size: int, evaluated: int) -> Any:
            return samples, batch_size, evaluated

    for size, expected in ((7, (50, 7, 9)), (None, (50, 50, 9))):
        source: Any = cr.Training(draws=Right(), batch_size=size).source(50, 9)
        assert source == expected
    for draws in (Wrong(), 5, "seed"):
        with pytest.raises(cr.UsageError, match=r"draws is .*; expected a source of random words, or None"):
            cr.Training(draws=draws)
