"""Samples, filters and matrices as pictures: each pixel of the right colour, crisp."""

from base64 import b64decode
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

import chainrule as cr
from chainrule.tasks.classification import Classification
from chainrule.views.colours import GAP
from chainrule.views.pictures import SPACE, picture, pixels, resized
from chainrule.views.report.confusion import confusion
from chainrule.views.report.filters import filters, first_filters, in_lines

IN_BLOCKS = "block1.block1.conv1.w", (2, 2, 1, 1)


def decoded(html: str) -> np.ndarray:
    """The first image of a piece of a page."""
    source = html.split("base64,")[1].split('"')[0]
    with Image.open(BytesIO(b64decode(source))) as image:
        return np.asarray(image.convert("RGBA"))


def filters_of(network: cr.Network) -> str:
    section = filters(network)
    assert section is not None
    return section.content


def test_bytes_stay_as_they_are():
    x = np.array([[[0, 100], [200, 255]]], np.uint8)
    assert np.array_equal(pixels(x), x[0])
    coloured = np.arange(12, dtype=np.uint8).reshape(3, 2, 2)
    assert np.array_equal(pixels(coloured)[1, 0], [2, 6, 10])
    assert np.array_equal(pixels(coloured[:2]), [[2, 3], [4, 5]])


def test_other_numbers_go_from_black_to_white():
    assert np.array_equal(pixels(np.array([[[-1.0, 1.0, 0.0]]])), [[0, 255, 128]])
    assert np.array_equal(pixels(np.full((1, 2, 2), 7.0)), np.zeros((2, 2)))
    assert np.array_equal(pixels(np.array([[[np.nan, 1.0, 2.0, np.inf]]])), [[0, 0, 255, 0]])


def test_small_pictures_are_made_of_crisp_squares_and_large_ones_shrink():
    image = np.random.default_rng(0).integers(0, 256, (10, 7)).astype(np.uint8)
    large = np.asarray(resized(image, 35))
    assert np.array_equal(large, np.kron(image, np.ones((3, 3), np.uint8)))
    assert np.asarray(resized(np.zeros((300, 100, 3), np.uint8), 60)).shape == (60, 20, 3)
    assert resized(np.zeros((1000, 1), np.uint8), 60).size == (1, 60)


def test_a_picture_says_what_it_shows():
    html = picture(np.zeros((1, 4, 4), np.uint8), 'a "zero"')
    assert 'alt="a &quot;zero&quot;"' in html
    assert decoded(html).shape == (112, 112, 4)


@pytest.mark.parametrize(
    ("layers", "shape", "expected"),
    [
        ([cr.Convolution(3, 3), cr.Linear(2)], (2, 8, 8), ("conv1.w", (3, 2, 3, 3))),
        ([cr.ReLU(), cr.Convolution(3, 3), cr.Linear(2)], (1, 8, 8), ("conv1.w", (3, 1, 3, 3))),
        ([cr.Residual((cr.Sequential((cr.ReLU(), cr.Convolution(2, 1))),)), cr.Linear(2)], (2, 8, 8), IN_BLOCKS),
        ([cr.Linear(5), cr.Linear(2)], (1, 8, 6), ("fc1.w", (5, 1, 8, 6))),
        ([cr.Linear(5)], 48, None),
    ],
)
def test_the_first_filters_are_those_that_an_image_meets(layers, shape, expected):
    network = cr.Network(layers, shape)
    found = first_filters(network)
    assert (found and (found[0], found[1].shape)) == expected
    assert (filters(network) is None) == (expected is None)


def test_filters_are_blue_below_0_white_at_0_and_vermilion_above():
    network = cr.Network([cr.Convolution(2, 2)], (1, 4, 4), cr.SquaredError())
    network.named()["conv1.w"][:] = np.array([[[[1, -1], [0, 0.5]]], [[[-0.5, 0], [np.nan, 1]]]])
    content = filters_of(network)
    image, zoom = decoded(content), 12
    assert image.shape == (24, 2 * 24 + SPACE, 4)
    assert np.array_equal(image[0, 0, :3], [0xD5, 0x5E, 0x00])
    assert np.array_equal(image[0, zoom, :3], [0x00, 0x72, 0xB2])
    assert np.array_equal(image[zoom, 0, :3], [255, 255, 255])
    assert np.array_equal(image[0, 24:, 3], [0, 0, *[255] * 24])
    assert np.array_equal(image[zoom, 24 + SPACE, :3], [0xFF, 0x00, 0xC8])
    np.testing.assert_allclose(image[2 * zoom - 1, 2 * zoom - 1, :3], [0xEA, 0xAE, 0x80], atol=2)
    np.testing.assert_allclose(image[0, 24 + SPACE, :3], [0x80, 0xB8, 0xD8], atol=2)
    assert "2 filters of 2 × 2." in content
    assert "up to 1." in content


@pytest.mark.parametrize(
    ("channels", "outputs", "lines", "columns", "shown"),
    [
        (1, 20, 2, 16, "20 filters of 3 × 3."),
        (1, 130, 8, 16, "128 of 130 filters of 3 × 3."),
        (3, 5, 3, 5, "5 filters of 3 × 3 in 3 of 3 channels"),
        (6, 40, 4, 16, "16 of 40 filters of 3 × 3 in 4 of 6 channels"),
    ],
)
def test_filters_stand_in_lines(channels, outputs, lines, columns, shown):
    content = filters_of(cr.Network([cr.Convolution(outputs, 3)], (channels, 4, 4), cr.SquaredError()))
    assert shown in content
    assert decoded(content).shape[:2] == (lines * (24 + SPACE) - SPACE, columns * (24 + SPACE) - SPACE)


def test_each_input_channel_of_a_filter_stands_below_the_other():
    levels = np.arange(6, dtype=np.uint8).reshape(3, 2, 1, 1)  # (oc, ic, i, j)
    assert in_lines(levels, columns=2)[..., 0, 0].tolist() == [[0, 2], [1, 3], [4, GAP], [5, GAP]]


def test_a_large_confusion_matrix_is_blue_where_it_is_right_and_vermilion_where_it_is_wrong():
    t = np.arange(30)
    chosen = t.copy()
    chosen[4] = 9
    seen = Classification.of(np.eye(30)[chosen], chosen, t)
    image = decoded(confusion(seen).content)[8::16, 8::16, :3].astype(int)
    assert image.shape == (30, 30, 3)
    right, wrong, none = image[0, 0], image[4, 9], image[9, 4]
    assert right[2] > right[0]
    assert wrong[0] > wrong[2]
    assert np.array_equal(none, [255, 255, 255])
    assert np.array_equal(image[4, 4], [255, 255, 255])
