"""A chart's lines are where the numbers on its axes say."""

import re
from xml.etree.ElementTree import Element

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.views.axes import Axis, count_axis, nice, value_axis, whole_axis
from chainrule.views.charts import ACROSS, LEFT, MOST_POINTS, RIGHT, UP, Chart, Look
from markup import read

finite = st.floats(-1e6, 1e6).filter(lambda value: value == 0 or abs(value) > 1e-6)


def drawn(*values: list[float], zero: bool = True, most: float = np.inf, first: int = 1) -> Element:
    """The chart of some curves over the epochs from `first` on."""
    x = np.arange(first, first + len(values[0]))
    chart = Chart(
        whole_axis(x, *ACROSS), value_axis(np.concatenate(values), *UP, zero=zero, most=most), "epoch", "loss"
    )
    looks = [Look(f"curve {k}", "#123456") for k in range(len(values))]
    marks = [mark for look, each in zip(looks, values, strict=True) for mark in chart.line(x, np.array(each), look)]
    return read(chart.svg(marks, looks))


def square(*, log: bool = False) -> Chart:
    """A chart of numbers from 0 to 10, upwards perhaps of counts up to 1000."""
    up = count_axis(np.array([1, 1000]), *UP) if log else value_axis(np.array([0.0, 10.0]), *UP)
    return Chart(value_axis(np.array([0.0, 10.0]), *ACROSS), up, "x", "y")


def points(line: Element) -> np.ndarray:
    return np.array([[float(number) for number in point.split(",")] for point in line.attrib["points"].split()])


def by_its_ticks(svg: Element, axis: str) -> np.ndarray:
    """The line through the ticks' labels: (slope, offset) from pixels to numbers."""
    anchor = {"x": "middle", "y": "end"}[axis]
    ticks = [t for t in svg.iter("text") if t.attrib["text-anchor"] == anchor and re.match(r"-?\d", t.text or "")]
    return np.polyfit(
        [float(t.attrib[axis]) for t in ticks], [float((t.text or "").replace(",", "")) for t in ticks], 1
    )


def test_points_are_where_the_ticks_say() -> None:
    values = [2.31, 0.62, 0.4, 0.125, 0.3]
    svg = drawn(values, first=3)
    (line,) = svg.iter("polyline")
    x, y = points(line).T
    np.testing.assert_allclose(np.polyval(by_its_ticks(svg, "x"), x), [3, 4, 5, 6, 7], atol=0.01)
    np.testing.assert_allclose(np.polyval(by_its_ticks(svg, "y"), y), values, atol=0.005)


def test_small_numbers_on_a_long_run_too() -> None:
    values = (1e-3 / np.arange(1, 201)).tolist()
    svg = drawn(values)
    (line,) = svg.iter("polyline")
    x, y = points(line).T
    np.testing.assert_allclose(np.polyval(by_its_ticks(svg, "x"), x), np.arange(1, 201), atol=0.3)
    np.testing.assert_allclose(np.polyval(by_its_ticks(svg, "y"), y), values, atol=3e-6)


def test_few_points_have_markers_that_tell_their_numbers() -> None:
    svg = drawn([0.5, 0.25])
    (line,) = svg.iter("polyline")
    circles = list(svg.iter("circle"))
    assert [[float(c.attrib["cx"]), float(c.attrib["cy"])] for c in circles] == points(line).tolist()
    assert [c[0].text for c in circles] == ["epoch 1: curve 0 0.5", "epoch 2: curve 0 0.25"]


def test_many_points_have_none() -> None:
    assert not list(drawn([0.5] * 31).iter("circle"))


def test_what_is_not_finite_is_a_hole() -> None:
    svg = drawn([1, 2, np.nan, 3, np.inf, 4, 5])
    assert [len(points(line)) for line in svg.iter("polyline")] == [2, 1, 2]
    assert len(list(svg.iter("circle"))) == 5
    assert not list(drawn([np.nan, np.nan]).iter("polyline"))


def test_a_point_alone_is_seen_in_a_long_run_too() -> None:
    assert len(list(drawn([1.0, np.nan] + [1.0] * 50).iter("circle"))) == 1


def test_the_legend_and_the_axes_are_named() -> None:
    svg = drawn([1, 0.123456], [2, np.inf])
    assert {"curve 0", "curve 1", "epoch", "loss"} <= {t.text for t in svg.iter("text")}
    assert svg.attrib["aria-label"] == "loss, curve 0, curve 1"


def test_bars_reach_from_edge_to_edge_and_as_high_as_the_numbers() -> None:
    for chart, heights in ((square(), [4.0, 0.0, 8.0]), (square(log=True), [1, 0, 100])):
        svg = read(
            chart.svg(chart.bars(np.array([0.0, 2.0, 4.0, 10.0]), np.array(heights), Look("samples", "#123456")))
        )
        bars = list(svg.iter("rect"))
        assert [bar[0].text for bar in bars] == [
            f"x 0 to 2: samples {heights[0]:g}",
            f"x 4 to 10: samples {heights[2]:g}",
        ]
        assert [float(bar.attrib["x"]) - 0.5 for bar in bars] == pytest.approx([chart.across(0), chart.across(4)])
        assert [float(bar.attrib["y"]) for bar in bars] == pytest.approx([chart.up(h) for h in heights if h], abs=0.01)
        for bar in bars:
            assert float(bar.attrib["y"]) + float(bar.attrib["height"]) == pytest.approx(UP[0], abs=0.02)


def test_points_ranges_and_rules_are_where_their_numbers_are() -> None:
    chart, look = square(), Look("part", "#123456")
    marks = [
        chart.rule((0, 0), (10, 10), look),
        chart.ranges(np.array([5.0]), np.array([2.5]), np.array([7.5]), look),
        *chart.points(np.array([2.5]), np.array([5.0]), look),
        chart.cloud(np.array([7.5]), np.array([5.0]), look),
    ]
    svg = read(chart.svg(marks))
    rule = next(line for line in svg.iter("line") if line.attrib["stroke"] == "#123456")
    assert [float(rule.attrib[name]) for name in ("x1", "y1", "x2", "y2")] == [LEFT, UP[0], RIGHT, UP[1]]
    assert [path.attrib["d"] for path in svg.iter("path")] == ["M247.00 166.00V74.00"]
    assert [[float(c.attrib[name]) for name in ("cx", "cy")] for c in svg.iter("circle")] == [
        [159.5, 120],
        [334.5, 120],
    ]


def test_of_a_long_run_the_extremes_are_kept() -> None:
    values = np.random.default_rng(0).uniform(1, 2, 50_000)
    values[12_345], values[43_210] = 9.0, 0.25
    svg = drawn(values.tolist())
    (line,) = svg.iter("polyline")
    x, y = points(line).T
    assert len(x) <= MOST_POINTS
    assert (np.diff(x) >= 0).all()
    numbers = np.polyval(by_its_ticks(svg, "y"), y)
    assert (numbers.min(), numbers.max()) == pytest.approx((0.25, 9.0), abs=0.01)
    assert np.polyval(by_its_ticks(svg, "x"), x)[numbers.argmax()] == pytest.approx(12_346, abs=70)


@given(values=st.lists(finite, min_size=1, max_size=5), zero=st.booleans())
def test_an_axis_holds_its_values_between_a_few_different_ticks(values: list[float], zero: bool) -> None:
    axis = value_axis(np.array(values), 200, 0, zero=zero)
    ticks, slack = axis.ticks(), axis.step * 1e-6
    assert ticks[0] - slack <= min(values)
    assert max(values) <= ticks[-1] + slack
    assert 3 <= len(ticks) <= 9
    assert (axis(axis.low), axis(axis.high)) == (200, 0)
    assert not zero or ticks[0] <= slack


def test_ticks_are_written_with_the_decimals_they_need() -> None:
    def texts(low: float, high: float) -> list[str]:
        axis = value_axis(np.array([low, high]), 1, 0, zero=False)
        return [axis.text(tick) for tick in axis.ticks()]

    assert texts(0, 1) == ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]
    assert texts(98.71, 98.93) == ["98.70", "98.75", "98.80", "98.85", "98.90", "98.95"]
    assert texts(0, 3e6) == ["0", "500,000", "1,000,000", "1,500,000", "2,000,000", "2,500,000", "3,000,000"]
    assert texts(0, 3e-7) == ["0", "5e-08", "1e-07", "1.5e-07", "2e-07", "2.5e-07", "3e-07"]


def test_an_axis_of_constant_values_has_room_around_them() -> None:
    axis = value_axis(np.full(3, 97.0), 1, 0, zero=False)
    assert axis.low < 97 < axis.high
    zeros = value_axis(np.zeros(3), 1, 0, zero=True)
    assert (zeros.low, zeros.high) == (0, 1)


def test_an_axis_ends_at_the_most_that_is_possible() -> None:
    for accuracies in ([100.0], [99.99, 100.0], [97.0, 99.6]):
        assert value_axis(np.array(accuracies), 1, 0, zero=False, most=100).high == pytest.approx(100, abs=1e-9)


def test_epochs_have_whole_ticks() -> None:
    assert whole_axis(np.array([1]), 0, 1).ticks() == [1]
    assert whole_axis(np.array([1, 2, 3]), 0, 1).ticks() == [1, 2, 3]
    assert whole_axis(np.arange(1, 15), 0, 1).ticks() == [5, 10]
    axis = whole_axis(np.array([1, 2]), LEFT, RIGHT)
    assert LEFT < axis(1) < axis(2) < RIGHT


@pytest.mark.parametrize(
    ("counts", "ticks", "texts"),
    [
        ([1, 0, 500], [1, 10, 100], ["1", "10", "100"]),
        ([0.05, 2], [0.1, 1, 10], ["0.1", "1", "10"]),
        ([1, 3_000_000], [1, 100, 10_000, 1_000_000], ["1", "100", "10,000", "1e+06"]),
        ([0, 0], [1, 10], ["1", "10"]),
    ],
)
def test_counts_have_powers_of_ten(counts: list[float], ticks: list[float], texts: list[str]) -> None:
    axis = count_axis(np.array(counts), 200, 0)
    assert axis.ticks() == pytest.approx(ticks)
    assert [axis.text(tick) for tick in axis.ticks()] == texts
    assert all(0 < axis(count) < 200 for count in counts if count)


def test_what_no_axis_can_hold_is_not_drawn() -> None:
    svg = drawn([1.0, 1.7e308, -1.7e308, 2.0, 3.0])
    assert [len(points(line)) for line in svg.iter("polyline")] == [1, 2]


def test_nice_numbers() -> None:
    assert [nice(value) for value in (1, 1.1, 2, 2.1, 5.1, 0.3, 30, 0)] == pytest.approx(
        [1, 2, 2, 5, 10, 0.5, 50, 1e-300]
    )
    assert Axis(0, 10, 5, 0, 1).ticks() == [0, 5, 10]
