"""What units are called, and what is said of a name that is none."""

from typing import Any

import numpy as np
import pytest

from chainrule import Convolution, Linear, Network, ReLU, Residual, UsageError, trace
from chainrule.explanation.unit import unit_of
from messages import exactly

NETWORK = Network([Convolution(4, padding=1), Residual([ReLU(), Convolution(4, padding=1)]), Linear(10)], (1, 8, 6))


@pytest.mark.parametrize(
    "text", ["x:0,7,5", "conv1:3,7,5", "block1.conv1:0,0,0", "dL/conv1.w:3,0,2,2", "block1.conv1.b:1", "loss", "fc1:9"]
)
def test_a_unit_is_read_and_written(text: str) -> None:
    assert str(unit_of(NETWORK, text)) == text


def test_a_block_is_what_its_last_layer_gives() -> None:
    assert str(unit_of(NETWORK, "dL/block1:1,2,3")) == "dL/block1.sum:1,2,3"


OTHERS = "expected x, a layer or a parameter, as in conv1:3,5,7, conv1.w:3,0,1,1 or dL/conv1:3,5,7"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (3, "the unit is 3; expected text, as in conv1:3,5,7"),
        ("", f"there is no '' in the unit ''; {OTHERS}"),
        ("conv2:3,5,5", f"there is no 'conv2' in the unit 'conv2:3,5,5'; {OTHERS}; did you mean conv1?"),
        (
            "dL/conv1.W:0,0,0,0",
            f"there is no 'conv1.W' in the unit 'dL/conv1.W:0,0,0,0'; {OTHERS}; did you mean conv1.w?",
        ),
        ("dL/loss", "there is no unit 'dL/loss'; expected loss, which is one number"),
        ("loss:0", "there is no unit 'loss:0'; expected loss, which is one number"),
        (
            "conv1:3,5",
            "the unit 'conv1:3,5' has 2 indices: conv1 holds 192 numbers of shape (4, 8, 6); "
            "expected conv1:0,0,0 to conv1:3,7,5",
        ),
        (
            "dL/fc1",
            "the unit 'dL/fc1' has 0 indices: fc1 holds 10 numbers of shape (10,); expected dL/fc1:0 to dL/fc1:9",
        ),
        (
            "fc1:10",
            "the unit 'fc1:10' is outside it: fc1 holds 10 numbers of shape (10,); expected fc1:0 to fc1:9",
        ),
        (
            "fc1:-1",
            "the unit 'fc1:-1' has an index that is no whole number: fc1 holds 10 numbers of shape (10,); "
            "expected fc1:0 to fc1:9",
        ),
        (
            "fc1.b:" + "9" * 5000,
            "the unit 'fc1.b:999999999999999999999999999999999 ... 999999999999999999999999999999999999999' has an "
            "index that is no whole number: fc1.b holds 10 numbers of shape (10,); expected fc1.b:0 to fc1.b:9",
        ),
    ],
)
def test_what_is_no_unit_is_told(text: Any, message: str) -> None:
    with pytest.raises(UsageError, match=exactly(message)):
        unit_of(NETWORK, text)


@pytest.mark.parametrize("sample", [2, -1, "0", 1.5])
def test_what_is_no_sample_is_told(sample: Any) -> None:
    kept = trace(NETWORK, np.ones((2, 1, 8, 6)), [1, 2])
    with pytest.raises(UsageError, match=r"there is no sample .* in the trace; expected a whole number from 0 to 1"):
        kept.explain("x:0,0,0", sample)


def test_a_trace_of_no_samples_has_none() -> None:
    kept = trace(NETWORK, np.ones((0, 1, 8, 6)), np.zeros(0, int))
    with pytest.raises(UsageError, match="expected a trace of at least one"):
        kept.explain("loss")
