"""What a kernel sees of its arguments: of each kind once, whatever the numbers are."""

from typing import Any, NamedTuple

import numpy as np
import pytest
from numba import from_dtype, typeof, types

from chainrule.engine.runtime.calls import PerSlot, PerWorker, Window, bind, encode, type_of
from chainrule.engine.runtime.jit import kernel


class Pair(NamedTuple):
    a: Any
    b: Any


ROOM = np.zeros((2, 8), np.float32)
FLAT = types.Array(types.float32, 1, "C")


@kernel
def first_of(numbers, out):
    """out <- a number of each."""
    out[0] = numbers.a[0] * numbers.b


@pytest.mark.parametrize("value", [3, True, 2.5, np.float32(2.5), np.float64(2.5), np.int32(3), np.uint8(3), np.True_])
def test_a_number_is_of_its_own_type(value):
    assert type_of(encode(value, [])) == (types.int64 if type(value) is int else typeof(value))


@pytest.mark.parametrize("array", [ROOM[0], PerWorker(ROOM), PerSlot(ROOM), Window(ROOM, 4)])
def test_an_array_is_a_flat_one_wherever_it_lies(array):
    assert type_of(encode(array, [])) == FLAT


def test_an_array_that_may_not_be_written_to_is_of_the_same_type():
    array = np.zeros(3, np.uint8)
    array.flags.writeable = False
    assert type_of(encode(array, [])) == types.Array(from_dtype(array.dtype), 1, "C")


def test_tuples_keep_their_names():
    seen = type_of(encode((Pair(ROOM[0], 2.0), (1, 2)), []))
    assert isinstance(seen[0], types.NamedTuple)
    assert seen[0].instance_class is Pair
    assert seen[1] == types.UniTuple(types.int64, 2)


def test_what_is_bound_again_has_the_same_entry_and_asks_for_no_type():
    one = bind(first_of, Pair(np.ones(3), 2.0), np.zeros(1))
    asked = type_of.cache_info().misses
    other = bind(first_of, Pair(np.zeros(5), 7.0), np.ones(1))
    assert type_of.cache_info().misses == asked
    assert other.entry is one.entry
    assert bind(first_of, Pair(np.ones(3, np.float32), 2.0), np.zeros(1)).entry is not one.entry
