import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.base.errors import DataError, UsageError
from chainrule.data import Dataset, hold_out, split
from chainrule.data.split import check_split, named_part, part_of
from messages import exactly


def numbered(t: Any) -> Dataset:
    return Dataset(np.arange(len(t))[:, np.newaxis], np.asarray(t))


@given(st.lists(st.integers(0, 4), min_size=1, max_size=60), st.floats(0.01, 0.99), st.integers(0, 2**64 - 1))
def test_every_sample_is_in_one_part_and_every_class_in_what_stays(t: list[int], fraction: float, seed: int) -> None:
    labels = np.array(t)
    stays, held = hold_out(labels, fraction, seed)
    assert sorted([*stays, *held]) == list(range(len(t)))
    assert set(labels[stays]) == set(t)
    assert len(held) == min(round(fraction * len(t)), len(t) - len(set(t)))


def test_each_class_is_held_out_in_proportion() -> None:
    labels = np.repeat([0, 1, 2], [600, 60, 12])
    _, held = hold_out(labels)
    assert np.abs(np.bincount(labels[held]) - [100, 10, 2]).max() <= 1


def test_reals_are_held_out_at_random() -> None:
    for t in (np.linspace(0, 1, 600), np.zeros((600, 2))):
        _, held = hold_out(t)
        assert len(held) == 100
        assert abs(held.mean() - 300) < 60  # its standard deviation is 17
        assert len(np.unique(held % 6)) == 6


def test_the_seed_and_nothing_else_decides() -> None:
    t = np.zeros(100, np.int64)
    assert np.array_equal(hold_out(t)[1], hold_out(t.copy())[1])
    assert not np.array_equal(hold_out(t)[1], hold_out(t, seed=1)[1])


@pytest.mark.parametrize("fraction", [0, 1, -1, float("nan")])
def test_a_fraction_outside(fraction: float) -> None:
    message = f"the fraction to hold out is {fraction}; expected a number between 0 and 1"
    with pytest.raises(UsageError, match=exactly(message)):
        hold_out(np.zeros(9), fraction)


def test_parts_of_one_piece_in_the_order_of_the_data() -> None:
    data = numbered(np.arange(60) % 3)
    train, test = (part_of([data], each, "here").x[:, 0].tolist() for each in ("train", "test"))
    assert (len(train), len(test)) == (50, 10)
    assert sorted(train + test) == list(range(60))
    assert (sorted(train), sorted(test)) == (train, test)
    assert part_of([data], "all", "here") is data


def test_too_few_to_hold_out() -> None:
    for t in ([0, 1], [0.0, 1.0], [0, 1, 2, 3, 4, 5, 6]):
        message = f"here: {len(t)} samples are too few to hold some out; expected more, or a test part"
        with pytest.raises(DataError, match=exactly(message)):
            part_of([numbered(t)], "train", "here")


def test_two_parts_are_as_they_are() -> None:
    train, test = numbered([0]), numbered([1])
    assert part_of([train, test], "train", "here") is train
    assert part_of([train, test], "test", "here") is test
    with pytest.raises(UsageError, match="here: has a training and a test part; expected one of them, not 'all'"):
        part_of([train, test], "all", "here")


def test_large_data_are_divided_as_they_stand_and_not_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(split, "LARGE", 1)
    for t in (np.arange(60) % 3, np.linspace(0, 1, 60)):
        data = numbered(t)
        train, test = (part_of([data], each, "here") for each in ("train", "test"))
        assert np.shares_memory(train.x, data.x)
        assert np.concatenate([train.x, test.x]).tolist() == data.x.tolist()
        assert len(test) == 10


def test_large_data_in_the_order_of_their_classes_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(split, "LARGE", 1)
    message = "here: class 0 is only before the end; expected shuffled samples or a test part"
    with pytest.raises(DataError, match=exactly(message)):
        part_of([numbered(np.arange(60) // 20)], "train", "here")
    named = Dataset(np.zeros(12), np.array([0] * 10 + [1] * 2), classes=("ant", "bee"))
    with pytest.raises(DataError, match="here: class ant is only before the end"):
        part_of([named], "test", "here")
    with pytest.raises(DataError, match="here: class 1 is only at the end"):
        part_of([numbered([0] * 11 + [1])], "test", "here")


def test_names_of_parts() -> None:
    assert named_part({"training": 1, "val": 2, "test": 3}, "train") == 1
    assert named_part({"training": 1, "val": 2, "test": 3}, "test") == 3
    assert named_part({"valid": 2}, "test") == 2
    assert named_part({"valid": 2}, "train") is None
    with pytest.raises(UsageError, match=re.escape("split is 'val'; expected one of: train, test, all")):
        check_split("val")
