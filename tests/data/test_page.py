"""What is found on a page: shapes, lines, strokes, each against its definition or a page that is drawn."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from chainrule.base.errors import DataError
from chainrule.data.page.lines import likely_lines
from chainrule.data.page.look import look_at
from chainrule.data.page.morphology import closing, components, dilated
from chainrule.data.page.paper import noise_of, page
from chainrule.data.page.rulings import without_lines


def masks(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.random(rng.integers(1, 20, 2)) < rng.uniform(0.1, 0.9)


def flooded(mask: np.ndarray) -> np.ndarray:
    """The components of a mask, by walking from pixel to pixel."""
    labels, count = np.zeros(mask.shape, int), 0
    for start in map(tuple, np.argwhere(mask)):
        if labels[start]:
            continue
        count += 1
        todo = [start]
        while todo:
            i, j = todo.pop()
            if 0 <= i < mask.shape[0] and 0 <= j < mask.shape[1] and mask[i, j] and not labels[i, j]:
                labels[i, j] = count
                todo += [(i + a, j + b) for a in (-1, 0, 1) for b in (-1, 0, 1)]
    return labels


@settings(max_examples=60)
@given(st.integers(0, 2**32 - 1))
def test_components_are_what_hangs_together(seed: int) -> None:
    mask = masks(seed)
    found, expected = components(mask), flooded(mask)
    assert np.array_equal(found.labels, expected)
    assert found.n == expected.max(initial=0)
    for k in range(1, found.n + 1):
        rows, columns = np.nonzero(expected == k)
        assert found.sums(np.ones(mask.shape))[k] == len(rows)
        assert found.boxes()[k].tolist() == [rows.min(), columns.min(), rows.max() + 1, columns.max() + 1]


@settings(max_examples=40)
@given(st.integers(0, 2**32 - 1), st.integers(1, 6))
def test_a_closing_is_the_lowest_of_the_highest_around(seed: int, width: int) -> None:
    image = np.random.default_rng(seed).random(masks(seed).shape)

    def around(a: np.ndarray) -> np.ndarray:
        return np.lib.stride_tricks.sliding_window_view(a, (width, width))

    padded = np.pad(image, width, mode="edge")
    expected = around(around(padded).max(axis=(2, 3))).min(axis=(2, 3))[1 : 1 + len(image), 1 : 1 + image.shape[1]]
    assert np.array_equal(closing(image, width), expected)
    assert (closing(image, width) >= image).all()


def test_a_dilation_reaches_so_far() -> None:
    mask = np.zeros((9, 9), bool)
    mask[4, 1] = True
    assert np.array_equal(np.argwhere(dilated(mask, 2)), [(i, j) for i in range(2, 7) for j in range(4)])


def test_noise_is_measured_beside_rulings_and_slopes_of_light() -> None:
    sheet = np.tile(np.linspace(0.5, 1, 200), (200, 1))
    sheet[::20] = sheet[1::20] = 0.1
    sheet += np.random.default_rng(0).normal(0, 0.03, sheet.shape)
    assert noise_of(sheet) == pytest.approx(0.03, rel=0.15)


def test_a_desk_beside_the_sheet_is_no_ink_and_a_shadow_is_none() -> None:
    sheet = np.full((120, 160), 220.0)
    sheet[:, :20] = 40  # the desk
    sheet[:, 90:] *= 0.6  # a shadow
    sheet[50:60, 60:130] *= 0.25  # a stroke
    ink = page(sheet.astype(np.uint8), "dark").ink
    assert np.allclose(ink[50:60, 60:130], 0.75, atol=0.02)
    ink[50:60, 60:130] = 0
    assert ink.max() < 0.02


@pytest.mark.parametrize("slope", [-0.3, -0.05, 0.0, 0.2])
def test_a_line_is_where_most_of_its_pixels_are(slope: float) -> None:
    image = Image.new("1", (150, 100))
    ImageDraw.Draw(image).line([(0, 50 - 75 * slope), (149, 50 + 74 * slope)], 1, 2)
    left, right = likely_lines(np.asarray(image))[0]
    assert abs((left + right) / 2 - 50) <= 1.5
    assert abs((right - left) / 149 - slope) < 0.02


@pytest.mark.parametrize("turn", [-14, 0, 9])
@pytest.mark.parametrize("level", [60, 150])  # as dark as the pen, or lighter
def test_squares_go_and_strokes_across_them_stay(turn: int, level: int) -> None:
    sheet = Image.new("L", (400, 400), 230)
    draw = ImageDraw.Draw(sheet)
    for at in range(0, 400, 36):
        draw.line([(at, 0), (at, 400)], level, 2)
        draw.line([(0, at), (400, at)], level, 2)
    stroke = Image.new("L", (400, 400))
    ImageDraw.Draw(stroke).line([(170, 140), (230, 150), (180, 260)], 255, 12, joint="curve")
    sheet = sheet.rotate(turn, Image.Resampling.BICUBIC).crop((80, 80, 320, 320))
    sheet.paste(60, (0, 0), stroke.crop((80, 80, 320, 320)))
    pen = np.asarray(stroke.crop((80, 80, 320, 320))) > 127
    ink, noise = page(np.asarray(sheet), "dark")
    unruled = without_lines(ink, noise)
    assert unruled.ink[~dilated(pen, 3)].mean() < 0.25 * ink[~dilated(pen, 3)].mean()
    assert unruled.ink[pen].mean() > 0.93 * ink[pen].mean()
    assert np.median(unruled.tilts) == pytest.approx(-turn, abs=0.5)


def test_a_stroke_that_is_short_or_thick_is_no_ruling() -> None:
    ink = np.zeros((200, 200), np.float32)
    ink[40:160, 100:104] = 1  # long, but not as the page
    ink[:, 20:40] = 1  # as long as the page, but thick
    assert np.array_equal(without_lines(ink, 0.0).ink, ink)


def test_the_parts_of_a_digit_are_one_figure() -> None:
    sheet = np.full((120, 120), 230, np.uint8)
    sheet[30:80, 40:46] = 20
    sheet[30:36, 50:75] = 20  # its loose bar
    sheet[100:112, 100:106] = 20  # another figure
    found = look_at(sheet).figures
    assert [figure.box for figure in found] == [(30, 40, 80, 75), (100, 100, 112, 106)]
    assert found[0].size == 50
    assert not found[0].touches


@pytest.mark.parametrize("turn", [0, 12])
def test_a_box_around_a_digit_is_none_of_it(turn: int) -> None:
    sheet = Image.new("L", (200, 200), 230)
    ImageDraw.Draw(sheet).rectangle((55, 45, 145, 150), None, 40, 4)
    sheet = sheet.rotate(turn, Image.Resampling.BICUBIC, fillcolor=230)
    ImageDraw.Draw(sheet).ellipse((85, 75, 115, 120), None, 40, 7)
    found = look_at(np.asarray(sheet)).figures
    assert [figure.box for figure in found] == [(75, 85, 121, 116)]


def test_the_loop_of_a_digit_is_no_frame() -> None:
    sheet = Image.new("L", (100, 100), 230)
    ImageDraw.Draw(sheet).ellipse((20, 10, 80, 90), None, 40, 7)
    ImageDraw.Draw(sheet).ellipse((46, 46, 54, 54), 40)  # a blot
    assert look_at(np.asarray(sheet)).figures[0].box == (10, 20, 91, 81)


@pytest.mark.parametrize("light", [False, True])
def test_which_is_ink_beside_a_desk(light: bool) -> None:
    sheet = np.full((200, 150), 210, np.uint8)
    sheet[90:150, 70:76] = 50
    sheet[:40] = 90  # the desk
    sheet[:, 130:] = 90
    look = look_at(255 - sheet if light else sheet)
    assert look.figures[0].box == (90, 70, 150, 76)


def test_grain_is_no_digit() -> None:
    grey = np.random.default_rng(0).normal(128, 20, (80, 80)).clip(0, 255).astype(np.uint8)
    with pytest.raises(DataError, match=r"^the image is all grain: nothing stands out from it; expected a digit$"):
        look_at(grey)
