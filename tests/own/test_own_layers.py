"""Layers of a user's own, with parameters, statistics, parts: saved, checked and trained by both engines."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.base.errors import NetworkError
from chainrule.checks.networks import check_layer, check_network
from chainrule.data import Dataset
from chainrule.engine import execute
from chainrule.exchange.model_file import Checkpoint, load_checkpoint, save_checkpoint
from chainrule.exchange.resuming import progress_of
from chainrule.layers import LAYERS, Context, Layer, Parameter
from chainrule.layers.layer import Arrays, Part, Shape, named, within
from chainrule.training.early_stopping import EarlyStopping
from chainrule.training.events import CheckpointEvent, EpochEvent, Event, StopTraining
from messages import exactly
from oracles import normal

X = normal(60, 3, 6, 6).astype(np.float32)
DIGITS = Dataset(X, (X.mean(axis=(1, 2, 3)) > 0).astype(np.int64))


@dataclass(frozen=True)
class Gain(Layer):
    """y[s,c,...] = g[c] x[s,c,...]: a factor for each channel, which weight decay leaves alone."""

    begin: str = "ones"

    def forward(self, x: np.ndarray, w: Arrays, context: Context) -> tuple[np.ndarray, Any]:
        return x * self._along(w["g"], x), x

    def backward(self, gy: np.ndarray, saved: Any, w: Arrays, context: Context) -> tuple[np.ndarray, Arrays]:
        axes = (0, *range(2, gy.ndim))
        return gy * self._along(w["g"], gy), {"g": (gy * saved).sum(axis=axes)}

    def parameters_for(self, x_shape: Shape) -> dict[str, Parameter]:
        return {"g": Parameter((x_shape[0],), self.begin, decays=False)}

    def _along(self, g: np.ndarray, x: np.ndarray) -> np.ndarray:
        return g.reshape(-1, *[1] * (x.ndim - 2))


@dataclass(frozen=True)
class Centre(Layer):
    """x less its mean over the batch; in evaluation less a running mean, which training keeps."""

    momentum: float = 0.5
    mixes_samples = True

    def forward(self, x: np.ndarray, w: Arrays, context: Context) -> tuple[np.ndarray, Any]:
        if not context.training:
            return x - context.statistics["mean"], None
        mean = x.mean(axis=0)
        running = context.statistics["mean"]
        running[...] = (1 - self.momentum) * running + self.momentum * mean
        return x - mean, None

    def backward(self, gy: np.ndarray, saved: Any, w: Arrays, context: Context) -> tuple[np.ndarray, Arrays]:
        return gy - gy.mean(axis=0), {}

    def statistics_for(self, x_shape: Shape) -> dict[str, Parameter]:
        return {"mean": Parameter(x_shape)}


@dataclass(frozen=True)
class Gated(Layer):
    """y = f(x) g(x): a container of two layers, which no engine knows."""

    f: Layer
    g: Layer

    @property
    def parts(self) -> tuple[Part, ...]:
        return Part("f", self.f, 0), Part("g", self.g, 1)

    def part_shapes(self, x_shape: Shape) -> list[Shape]:
        return [x_shape, x_shape]

    def y_shape(self, x_shape: Shape) -> Shape:
        return self.f.y_shape(x_shape)

    def parameters_for(self, x_shape: Shape) -> dict[str, Parameter]:
        return {**named("f", self.f.parameters_for(x_shape)), **named("g", self.g.parameters_for(x_shape))}

    def forward(self, x: np.ndarray, w: Arrays, context: Context) -> tuple[np.ndarray, Any]:
        a, b = (p.layer.forward(x, within(w, p.name), context.within(p)) for p in self.parts)
        return a[0] * b[0], (a, b)

    def backward(self, gy: np.ndarray, saved: Any, w: Arrays, context: Context) -> tuple[np.ndarray, Arrays]:
        (a, of_f), (b, of_g) = saved
        f, g = self.parts
        gx, gw = self.f.backward(gy * b, of_f, within(w, "f"), context.within(f))
        more, gv = self.g.backward(gy * a, of_g, within(w, "g"), context.within(g))
        return gx + more, {**named("f", gw), **named("g", gv)}


OWN = (Gain, Centre, Gated)


@pytest.fixture(autouse=True)
def registered() -> Iterator[None]:
    """Our own layers are known while a test runs."""
    for kind in OWN:
        cr.register(kind)
    yield
    for kind in OWN:
        LAYERS.pop(kind.__name__, None)


def network(**options: Any) -> cr.Network:
    block = cr.Residual([Centre(), Gated(cr.Convolution(3, padding=1), cr.Sigmoid()), cr.Dropout(0.25), Gain()])
    layers = [Gain(), cr.Convolution(3), block, cr.ReLU(), cr.MaxPooling(), Gated(cr.Linear(4), cr.Linear(4))]
    return cr.Network([*layers, Centre(), cr.Linear(2)], (3, 6, 6), seed=3, **options)


def test_names_follow_the_nesting() -> None:
    names = [p.name for p in network().parameters]
    assert names[:6] == ["gain1.g", "conv1.w", "conv1.b", "block1.gated1.f.w", "block1.gated1.f.b", "block1.gain1.g"]
    assert list(network().named_statistics()) == ["block1.centre1.mean", "centre1.mean"]


@pytest.mark.parametrize(
    "layer",
    [
        Gain(),
        pytest.param(Centre(), marks=pytest.mark.heavy),
        pytest.param(Gated(cr.Tanh(), cr.Convolution(3, 1)), marks=pytest.mark.heavy),
    ],
    ids=str,
)
def test_their_gradients_are_right(layer: Layer) -> None:
    assert check_layer(layer, (3, 4, 5), samples=3).passed
    assert check_network(network(dtype=np.float64)).passed


def test_a_layer_that_mixes_samples_says_so() -> None:
    for layer in (Gain(), Centre(), cr.Linear(2)):
        w = {name: normal(*p.shape) for name, p in layer.parameters_for((4,)).items()}
        statistics = {name: np.zeros(p.shape) for name, p in layer.statistics_for((4,)).items()}
        context, x = Context(True, statistics=statistics), normal(5, 4)
        together, alone = layer.forward(x, w, context)[0][:1], layer.forward(x[:1], w, context)[0]
        assert layer.mixes_samples == (not np.allclose(together, alone))


def test_both_engines_compute_the_same() -> None:
    network_, batch = network(), cr.Batch(X[:8], DIGITS.t[:8], step=2)
    results = []
    for name in ("reference", "compiled"):
        engine = execute(network_, name, seed=4)
        w = engine.layout.pack(network_.w)
        gw = np.zeros_like(w)
        loss = engine.loss_and_gradient(w, batch, gw)
        results.append((loss, engine.layout.unpack(gw), engine.statistics.copy(), engine.outputs(w, X[:8])))
    for a, b in zip(*results, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)
    assert results[0][2].any()


@pytest.mark.parametrize("engine", ["reference", "compiled"])
def test_they_train_and_are_saved_and_loaded_with_their_statistics(engine: str, tmp_path: Any) -> None:
    trained = network()
    history = cr.fit(trained, DIGITS, cr.Training(cr.Adam(0.02), epochs=6, batch_size=16), engine=engine)
    assert history.epochs[-1].loss < 0.7 * history.epochs[0].loss
    assert trained.statistics.any()
    trained.save(tmp_path / "m.safetensors")
    loaded = cr.load(tmp_path / "m.safetensors")
    assert (loaded.w.tobytes(), loaded.statistics.tobytes()) == (trained.w.tobytes(), trained.statistics.tobytes())
    np.testing.assert_array_equal(loaded.predict(X), trained.predict(X))
    np.testing.assert_allclose(loaded.predictor(engine)(X), trained.predict(X), atol=1e-5)
    assert str(loaded) == str(trained)


@pytest.mark.parametrize("engine", ["reference", "compiled"])
def test_a_run_goes_on_bit_for_bit_statistics_too(engine: str, tmp_path: Any) -> None:
    training = cr.Training(cr.Adam(0.01), epochs=4, batch_size=16)
    whole, half = network(), network()
    cr.fit(whole, DIGITS, training, engine=engine)
    stopped = cr.fit(half, DIGITS, replace(training, epochs=2), engine=engine).progress
    assert stopped is not None
    save_checkpoint(tmp_path / "m", Checkpoint.of(half, CheckpointEvent(stopped, ()), {}))
    read = load_checkpoint(tmp_path / "m")
    cr.fit(read.network, DIGITS, training, engine=engine, start=progress_of(read))
    assert read.network.w.tobytes() == whole.w.tobytes()
    assert read.network.statistics.tobytes() == whole.statistics.tobytes()


def test_early_stopping_gives_back_the_best_statistics_with_the_best_weights() -> None:
    seen: list[tuple[bytes, bytes]] = []
    network_, stopping = network(), EarlyStopping(100)

    def watch(event: Event) -> None:
        if isinstance(event, EpochEvent):
            seen.append((event.progress.weights().tobytes(), event.progress.objective.statistics.tobytes()))
            if event.epoch == 5:
                raise StopTraining("enough")

    cr.fit(network_, DIGITS, cr.Training(cr.SGD(0.5), 9, 8), validation=DIGITS, listeners=[watch, stopping])
    assert (network_.w.tobytes(), network_.statistics.tobytes()) == seen[stopping.best_epoch - 1]


@pytest.mark.parametrize("optimizer", [cr.SGD(0.1), cr.SGD(0.1, 0.9), cr.Adam(0.1), cr.AdaDelta()], ids=str)
@pytest.mark.parametrize("engine", ["reference", "compiled"])
def test_weight_decay_leaves_alone_what_says_so(optimizer: cr.SGD, engine: str) -> None:
    decaying = replace(optimizer, weight_decay=0.3)
    found = []
    for chosen in (optimizer, decaying):
        network_ = network()
        executor = execute(network_, engine)
        w = executor.layout.pack(network_.w)
        gw, state = np.zeros_like(w), chosen.new_state(w)  # no gradient: what moves w is decay alone
        state.step = 1
        executor.update(chosen, w, gw, state)
        found.append(network_.named(executor.layout.unpack(w)))
    plain, decayed = found
    assert {name for name in plain if not np.array_equal(plain[name], decayed[name])} == {
        name for name in plain if not name.endswith(".g")
    }


def test_a_step_leaves_alone_what_says_so_too() -> None:
    results = {}
    for engine in ("reference", "compiled"):
        network_ = network()
        cr.fit(network_, DIGITS, cr.Training(cr.Adam(0.01, weight_decay=0.5), 1, 16), engine=engine)
        results[engine] = network_.w
    np.testing.assert_allclose(results["compiled"], results["reference"], atol=3e-4)


def test_a_type_that_nobody_registered_is_refused_with_the_line_that_would(tmp_path: Any) -> None:
    network().save(tmp_path / "m")
    LAYERS.pop("Gain")
    known = ", ".join(LAYERS)
    message = (
        f"{tmp_path / 'm'}: layer 1: there is no 'Gain'; "
        f"expected @chainrule.register above its class Gain, or one of: {known}"
    )
    with pytest.raises(cr.ModelError, match=exactly(message)):
        cr.load(tmp_path / "m")


def test_a_name_that_is_taken_is_refused() -> None:
    @dataclass(frozen=True)
    class Linear(Layer):
        """Not ours."""

    with pytest.raises(NetworkError, match=r"a layer Linear of chainrule\.layers\.linear is registered"):
        cr.register(Linear)
