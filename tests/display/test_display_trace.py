"""A trace's pictures show its numbers; there are never too many of them."""

from base64 import b64decode
from io import BytesIO
from xml.etree.ElementTree import Element

import matplotlib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from chainrule import Network, preset, trace
from chainrule.data import mnist
from chainrule.layers import Convolution, Dropout, Linear, ReLU, Residual, Tanh
from chainrule.losses import SquaredError
from chainrule.network.tracing import Trace
from chainrule.views.colours import MAGENTA, rgba
from chainrule.views.notebook import trace_html
from markup import read, text_of
from strategies import batches, networks


@pytest.fixture(scope="module")
def digits() -> Trace:
    batch = mnist("train").head(64)
    return trace(preset("mnist").network(), batch.x, batch.t)


def regression(samples: int) -> Trace:
    network = Network([Linear(5), Tanh(), Linear(1)], 3, SquaredError())
    rng = np.random.default_rng(0)
    return trace(network, rng.normal(size=(samples, 3)), rng.normal(size=samples))


def rows(kept: Trace) -> dict[str, Element]:
    """The table's rows, by what is shown in them."""
    body = read(trace_html(kept)).findall(".//tbody/tr")
    return {text_of(row.findall("th/div/b")[0]): row for row in body}


def pixels(row: Element, column: int) -> np.ndarray:
    """(height, width, 4) uint8: the picture of the value (0) or of the gradient (1)."""
    image = row.findall("td")[column].find("img")
    assert image is not None
    with Image.open(BytesIO(b64decode(image.attrib["src"].partition(",")[2]))) as opened:
        return np.asarray(opened.convert("RGBA"))


def test_every_value_and_every_parameter_has_a_row_with_two_pictures(digits: Trace) -> None:
    found = rows(digits)
    names = ["x", "conv1.w", "conv1.b", "x1", "x2", "conv2.w", "conv2.b", "x3", "x4", "x5", "x6"]
    assert list(found) == [*names, "fc1.w", "fc1.b", "x7", "x8", "x9", "fc2.w", "fc2.b", "y"]
    for row in found.values():
        assert len(list(row.iter("img"))) == 2
    label = text_of(found["x5"].findall("th")[0])
    assert label == "x5 = MaxPooling(2x2)64 × 12 × 126 of 64 channels"
    assert "32 × 1 × 3 × 3" in text_of(found["conv1.w"])


def test_it_says_what_is_shown_of_the_batch(digits: Trace) -> None:
    text = text_of(read(trace_html(digits)))
    assert "Trace of 64 samples" in text
    assert "shown: samples 1 to 4 of 64, one below the other" in text
    assert f"summed loss {digits.loss:.4g}, {digits.loss / 64:.4g} a sample" in text
    assert "shown: samples 1 to 2 of 2," in text_of(read(trace_html(regression(2))))
    assert "shown: sample 1 of 1," in text_of(read(trace_html(regression(1))))


def test_values_have_the_colours_of_viridis(digits: Trace) -> None:
    x = digits.x[5][:4, :6]  # (64, 12, 12) behind the max-pool, two pixels for each
    picture, size = pixels(rows(digits)["x5"], 0), 24
    assert picture.shape == (4 * 26 - 2, 6 * 26 - 2, 4)
    colours = matplotlib.colormaps["viridis"]((x - x.min()) / (x.max() - x.min()))
    for s in range(4):
        for c in range(6):
            tile = picture[s * 26 : s * 26 + size, c * 26 : c * 26 + size]
            np.testing.assert_allclose(tile[::2, ::2] / 255, colours[s, c], atol=0.08)
            assert np.array_equal(tile[1::2, 1::2], tile[::2, ::2])
    assert (picture[24, :, 3] == 0).all()  # between two samples


def test_gradients_are_orange_above_zero_blue_below_and_hardly_there_at_zero(digits: Trace) -> None:
    gy = digits.gx[-1][:4]  # (10,), 8 x 8 pixels for each
    picture = pixels(rows(digits)["y"], 1)[:, ::8].astype(int)
    for s in range(4):
        line = picture[s * 10]
        assert np.array_equal(line[:, 0] > line[:, 2], gy[s] > 0)
        strength = np.abs(gy[s]) / np.abs(gy).max()
        np.testing.assert_allclose(line[:, 3], np.interp(strength, [0, 0.5, 1], [40, 176, 255]), atol=3)
    zero = pixels(rows(digits)["x4"], 1)[:24, :24][digits.gx[4][0, 0] == 0]
    assert len(zero) > 100
    assert (zero == [128, 128, 128, 40]).all()


def test_numbers_stand_beside_the_pictures(digits: Trace) -> None:
    row = rows(digits)["x2"]
    x, gx = digits.x[2], digits.gx[2]
    value, gradient = (text_of(cell) for cell in row.findall("td"))
    for text, a in ((value, x), (gradient, gx)):
        norm = np.linalg.norm(a.astype(np.float64))
        assert f"rms {norm / np.sqrt(a.size):.3g} · norm {norm:.3g} · {np.mean(a == 0):.0%} zero" in text
    most = np.abs(gx[:4, :6]).max()
    assert value.startswith(f"0{x[:4, :6].max():.3g}")  # the ends of the colour scale
    assert gradient.startswith(f"-{most:.3g}{most:.3g}")


def test_a_page_stays_small(digits: Trace) -> None:
    assert len(trace_html(digits).encode()) < 200_000
    layers = [layer for _ in range(20) for layer in (Convolution(8, 3, padding=1), ReLU())]
    deep = Network([*layers, Linear(10)], (3, 32, 32))
    kept = trace(deep, np.random.default_rng(0).normal(size=(2, 3, 32, 32)), [1, 2])
    assert len(trace_html(kept).encode()) < 300_000


def test_a_regression() -> None:
    found = rows(regression(2))
    assert list(found) == ["x", "fc1.w", "fc1.b", "x1", "x2", "fc2.w", "fc2.b", "y"]


def test_blocks_are_shown_node_by_node() -> None:
    block = Residual((Convolution(2, 3, padding=1), Dropout(0.5), ReLU()), Convolution(2, 1))
    network = Network([Tanh(), block, Linear(3)], (1, 5, 5))
    kept = trace(network, np.random.default_rng(0).normal(size=(2, 1, 5, 5)), [0, 2])
    found = rows(kept)
    own, shortcut = ["block1.conv1.w", "block1.conv1.b"], ["block1.shortcut.w", "block1.shortcut.b"]
    assert list(found) == ["x", "x1", *own, "x2", "x3", "x4", *shortcut, "x5", "x6", "fc1.w", "fc1.b", "y"]
    labels = [text_of(found[name].findall("th")[0]) for name in ("x1", "x2", "x5", "x6")]
    assert labels == [
        "x1 = Tanh()1 × 5 × 5",
        "x2 = Convolution(2, 3x3, padding=1)block1.conv12 × 5 × 5",
        "x5 = Convolution(2, 1x1) of x1block1.shortcut2 × 5 × 5",
        "x6 = sum of x4, x5block1.sum2 × 5 × 5",
    ]
    assert f"norm {np.linalg.norm(kept.x[4] + kept.x[5]):.3g}" in text_of(found["x6"])


def test_what_is_not_finite_is_seen_and_counted() -> None:
    network = Network([Linear(4), ReLU()], 3, SquaredError())
    network.named()["fc1.b"][1] = np.nan
    with np.errstate(invalid="ignore"):
        kept = trace(network, np.ones((2, 3), np.float32), np.zeros((2, 4)))
    row = rows(kept)["x1"]
    assert "2 not finite" in text_of(row)
    assert (pixels(row, 0)[:, 8:16] == rgba(MAGENTA)).all(axis=2).sum() == 2 * 8 * 8


def test_zeros_everywhere_are_shown_as_zeros() -> None:
    kept = trace(Network([ReLU()], 2, SquaredError()), np.zeros((1, 2)), np.zeros((1, 2)))
    row = rows(kept)["y"]
    assert text_of(row).count("100% zero") == 2
    assert (pixels(row, 1) == [128, 128, 128, 40]).all()


def test_no_samples_no_pictures() -> None:
    found = rows(regression(0))
    assert not list(found["x"].iter("img"))
    assert text_of(found["x"]).count("no values") == 2
    assert len(list(found["fc1.w"].iter("img"))) == 2


@settings(max_examples=40)
@given(data=st.data(), network=networks())
def test_any_network_can_be_traced_and_shown(data: st.DataObject, network: Network) -> None:
    batch = data.draw(batches(network))
    kept = trace(network, batch.samples, batch.t)
    assert len(rows(kept)) == len(network.graph.nodes) + 1 + len(network.parameters)


def test_a_notebook_finds_it() -> None:
    kept = regression(2)
    assert kept._repr_html_() == trace_html(kept)
