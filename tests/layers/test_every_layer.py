"""What holds for all layers alike: types, inputs left alone, NaN, and batches of any size."""

import numpy as np
import pytest

from chainrule.layers import BatchNormalisation, Convolution, Layer, Linear
from every_layer import EVERY_LAYER, IMAGE, VECTOR, every_layer
from oracles import TRAINING, normal, with_statistics
from strategies import OURS


class Pass:
    """One forward and one backward pass of a layer over random numbers, and all arrays in them."""

    def __init__(self, layer: Layer, x: np.ndarray) -> None:
        self.x = x
        parameters = layer.parameters_for(x.shape[1:])
        self.w = {name: normal(*p.shape, seed=k).astype(x.dtype) for k, (name, p) in enumerate(parameters.items())}
        self.inputs = [a.copy() for a in (x, *self.w.values())]
        context = with_statistics(TRAINING, layer, x.shape[1:], x.dtype.type)
        self.y, saved = layer.forward(x, self.w, context)
        self.gy = np.where(np.isnan(self.y), np.nan, normal(*self.y.shape)).astype(x.dtype)
        self.inputs += [self.y.copy(), self.gy.copy()]
        self.gx, self.gw = layer.backward(self.gy, saved, self.w, context)


def test_no_layer_is_forgotten() -> None:
    assert {type(layer) for layer, _ in EVERY_LAYER} == set(OURS)


@every_layer
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_float_type_stays(layer: Layer, shape: tuple[int, ...], dtype: type) -> None:
    p = Pass(layer, normal(2, *shape).astype(dtype))
    assert {a.dtype for a in (p.y, p.gx, *p.gw.values())} == {np.dtype(dtype)}


@every_layer
def test_float32_agrees_with_float64(layer: Layer, shape: tuple[int, ...]) -> None:
    x = normal(2, *shape)
    single, double = Pass(layer, x.astype(np.float32)), Pass(layer, x)
    for found, expected in ((single.y, double.y), (single.gx, double.gx)):
        assert np.allclose(found, expected, rtol=1e-4, atol=1e-5)


@every_layer
def test_no_input_is_changed(layer: Layer, shape: tuple[int, ...]) -> None:
    p = Pass(layer, normal(2, *shape))
    after = (p.x, *p.w.values(), p.y, p.gy)
    assert [a.tobytes() for a in after] == [a.tobytes() for a in p.inputs]


@every_layer
def test_shapes_are_as_announced(layer: Layer, shape: tuple[int, ...]) -> None:
    p = Pass(layer, normal(2, *shape))
    assert p.y.shape == (2, *layer.y_shape(shape))
    assert p.gx.shape == p.x.shape
    assert {name: g.shape for name, g in p.gw.items()} == {k: v.shape for k, v in layer.parameters_for(shape).items()}


def mixes_samples(layer: Layer) -> bool:
    """Whether it, or a part of it, says so."""
    return layer.mixes_samples or any(mixes_samples(part.layer) for part in layer.parts)


APART = [(layer, shape) for layer, shape in EVERY_LAYER if not mixes_samples(layer)]
each_apart = pytest.mark.parametrize(("layer", "shape"), APART, ids=[f"{la}-{sh}" for la, sh in APART])


@each_apart
def test_a_nan_reaches_the_output_and_both_derivatives_of_its_own_sample(layer: Layer, shape: tuple[int, ...]) -> None:
    x = normal(3, *shape)
    x[(1, *(0,) * len(shape))] = np.nan
    p = Pass(layer, x)
    for a in (p.y, p.gx):
        assert [bool(np.isnan(sample).any()) for sample in a] == [False, True, False]
    for g in p.gw.values():
        assert np.isnan(g).any()


@each_apart
def test_samples_do_not_mix_in_layers_that_say_so(layer: Layer, shape: tuple[int, ...]) -> None:
    x = normal(3, *shape)
    together, alone = Pass(layer, x), Pass(layer, x[:1])
    assert np.allclose(together.y[:1], alone.y, rtol=1e-14, atol=1e-14)
    assert np.allclose(together.gx[:1], alone.gx, rtol=1e-14, atol=1e-14)


@pytest.mark.parametrize("shape", [IMAGE, VECTOR])
def test_samples_mix_in_layers_that_say_so(shape: tuple[int, ...]) -> None:
    assert {type(layer) for layer, _ in EVERY_LAYER if layer.mixes_samples} == {BatchNormalisation}
    x = normal(3, *shape)
    together, alone = Pass(BatchNormalisation(), x), Pass(BatchNormalisation(), x[:2])
    assert not np.isclose(together.y[:2], alone.y).any()
    x[(1, *(0,) * len(shape))] = np.nan
    p = Pass(BatchNormalisation(), x)
    for a in (p.y, p.gx, *p.gw.values()):
        by_channel = np.moveaxis(a, 1, 0) if a.ndim > 1 else a
        assert [bool(np.isnan(channel).any()) for channel in by_channel] == [True, *[False] * (shape[0] - 1)]


@every_layer
def test_a_batch_may_be_empty(layer: Layer, shape: tuple[int, ...]) -> None:
    p = Pass(layer, np.zeros((0, *shape)))
    assert p.y.shape == (0, *layer.y_shape(shape))
    assert p.gx.shape == p.x.shape
    assert not any(g.any() for g in p.gw.values())


@every_layer
def test_arrays_need_not_be_contiguous(layer: Layer, shape: tuple[int, ...]) -> None:
    x = normal(2, *shape)
    strided = np.asfortranarray(x)
    assert np.allclose(Pass(layer, strided).y, Pass(layer, x).y, rtol=1e-14, atol=1e-14)
    assert np.allclose(Pass(layer, strided).gx, Pass(layer, x).gx, rtol=1e-14, atol=1e-14)


@pytest.mark.parametrize("kind", [Convolution, Linear])
def test_a_whole_number_of_numpy_is_one_of_python(kind: type) -> None:
    layer = kind(np.int64(3))
    assert layer == kind(3)
    assert [type(value) for value in layer.options().values()] == [int]
