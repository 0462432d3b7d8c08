from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from chainrule.data import Dataset
from chainrule.data.fingerprint import fingerprint

DATA = Dataset(np.arange(12.0).reshape(4, 3), np.array([0, 1, 0, 1]), np.ones(4), ("no", "yes"), ("a", "b", "c"), "t")


def test_equal_data_have_the_same() -> None:
    x = np.asfortranarray(DATA.x)
    assert fingerprint(replace(DATA, x=x[:], t=DATA.t.copy())) == fingerprint(DATA)
    assert len(fingerprint(DATA)) == 64


@pytest.mark.parametrize(
    "change",
    [
        {"x": DATA.x[[1, 0, 2, 3]]},
        {"x": DATA.x.astype(np.float32)},
        {"x": np.where(DATA.x == 5, 5.5, DATA.x)},
        {"x": DATA.x.reshape(4, 3, 1), "columns": None},
        {"t": np.array([0, 1, 1, 1])},
        {"sample_weight": None},
        {"sample_weight": np.array([1, 1, 1, 2.0])},
        {"classes": ("yes", "no")},
        {"columns": ("a", "c", "b")},
        {"target": "u"},
    ],
)
def test_any_change_is_seen(change: dict[str, Any]) -> None:
    assert fingerprint(replace(DATA, **change)) != fingerprint(DATA)
