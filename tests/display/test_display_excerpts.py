"""Which values of an array are drawn, and where."""

import numpy as np
import pytest

from chainrule.views.notebook.excerpts import Excerpt, Room, of_parameter, of_samples
from chainrule.views.pictures import SPACE

ROOM = Room(4, 168)


def counting(*shape: int) -> np.ndarray:
    return np.arange(float(np.prod(shape))).reshape(shape)


def pixels(view: Excerpt) -> tuple[int, int]:
    """(height, width) of the picture."""
    rows, columns, h, w = view.values.shape
    return rows * (h * view.repeat[0] + SPACE) - SPACE, columns * (w * view.repeat[1] + SPACE) - SPACE


def test_images_have_a_line_for_each_sample_and_a_column_for_each_channel() -> None:
    x = counting(64, 32, 26, 26)
    view = of_samples(x, ROOM)
    assert np.array_equal(view.values, x[:4, :6])
    assert view.repeat == (1, 1)
    assert view.shown == "6 of 32 channels"


def test_small_images_are_enlarged() -> None:
    view = of_samples(counting(2, 3, 5, 4), ROOM)
    assert (view.repeat, view.shown) == ((6, 6), "")


def test_large_images_show_means() -> None:
    x = counting(1, 1, 65, 40)
    view = of_samples(x, ROOM)
    assert view.values.shape == (1, 1, 22, 14)
    assert view.values[0, 0, 1, 2] == x[0, 0, 3:6, 6:9].mean()
    assert view.values[0, 0, 21, 13] == x[0, 0, 63:, 39:].mean()
    assert view.shown == "1 : 3"


def test_vectors_are_strips_one_below_the_other() -> None:
    x = counting(5, 10)
    view = of_samples(x, ROOM)
    assert np.array_equal(view.values, x[:4, None, None, :])
    assert (view.repeat, view.shown) == ((8, 8), "")


def test_of_a_long_vector_the_beginning_is_drawn() -> None:
    view = of_samples(counting(1, 1000), ROOM)
    assert view.values.ravel().tolist() == list(range(168))
    assert view.shown == "168 of 1,000 numbers"


def test_a_row_of_pixels_is_no_hairline() -> None:
    assert of_samples(counting(1, 1, 1, 28), ROOM).repeat == (8, 1)


def test_filters_have_a_line_for_each_input_and_a_column_for_each_output() -> None:
    w = counting(64, 32, 3, 3)
    view = of_parameter(w, ROOM, (32, 26, 26))
    assert np.array_equal(view.values, w[:12, :4].swapaxes(0, 1))
    assert (view.repeat, view.shown) == ((4, 4), "4 of 32 inputs, 12 of 64 outputs")


def test_filters_of_one_input_go_on_in_further_lines() -> None:
    w = counting(32, 1, 3, 3)
    view = of_parameter(w, ROOM, (1, 28, 28))
    assert np.array_equal(view.values, w.reshape(4, 8, 3, 3))
    assert view.shown == ""


@pytest.mark.parametrize(("outputs", "lines", "columns"), [(1, 1, 1), (7, 1, 7), (12, 1, 12), (14, 2, 7), (37, 3, 12)])
def test_no_line_of_filters_is_left_half_empty(outputs: int, lines: int, columns: int) -> None:
    assert of_parameter(counting(outputs, 1, 3, 3), ROOM, (1, 9, 9)).values.shape[:2] == (lines, columns)


def test_a_linear_layer_behind_an_image_has_images_for_rows() -> None:
    w = counting(10, 3 * 5 * 4)
    view = of_parameter(w, ROOM, (3, 5, 4))
    assert np.array_equal(view.values, w.reshape(10, 3, 5, 4).swapaxes(0, 1))


def test_between_vectors_it_is_a_matrix() -> None:
    w = counting(10, 20)
    view = of_parameter(w, ROOM, (20,))
    assert np.array_equal(view.values, w[None, None])
    assert (view.repeat, view.shown) == ((3, 8), "")
    assert of_parameter(counting(100, 200), ROOM, (200,)).shown == "168 of 200 inputs, 32 of 100 outputs"


def test_a_parameter_of_any_other_shape_is_a_strip() -> None:
    assert of_parameter(counting(7), ROOM, (3, 5, 4)).values.ravel().tolist() == list(range(7))
    assert of_parameter(counting(2, 1, 3, 1, 2), ROOM, (5,)).values.ravel().tolist() == list(range(12))


@pytest.mark.parametrize("room", [Room(4, 168), Room(1, 32)])
@pytest.mark.parametrize(
    "shape", [(1, 28, 28), (64, 24, 24), (3, 32, 32), (3, 224, 150), (5, 1, 1), (2, 1, 500), (900,)]
)
def test_no_picture_is_larger_than_its_room(shape: tuple[int, ...], room: Room) -> None:
    height, width = pixels(of_samples(np.zeros((9, *shape)), room))
    assert width <= room.width
    assert height <= room.samples * (32 + SPACE)
    height, width = pixels(of_parameter(np.zeros((50, int(np.prod(shape)))), room, shape))
    assert width <= room.width
    assert height <= 4 * (32 + SPACE)
