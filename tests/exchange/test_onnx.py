"""As ONNX a network computes the same, in onnxruntime and in onnx's own reference evaluator."""

import json
import sys
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx.reference import ReferenceEvaluator

import chainrule
from chainrule import (
    ELU,
    GELU,
    NLL,
    AveragePooling,
    BatchNormalisation,
    BinaryCrossEntropy,
    ChainruleError,
    Convolution,
    DataError,
    Dropout,
    LayerNormalisation,
    LeakyReLU,
    Linear,
    LogSoftmax,
    LogSoftmaxNLL,
    MaxPooling,
    Network,
    NetworkError,
    ReLU,
    Residual,
    Scaling,
    Sequential,
    Sigmoid,
    SigmoidBinaryCrossEntropy,
    Softmax,
    SquaredError,
    Standardise,
    UsageError,
)
from chainrule.data import mnist
from chainrule.exchange import onnx_model, to_onnx
from chainrule.exchange.description import build
from chainrule.layers import Layer
from chainrule.losses.loss import RealLoss
from messages import exactly
from oracles import assert_agrees
from strategies import OURS, networks

EXAMPLES: dict[type[Layer], list[dict[str, Any]]] = {  # of layers that have options; the others have none
    Convolution: [
        {"out_channels": 3},
        {"out_channels": 2, "kernel_size": 1},
        {"out_channels": 3, "kernel_size": 4, "stride": 2, "padding": 3},
        {"out_channels": 3, "kernel_size": (2, 4), "stride": (2, 1), "padding": "same", "bias": False},
        {"out_channels": 4, "dilation": (1, 2), "padding": (0, 2), "groups": 2},
    ],
    Linear: [{"out_features": 4}, {"out_features": 4, "bias": False}],
    ReLU: [{}, {"derivative_at_zero": 1}],
    Dropout: [{"p": 0.5}],
    Sequential: [{"layers": [Convolution(3), ReLU(), Dropout(0.5), MaxPooling()]}],
    Residual: [
        {"layers": [Convolution(2, padding=1), ReLU(), Dropout(0.5), Convolution(2, padding=1)]},
        {"layers": [Convolution(3), Residual([ReLU()])], "shortcut": [Convolution(3, 2), Convolution(3, 2)]},
        {"layers": [Dropout(0.5)]},
    ],
    Standardise: [{"mean": (1.5, -2.0), "std": (0.5, 3.0)}],
    LeakyReLU: [{}, {"slope": 0.3}],
    ELU: [{}, {"alpha": 0.3}],
    GELU: [{}, {"approximate": True}],
    LayerNormalisation: [{}, {"eps": 0.1}],
    BatchNormalisation: [{}, {"eps": 0.1}],
    MaxPooling: [{}, {"size": 3}, {"size": 3, "stride": 1}, {"size": 2, "stride": 3}, {"size": 1, "stride": 2},
                 {"size": (3, 2), "stride": (1, 2), "padding": 1}, {"size": 3, "stride": 2, "padding": "same"}],
    AveragePooling: [{}, {"size": 3}, {"size": 3, "stride": 1}, {"size": 2, "stride": 3}, {"size": 1, "stride": 2},
                     {"size": (3, 2), "stride": (1, 2), "padding": 1}, {"size": 3, "stride": 2, "padding": "same"},
                     {"size": 3, "stride": 2, "padding": 1, "count_include_pad": False}],
}  # fmt: skip


def in_onnxruntime(model: onnx.ModelProto, x: np.ndarray, batch_size: int = 250) -> np.ndarray:
    """The output for x, by onnxruntime's kernels."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 2
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    batches = (x[k : k + batch_size] for k in range(0, len(x), batch_size))
    return np.concatenate([np.asarray(session.run(None, {"x": batch})[0]) for batch in batches])


def in_reference(model: onnx.ModelProto, x: np.ndarray) -> np.ndarray:
    """The output for x, by the definitions in NumPy that come with onnx."""
    return np.asarray(ReferenceEvaluator(model).run(None, {"x": x})[0])  # type: ignore[index]


def pools_padded(network: Network) -> bool:
    """Whether it pools padded images, of which onnx's definitions make an array of another shape than they fill."""
    pools = (node.layer for node in network.graph.nodes if isinstance(node.layer, MaxPooling | AveragePooling))
    return any(pool.padding != 0 for pool in pools)


def single(network: Network, scaling: Scaling) -> Network:
    """The same network in float32."""
    twin = Network(network.layers, network.input_shape, network.loss, scaling=scaling)
    twin.w[:], twin.statistics[:] = network.w, network.statistics
    return twin


def samples(network: Network, preprocess: bool) -> np.ndarray:
    rng = np.random.default_rng(0)
    if preprocess:
        return rng.integers(0, 256, (3, *network.input_shape), np.uint8)
    return rng.normal(size=(3, *network.input_shape)).astype(np.float32)


def check(network: Network, preprocess: bool = False, probabilities: bool = False) -> None:
    """Both runtimes give what the network gives, to 1e-5."""
    model = onnx_model(network, preprocess, probabilities)
    onnx.checker.check_model(model, full_check=True)
    x = samples(network, preprocess)
    expected = network.predict(x) if probabilities else network(x)
    for run in [in_onnxruntime] + [in_reference] * (not pools_padded(network)):
        found = run(model, x)
        assert found.dtype == np.float32
        assert_agrees(found, expected, 1e-5)


@settings(max_examples=50, deadline=None)
@given(networks(), st.booleans(), st.booleans(), st.sampled_from([0.0, 0.1307]), st.sampled_from([1.0, 0.3081]))
def test_any_network_computes_the_same_in_both_runtimes(network, preprocess, probabilities, mean, std):
    probabilities = probabilities and not isinstance(network.loss, RealLoss)
    check(single(network, Scaling(mean, std)), preprocess, probabilities)


@pytest.mark.parametrize("kind", OURS)
def test_every_layer_computes_the_same_in_both_runtimes(kind):
    shape = (5,) if kind in (Softmax, LogSoftmax) else (2, 7, 8)
    for option in EXAMPLES.get(kind, [{}]):
        network = Network([kind(**option)], shape, SquaredError(), seed=4)
        for numbers in (network.w, network.statistics):
            numbers[:] = np.random.default_rng(4).uniform(0.5, 1.5, len(numbers))
        check(network)


def test_layers_of_signals_compute_the_same_in_both_runtimes():
    layers = [
        Convolution(4, 5, padding="same"), MaxPooling(3, 2, 1), Convolution(4, 3, dilation=2, groups=2),
        AveragePooling(2, padding=1, count_include_pad=False), Linear(3, bias=False),
    ]  # fmt: skip
    check(Network(layers, (3, 20), SquaredError(), seed=4))


@pytest.fixture(scope="module")
def trained():
    """The network of pytorch/examples/mnist, a little trained."""
    network = chainrule.preset("mnist").network(seed=1)
    chainrule.fit(network, mnist("train").head(4000), chainrule.Training(chainrule.Adam(2e-3), epochs=1))
    return network


@pytest.mark.heavy
def test_onnxruntime_says_the_same_of_all_test_digits(trained):
    digits = mnist("test").x
    expected = trained.predictor().outputs(digits)
    found = in_onnxruntime(onnx_model(trained, preprocess=True), digits)
    assert_agrees(found, expected, 1e-5)
    np.testing.assert_array_equal(found.argmax(1), expected.argmax(1))
    assert (found.argmax(1) == mnist("test").t).mean() > 0.9


def test_the_reference_evaluator_says_the_same_of_digits(trained):
    digits = mnist("test").head(50).x
    found = in_reference(onnx_model(trained, preprocess=True, probabilities=True), digits)
    assert_agrees(found, trained.predict(digits), 1e-5)
    np.testing.assert_array_equal(found.argmax(1), trained.classify(digits))


def test_one_model_takes_batches_of_any_size():
    network = Network([Convolution(2), ReLU(), MaxPooling(), Dropout(0.5), Linear(3)], (1, 6, 6))
    model = onnx_model(network)
    x = np.random.default_rng(0).normal(size=(17, 1, 6, 6)).astype(np.float32)
    for n in (1, 2, 17):
        assert_agrees(in_onnxruntime(model, x[:n]), network(x[:n]), 1e-5)
        assert_agrees(in_reference(model, x[:n]), network(x[:n]), 1e-5)


@pytest.mark.parametrize(
    ("layers", "loss"),
    [
        ([Linear(3)], LogSoftmaxNLL()),
        ([Linear(3), Softmax()], NLL()),
        ([Linear(1)], SigmoidBinaryCrossEntropy()),
        ([Linear(2), Sigmoid()], BinaryCrossEntropy()),
    ],
    ids=lambda value: type(value).__name__,
)
def test_the_probabilities_of_each_loss(layers, loss):
    network = Network(layers, 4, loss, seed=2)
    check(network, probabilities=True)
    assert onnx_model(network, probabilities=True).graph.output[0].name == "probabilities"


@pytest.mark.parametrize("preprocess", [False, True])
def test_a_file_says_what_it_is(preprocess, tmp_path):
    network = chainrule.preset("mnist").network(seed=1)
    to_onnx(network, tmp_path / "m.onnx", preprocess=preprocess)
    model = onnx.load(tmp_path / "m.onnx")
    onnx.checker.check_model(model, full_check=True)
    assert (model.producer_name, model.producer_version) == ("chainrule", chainrule.__version__)
    assert (model.ir_version, [(o.domain, o.version) for o in model.opset_import]) == (8, [("", 17)])
    (x,), (y,) = model.graph.input, model.graph.output
    kind = onnx.TensorProto.UINT8 if preprocess else onnx.TensorProto.FLOAT
    for value, name, element, shape in ((x, "x", kind, [1, 28, 28]), (y, "y", onnx.TensorProto.FLOAT, [10])):
        assert (value.name, value.type.tensor_type.elem_type) == (name, element)
        batch, *sizes = value.type.tensor_type.shape.dim
        assert (batch.dim_param, [size.dim_value for size in sizes]) == ("batch", shape)
    assert "(p / 255 - 0.1307) / 0.3081" in x.doc_string
    said = {each.key: each.value for each in model.metadata_props}
    assert set(said) == {"input", "output", "network"}  # it was trained on nothing yet
    assert said["input"] == f"x: {'uint8' if preprocess else 'float32'} (batch, 1, 28, 28), {x.doc_string}"
    assert str(build(json.loads(said["network"]))) == str(network)


def test_the_parameters_keep_their_names_and_bits_even_where_they_are_no_numbers():
    network = Network([Convolution(2), Linear(3)], (1, 4, 4), seed=5)
    network.w[:3] = np.nan, np.inf, -np.inf
    constants = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in onnx_model(network).graph.initializer}
    assert list(constants) == ["conv1_w", "conv1_b", "fc1_w", "fc1_b"]
    assert b"".join(a.tobytes() for a in constants.values()) == network.w.tobytes()


def test_all_names_are_identifiers_and_no_value_is_given_twice():
    twice = Standardise((1.0,), (2.0,))
    network = Network([twice, twice, Linear(5), Linear(3), Dropout(0.5)], (1, 2, 3), scaling=Scaling(0.1, 0.2))
    for probabilities in (False, True):
        graph = onnx_model(network, preprocess=True, probabilities=probabilities).graph
        names = [graph.input[0].name, *(t.name for t in graph.initializer), *(o for n in graph.node for o in n.output)]
        assert all(name.isidentifier() for name in names)
        assert len(names) == len(set(names))
        assert graph.node[-1].output == [graph.output[0].name]


def test_a_network_of_float64_is_rounded():
    network = Network([Linear(3)], 2, seed=1, dtype=np.float64)
    x = np.random.default_rng(0).normal(size=(4, 2)).astype(np.float32)
    assert_agrees(in_onnxruntime(onnx_model(network), x).astype(np.float64), network(x), 1e-5)
    network.w[1] = 1e300
    with pytest.raises(DataError, match=exactly("fc1.w holds 1e+300, which is too large for float32")):
        onnx_model(network)


@dataclass(frozen=True)
class Doubled(ReLU):
    """A layer that chainrule has not."""


class OwnLoss(LogSoftmaxNLL):
    """A loss that chainrule has not."""


def test_what_onnx_cannot_say_is_refused():
    known = "Convolution, MaxPooling, AveragePooling, Linear, ReLU, LeakyReLU, ELU, Softplus, Softmax, LogSoftmax, "
    known += "Sigmoid, Tanh, Flatten, BatchNormalisation, LayerNormalisation, Dropout, "
    known += "Standardise, Scale, SiLU, GELU, GlobalAveragePooling"
    with pytest.raises(NetworkError, match=exactly(f"Doubled() has no operator in ONNX; expected one of: {known}")):
        onnx_model(Network([Doubled(), Linear(3)], 2))
    by_batch = "BatchNormalisation(running=False) evaluates by its batch's own moments, which ONNX cannot"
    with pytest.raises(NetworkError, match=exactly(f"{by_batch}; expected running=True")):
        onnx_model(Network([Linear(3), BatchNormalisation(running=False)], 2))
    for loss in (SquaredError(), OwnLoss()):
        name = type(loss).__name__
        message = f"a network trained by {name} gives no probabilities; export its y instead"
        with pytest.raises(UsageError, match=exactly(message)):
            onnx_model(Network([Linear(3)], 2, loss), probabilities=True)


def test_a_missing_onnx_is_told(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ChainruleError, match=exactly('ONNX files need onnx: pip install "chainrule[onnx]"')):
        to_onnx(Network([Linear(3)], 2), tmp_path / "m.onnx")
    assert not list(tmp_path.iterdir())
