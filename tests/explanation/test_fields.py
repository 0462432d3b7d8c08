"""A unit's field is what changes when it is changed, and what it changes with: never more than the boxes hold."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule import (
    BatchNormalisation,
    Convolution,
    GlobalAveragePooling,
    Linear,
    MaxPooling,
    Network,
    ReLU,
    Residual,
    UsageError,
    trace,
)
from chainrule.checks.networks import random_batch
from chainrule.explanation.field import Part, field_of
from chainrule.network.tracing import Trace
from strategies import networks


def traced(network: Network, training: bool = False) -> Trace:
    batch = random_batch(network, 1)
    return trace(network, batch.x, batch.t, training=training)


LECTURE = traced(
    Network([Convolution(4), ReLU(), Convolution(6, stride=2, padding=1), MaxPooling(), Linear(3)], (2, 20, 18))
)


def test_the_receptive_field_of_a_pooled_pixel() -> None:
    reads, affects = field_of(LECTURE, "maxpooling1:5,0,1")
    assert reads == (
        Part("x", (0, 0, 3), (1, 5, 9)),
        Part("conv1", (0, 0, 3), (3, 3, 7)),
        Part("relu1", (0, 0, 3), (3, 3, 7)),
        Part("conv2", (5, 0, 2), (5, 1, 3)),
    )
    assert affects == (Part("fc1", (0,), (2,)),)


def test_what_a_pixel_affects() -> None:
    reads, affects = field_of(LECTURE, "dL/x:0,9,9")
    assert reads == ()
    assert affects[0] == Part("conv1", (0, 7, 7), (3, 9, 9))
    assert [part.name for part in affects] == LECTURE.names[1:]


def test_what_a_parameter_affects() -> None:
    assert field_of(LECTURE, "conv1.w:2,0,1,1").affects[0] == Part("conv1", (2, 0, 0), (2, 17, 15))
    assert field_of(LECTURE, "fc1.b:1") == ((), (Part("fc1", (1,), (1,)),))


def test_groups_see_their_own_channels() -> None:
    kept = traced(Network([Convolution(6, 1, groups=3), GlobalAveragePooling(), Linear(2)], (3, 4, 4)))
    assert field_of(kept, "conv1:5,1,2").reads == (Part("x", (2, 1, 2), (2, 1, 2)),)
    assert field_of(kept, "x:1,1,2").affects[:2] == (
        Part("conv1", (2, 1, 2), (3, 1, 2)),
        Part("globalaveragepooling1", (2,), (3,)),
    )


def test_a_batch_normalisation_meets_its_channel_in_training_alone() -> None:
    network = Network([BatchNormalisation(), Linear(2)], (3, 4, 4))
    assert field_of(traced(network), "bn1:1,2,3").reads == (Part("x", (1, 2, 3), (1, 2, 3)),)
    assert field_of(traced(network, training=True), "bn1:1,2,3").reads == (Part("x", (1, 0, 0), (1, 3, 3)),)


def test_both_ways_through_a_residual_block() -> None:
    kept = traced(Network([Residual([Convolution(1, padding=1)]), Linear(2)], (1, 5, 5)))
    assert field_of(kept, "block1:0,2,2").reads[0] == Part("x", (0, 1, 1), (0, 3, 3))


def test_the_loss_has_none() -> None:
    with pytest.raises(UsageError, match="the loss depends on all numbers"):
        field_of(LECTURE, "loss")


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_nothing_outside_the_boxes_changes(data: st.DataObject) -> None:
    """Where a number of x is another, values are others only in its boxes, and these have it in theirs."""
    network, training = data.draw(networks()), data.draw(st.booleans())
    shape, batch = network.input_shape, random_batch(network, 1)
    place = tuple(data.draw(st.integers(0, n - 1)) for n in shape)
    kept = trace(network, batch.x, batch.t, training=training)
    moved = batch.x.copy()
    moved[(0, *place)] += 0.5
    with np.errstate(all="ignore"):
        other = trace(network, moved, batch.t, training=training)
    found = {part.name: part for part in field_of(kept, f"x:{','.join(map(str, place))}").affects}
    for name, a, b in zip(kept.names[1:], kept.x[1:], other.x[1:], strict=True):
        for index in np.argwhere(a[0] != b[0]):
            part = found[name]
            assert ((index >= part.first) & (index <= part.last)).all()
            y = field_of(kept, f"{name}:{','.join(map(str, index))}").reads[0]
            assert y.name == "x"
            assert all(first <= k <= last for first, k, last in zip(y.first, place, y.last, strict=True))
