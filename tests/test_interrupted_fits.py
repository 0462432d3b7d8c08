"""Errors and signals in the middle of a fit: the weights are whole, and the next fit is right."""

import signal
from typing import Any

import numpy as np
import pytest
from torture.alarms import alarms
from torture.trained import DATA, TRAINING, X, fitted, is_right, new_network, weights_of_epochs

from chainrule import BatchEvent, Linear, Network, ReLU, fit
from chainrule.layers.tanh import Tanh

needs_timer = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="a system with timers that signal")


class Odd(Tanh):
    """A layer without a kernel, whose definition may fail once, in training."""

    error: type[BaseException] | None = None

    def forward(self, x: Any, w: Any, context: Any) -> Any:
        if Odd.error is not None and context.training:
            raised, Odd.error = Odd.error, None
            raise raised
        return super().forward(x, w, context)


def odd_network() -> Network:
    return Network([Linear(256), ReLU(), Linear(256), Odd(), Linear(4)], 256)


@pytest.mark.parametrize("error", [ZeroDivisionError, KeyboardInterrupt, MemoryError])
def test_an_error_in_a_layers_python_ends_the_step_and_the_next_one_is_right(error):
    right, made = odd_network(), odd_network()
    fit(right, DATA, TRAINING, threads=2)
    Odd.error = error
    with pytest.raises(error):
        fit(made, DATA, TRAINING, threads=2)
    np.testing.assert_array_equal(made.w, odd_network().w)
    fit(made, DATA, TRAINING, threads=2)
    np.testing.assert_array_equal(made.w, right.w)


@pytest.mark.parametrize("error", [ZeroDivisionError, KeyboardInterrupt])
def test_an_error_of_a_listener_leaves_whole_weights(error):
    made = new_network()

    def fail(event: object) -> None:
        if isinstance(event, BatchEvent) and event.batch == 2:
            raise error

    with pytest.raises(error):
        fit(made, DATA, TRAINING, threads=2, listeners=[fail])
    np.testing.assert_array_equal(made.w, new_network().w)
    fit(made, DATA, TRAINING, threads=2)
    assert is_right(made)


@needs_timer
def test_a_flood_of_signals_changes_no_bit():
    seen = []
    with alarms(lambda *_: seen.append(1), 0.001, 0.001):
        assert all(is_right(fitted()) for _ in range(5))
    assert len(seen) > 5


@needs_timer
def test_a_handler_may_ask_what_it_interrupts():
    """Any lock that the main thread holds is its own."""
    predict, said = fitted().predictor(), []
    right = predict(X[:3])

    def is_as_ever() -> bool:
        return np.array_equal(predict(X[:3]), right) and is_right(fitted())

    for k in range(8):
        with alarms(lambda *_: said.append(is_as_ever()), 0.001 + 0.0007 * k):
            while len(said) <= k:
                assert is_as_ever()
    assert said == [True] * 8


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # in a callback of hypothesis's
@needs_timer
def test_interrupted_fits_leave_whole_weights_and_can_be_repeated():
    allowed, interrupted = weights_of_epochs(2), 0
    for k in range(30):
        made = new_network()
        try:
            with alarms(signal.default_int_handler, 0.0005 + 0.0007 * k):
                fit(made, DATA, TRAINING, threads=2)
        except KeyboardInterrupt:
            interrupted += 1
        assert made.w.tobytes() in allowed
    assert interrupted
    assert is_right(fitted())
