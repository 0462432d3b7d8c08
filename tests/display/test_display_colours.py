"""Numbers become the colours that a map promises, whatever the numbers."""

import matplotlib
import numpy as np
import pytest

from chainrule.views.colours import DIVERGING, GAP, LEVELS, NOT_FINITE, PAPER, SEQUENTIAL, Scale, rgba

MIDDLE = (LEVELS - 1) // 2


def test_the_sequential_map_is_viridis() -> None:
    viridis = matplotlib.colormaps["viridis"](np.linspace(0, 1, LEVELS))
    difference = np.abs(SEQUENTIAL.palette[:LEVELS] / 255 - viridis)
    assert difference[[0, MIDDLE, LEVELS - 1]].max() < 0.01
    assert difference.max() < 0.07  # between the colours it is given by
    assert difference.mean() < 0.006


def test_the_diverging_map_goes_from_blue_through_almost_nothing_to_orange() -> None:
    blue, zero, orange = DIVERGING.palette[[0, MIDDLE, LEVELS - 1]].tolist()
    assert blue == [0x1F, 0x8F, 0xD6, 255]
    assert zero == [128, 128, 128, 40]
    assert orange == [0xEA, 0x6A, 0x10, 255]


def test_on_paper_zero_is_white() -> None:
    assert PAPER.palette[[0, MIDDLE, LEVELS - 1]].tolist() == [[0, 114, 178, 255], [255] * 4, [213, 94, 0, 255]]


def test_opacity_grows_on_both_sides_of_zero_alike() -> None:
    opacity = DIVERGING.palette[:LEVELS, 3].astype(int)
    assert opacity.tolist() == opacity[::-1].tolist()
    assert (np.diff(opacity[MIDDLE:]) > 0).all()


def test_a_gap_cannot_be_seen_and_what_is_not_finite_can() -> None:
    for colours in (SEQUENTIAL, DIVERGING, PAPER):
        assert colours.palette[GAP, 3] == 0
        distance = np.abs(colours.palette[:LEVELS, :3].astype(int) - colours.palette[NOT_FINITE, :3]).max(axis=1)
        assert distance.min() > 80


def test_a_colour_is_opaque_unless_it_says_otherwise() -> None:
    assert rgba("#102030").tolist() == [16, 32, 48, 255]
    assert rgba("#10203040").tolist() == [16, 32, 48, 64]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_values_are_placed_between_the_least_and_the_greatest(dtype: type) -> None:
    values = np.array([[-1, 0], [1, 3]], dtype)
    scale = Scale.of(values, SEQUENTIAL)
    assert (scale.low, scale.high) == (-1, 3)
    assert scale.levels(values).tolist() == [[0, 32], [63, 126]]  # 31.5 is rounded to even


@pytest.mark.parametrize("sign", [1, -1])
def test_zero_is_in_the_middle_of_a_diverging_scale(sign: int) -> None:
    values = sign * np.array([0.0, 1.0, -2.0])
    scale = Scale.of(values, DIVERGING)
    assert (scale.low, scale.high) == (-2, 2)
    assert scale.levels(values).tolist() == [MIDDLE, *((94, 0) if sign == 1 else (32, 126))]


def test_what_is_not_finite_has_its_own_colour_and_no_part_in_the_scale() -> None:
    values = np.array([np.nan, 1, np.inf, 2, -np.inf])
    scale = Scale.of(values, SEQUENTIAL)
    assert (scale.low, scale.high) == (1, 2)
    assert scale.levels(values).tolist() == [NOT_FINITE, 0, NOT_FINITE, LEVELS - 1, NOT_FINITE]


def test_nothing_but_nan_is_drawn_too() -> None:
    values = np.full((2, 3), np.nan, np.float32)
    assert (Scale.of(values, DIVERGING).levels(values) == NOT_FINITE).all()


@pytest.mark.parametrize("value", [0.0, 7.0, -7.0, 1e308, 5e-324])
def test_constant_values_divide_nothing_by_zero(value: float) -> None:
    values = np.full(4, value)
    assert Scale.of(values, SEQUENTIAL).levels(values).tolist() == [0] * 4
    expected = MIDDLE if abs(value) < 1e-300 else LEVELS - 1 if value > 0 else 0
    assert Scale.of(values, DIVERGING).levels(values).tolist() == [expected] * 4


def test_the_largest_numbers_do_not_overflow() -> None:
    values = np.array([-1.7e308, 0, 1.7e308])
    for colours in (SEQUENTIAL, DIVERGING):
        assert Scale.of(values, colours).levels(values).tolist() == [0, MIDDLE, LEVELS - 1]
