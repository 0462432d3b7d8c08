import math

import numpy as np
import pytest

from chainrule.base.errors import NetworkError, UsageError
from chainrule.base.numbers import is_whole, whole_number
from messages import exactly


@pytest.mark.parametrize("value", [3, 2**70, np.int8(3), np.uint64(3)])
def test_whole_numbers_become_int(value: int) -> None:
    assert type(whole_number("n", value, 3)) is int
    assert whole_number("n", value, 3) == value


@pytest.mark.parametrize(
    "value", [2, -1, np.int64(2), 3.0, np.float32(3), math.nan, math.inf, True, np.True_, "3", None]
)
def test_what_is_none(value: object) -> None:
    assert not is_whole(value, 3)
    with pytest.raises(UsageError, match=exactly(f"n is {value!r}; expected a whole number of at least 3")):
        whole_number("n", value, 3)


def test_the_error_may_be_another() -> None:
    with pytest.raises(NetworkError, match=exactly("Dense: outputs is 0; expected a whole number of at least 1")):
        whole_number("Dense: outputs", 0, 1, NetworkError)
