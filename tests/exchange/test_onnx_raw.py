"""An exported model takes what a user has, and answers as `network.predict` does of the same."""

import json

import numpy as np
import onnx
import onnxruntime
import pytest

from chainrule import (
    Adam,
    BinaryCrossEntropy,
    Convolution,
    DataWarning,
    Linear,
    MaxPooling,
    Network,
    ReLU,
    Residual,
    Scaling,
    Sequential,
    Sigmoid,
    SigmoidBinaryCrossEntropy,
    SquaredError,
    Standardise,
    Training,
    UsageError,
    fit,
)
from chainrule.data import Dataset, mnist
from chainrule.exchange import onnx_model
from chainrule.layers import Layer
from chainrule.losses import Loss
from messages import exactly

RNG = np.random.default_rng
SCALES = {"0 to 1": (0, 1), "-1 to 1": (-1, 2), "0 to 255": (0, 255)}
ANIMALS = "cat", "dog", "owl"
COLUMNS = "area (m2)", "rooms", "y"
FAR = pytest.mark.filterwarnings("ignore:column .* far from 1")  # how well it learns is of no concern here
ONE_EPOCH = Training(Adam(1e-2), epochs=1, batch_size=20)


def run(network: Network, given: np.ndarray | dict[str, np.ndarray], **wanted: bool) -> list[np.ndarray]:
    """All outputs, by onnxruntime's kernels."""
    model = onnx_model(network, **wanted).SerializeToString()
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    return [np.asarray(each) for each in session.run(None, given if isinstance(given, dict) else {"x": given})]


def agree(found: np.ndarray, expected: np.ndarray) -> None:
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


def trained(layers: list[Layer], data: Dataset, loss: Loss | None = None, **options) -> Network:
    network = Network(layers, data.x.shape[1:], loss, **options)
    fit(network, data, ONE_EPOCH, engine="reference")
    return network


def said(network: Network, **wanted: bool) -> dict[str, str]:
    return {each.key: each.value for each in onnx_model(network, **wanted).metadata_props}


def small_images(channels: int = 1) -> Dataset:
    """Bytes of squares in corners, light on dark, of three classes."""
    t = np.arange(60) % 3
    x = np.zeros((60, channels, 8, 8), np.uint8)
    for image, k in zip(x, t, strict=True):
        image[:, 1 + k : 5 + k, 1 + k : 4 + k] = 255
    noise = RNG(0).integers(0, 40, x.shape, np.uint8)
    return Dataset(np.maximum(x, noise), t, classes=ANIMALS)


def table(target: str = "price", n: int = 60) -> Dataset:
    """Columns of very different sizes; prices near 200,000 +- 50,000."""
    rng = RNG(1)
    x = np.stack([rng.normal(1e5, 1000, n), rng.normal(3, 1, n), rng.uniform(0, 1e-3, n)], axis=1)
    t = 200_000 + 50_000 * (x[:, 1] - 3) + rng.normal(0, 100, n)
    return Dataset(x, t, columns=COLUMNS, target=target)


def test_digits_in_bytes():
    digits = mnist("train").head(200)
    layers: list[Layer] = [Convolution(4), ReLU(), MaxPooling(), Linear(10)]
    network = trained(layers, digits, scaling=Scaling(0.1307, 0.3081))
    label, p = run(network, digits.x, preprocess=True, probabilities=True, labels=True)
    agree(p, network.predict(digits.x))
    assert label.dtype == np.int64
    np.testing.assert_array_equal(label, network.classify(digits.x))
    scaled = ((digits.x / 255 - 0.1307) / 0.3081).astype(np.float32)
    agree(run(network, scaled)[0], network(digits.x))
    assert said(network)["input"] == (
        "x: float32 (batch, 1, 28, 28), images 28 x 28, grey, bytes from 0 to 255, light ink on dark, as MNIST; "
        "give bytes p as (p / 255 - 0.1307) / 0.3081"
    )


def test_images_in_colour():
    images = small_images(3)
    block = Residual([Convolution(4, padding=1), ReLU(), Convolution(4, padding=1)])
    network = trained([Sequential([Convolution(4), ReLU()]), block, MaxPooling(), Linear(3)], images)
    label, p = run(network, images.x, preprocess=True, probabilities=True, labels=True)
    agree(p, network.predict(images.x))
    assert label.tolist() == [ANIMALS[k] for k in network.classify(images.x)]
    facts = said(network, preprocess=True)
    assert json.loads(facts["classes"]) == ["cat", "dog", "owl"]
    assert json.loads(facts["schema"])["inputs"]["shape"] == [3, 8, 8]
    assert "images 8 x 8, in colour, bytes from 0 to 255" in facts["input"]


@pytest.mark.parametrize("rows", [False, True])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("scale", SCALES)
def test_numbers_in_any_range_and_the_bytes_that_they_were(scale, dtype, rows):
    lowest, width = SCALES[scale]
    images = small_images()
    pixels = images.x.reshape(60, -1) if rows else images.x
    x = (lowest + pixels / 255 * width).astype(dtype)
    network = trained([Standardise.of(x), Linear(6), ReLU(), Linear(3)], Dataset(x, images.t), dtype=dtype)
    agree(run(network, x.astype(np.float32), probabilities=True)[0], network.predict(x))
    agree(run(network, pixels, probabilities=True, preprocess=True)[0], network.predict(pixels))
    assert scale in said(network)["input"]
    assert "bytes from 0 to 255" in said(network, preprocess=True)["input"] or rows


def test_how_bytes_are_read_is_said():
    images = small_images()
    found = []
    for lowest, width in SCALES.values():
        network = trained([Linear(3)], Dataset(lowest + images.x / 255 * width, images.t))
        found.append(said(network, preprocess=True)["input"].rpartition("reads as ")[2])
    assert found == ["p / 255", "(p / 255 - 0.5) / 0.5", "p"]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_prices(dtype):
    data = table()
    x = data.x.astype(np.float32)
    layers = [Standardise.of(data.x), Linear(8), ReLU(), Linear(1)]
    network = trained(layers, data, SquaredError.of(data.t), dtype=dtype)
    expected = network.predict(x.astype(dtype))
    assert 100_000 < expected.mean() < 300_000
    (found,) = run(network, x)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    (found,) = run(network, {name: x[:, [k]] for k, name in enumerate(COLUMNS)}, columns=True)
    np.testing.assert_allclose(found, expected, rtol=1e-6)


@FAR
def test_a_tables_columns_are_inputs_by_name_whatever_they_are_called():
    data = table()
    network = trained([Standardise.of(data.x), Linear(1)], data, SquaredError.of(data.t))
    model = onnx_model(network, columns=True)
    assert [value.name for value in model.graph.input] == ["area (m2)", "rooms", "y"]
    assert [value.name for value in model.graph.output] == ["y_"]  # y is a column
    facts = said(network)
    assert facts["input"] == ("x: float32 (batch, 3), a table of 3 columns: area (m2), rooms, y, in this order")
    assert json.loads(facts["columns"]) == ["area (m2)", "rooms", "y"]
    assert facts["output"].startswith("y: float32 (batch, 1), in the target's unit, price: ")
    clashing = "x", "x_1", "fc1_w"
    again = trained([Linear(1)], Dataset(data.x, data.t, columns=clashing), SquaredError.of(data.t))
    x = data.x.astype(np.float32)
    (found,) = run(again, {name: x[:, [k]] for k, name in enumerate(clashing)}, columns=True)
    np.testing.assert_allclose(found, again.predict(x), rtol=1e-5)


def test_several_targets_each_in_its_unit():
    x = RNG(0).normal(size=(60, 4))
    t = np.stack([1e5 + 1e4 * x[:, 0], 1e-3 * x[:, 1], x[:, 2]], axis=1)
    network = trained([Linear(8), ReLU(), Linear(3)], Dataset(x, t), SquaredError.of(t))
    (found,) = run(network, x.astype(np.float32))
    expected = network.predict(x)
    np.testing.assert_allclose(found / t.std(axis=0), expected / t.std(axis=0), rtol=1e-5, atol=1e-5)


def test_one_unit_for_all_outputs():
    network = trained([Linear(2)], Dataset(np.eye(4), np.ones((4, 2))), SquaredError(10.0, 3.0))
    agree(run(network, np.eye(4, dtype=np.float32))[0], network.predict(np.eye(4)))


@pytest.mark.parametrize(
    ("layers", "loss"),
    [([Linear(1)], SigmoidBinaryCrossEntropy()), ([Linear(1), Sigmoid()], BinaryCrossEntropy())],
)
def test_two_classes_by_one_output(layers, loss):
    x = RNG(0).normal(size=(60, 2))
    t = (x[:, 0] > 0).astype(np.int64)
    for names, kind in ((("no", "yes"), object), (("3", "8"), np.int64), (None, np.int64)):
        network = trained(layers, Dataset(x, t, classes=names), loss)
        label, p = run(network, x.astype(np.float32), labels=True, probabilities=True)
        agree(p, network.predict(x))
        assert label.dtype == kind
        assert [str(each) for each in label] == [(names or "01")[k] for k in network.classify(x)]
        assert said(network, probabilities=True)["output"].endswith(f"of class {(names or '01')[1]}")
    label, y = run(network, x.astype(np.float32), labels=True)
    agree(y, network(x))


def test_an_old_model_says_what_it_knows():
    network = Network([Linear(3)], (1, 2, 2), scaling=Scaling(0, 0.5))
    facts = said(network)
    assert facts["input"] == "x: float32 (batch, 1, 2, 2), numbers; give bytes p of images as p / 127.5"
    assert set(facts) == {"input", "output", "network"}
    label, y = run(network, np.full((2, 1, 2, 2), 200, np.uint8), preprocess=True, labels=True)
    agree(y, network(np.full((2, 1, 2, 2), 200, np.uint8)))
    assert label.tolist() == network.classify(np.full((2, 1, 2, 2), 200, np.uint8)).tolist()


@FAR
def test_what_cannot_be_taken_or_given_is_refused():
    data = table()
    network = trained([Linear(1)], data, SquaredError.of(data.t))
    what = "a table of 3 columns: area (m2), rooms, y"
    with pytest.raises(UsageError, match=exactly(f"bytes of pixels are wanted, but the model was trained on {what}")):
        onnx_model(network, preprocess=True)
    no_labels = "a network trained by SquaredError gives no labels; export its y instead"
    with pytest.raises(UsageError, match=exactly(no_labels)):
        onnx_model(network, labels=True)
    images = small_images()
    odd = trained([Linear(3)], Dataset((images.x / 255 - 0.1307) / 0.3081, images.t))
    with pytest.raises(UsageError, match="of which black and white are not known"):
        onnx_model(odd, preprocess=True)
    with pytest.raises(UsageError, match="an input for each column needs their names, but the model was trained on im"):
        onnx_model(odd, columns=True)
    with pytest.raises(UsageError, match="does not say what it was trained on"):
        onnx_model(Network([Linear(3)], 3), columns=True)
    many = Network([Linear(2)], 3, SigmoidBinaryCrossEntropy())
    with pytest.raises(UsageError, match="a network of several outputs trained by SigmoidBinaryCrossEntropy gives no"):
        onnx_model(many, labels=True)


def test_a_target_that_float32_cannot_hold_is_doubtful():
    network = Network([Linear(1)], 2, SquaredError(1.7e9, 60.0))
    with pytest.warns(DataWarning, match="ONNX's y is in float32, whose rounding is 1.7 of a standard deviation"):
        onnx_model(network)


def test_an_input_that_float32_cannot_hold_is_doubtful_where_the_network_could():
    layers: list[Layer] = [Standardise((1.7e9, 0.0), (60.0, 1.0)), Linear(1)]
    onnx_model(Network(layers, 2))
    with pytest.warns(DataWarning, match="ONNX's x is in float32, whose rounding is 1.7 of a standard deviation"):
        onnx_model(Network(layers, 2, dtype=np.float64))


def test_a_mean_is_not_rounded_where_the_network_does_not():
    layers: list[Layer] = [Standardise((1_000_000.03,), (10.0,)), Linear(1)]
    network = Network(layers, 1, SquaredError(), dtype=np.float64)
    x = np.array([[1e6 - 8], [1e6], [1e6 + 8]], np.float32)
    with pytest.warns(DataWarning):
        np.testing.assert_allclose(run(network, x)[0], network.predict(x), rtol=1e-5, atol=1e-6)


@FAR
def test_a_model_is_described_for_viewers():
    data = table()
    network = trained([Linear(1)], data, SquaredError.of(data.t))
    model = onnx_model(network, columns=True)
    assert model.doc_string.startswith("input: area (m2): float32 (batch, 1), 9")
    assert model.graph.input[1].doc_string == "0.749146 to 4.75338, 2.94551 ± 0.8259"
    onnx.checker.check_model(model, full_check=True)
