"""Networks by name, each with how it is trained by default."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from chainrule.base.errors import UsageError
from chainrule.base.lcg48 import Lcg48
from chainrule.data.dataset import Dataset
from chainrule.layers import Convolution, Dropout, Layer, Linear, MaxPooling, ReLU, Standardise
from chainrule.losses import LogSoftmaxNLL, SquaredError
from chainrule.network.network import Network
from chainrule.network.scaling import Scaling, scaling_of
from chainrule.training.descent import Training
from chainrule.training.optimizers import AdaDelta, Adam

DIGITS, DIGIT_SHAPE = 10, (1, 28, 28)
DIGIT_SCALING = Scaling(mean=0.1307, std=0.3081)  # of MNIST's training pixels


@dataclass(frozen=True)
class Seeds:
    """The seeds of the lecture's program; 0 switches a dropout off."""

    weights: int = 45678901234523
    dropout1: int = 56789012345234
    dropout2: int = 67890123452345


@dataclass(frozen=True)
class Preset:
    """A network, how it is trained, and how it reports."""

    name: str
    about: str
    layers: Callable[[Seeds], list[Layer]]
    training: Training
    original_weights: bool = False  # drawn as the lecture's program draws them, from Seeds.weights
    original_lines: bool = False  # report in that program's lines, on stdout

    def network(self, seed: int = 0, seeds: Seeds | None = None) -> Network:
        """A new network; `seed` draws its weights unless they are the original program's, which `seeds` draws."""
        seeds = seeds or Seeds()
        return self._begun(Network(self.layers(seeds), DIGIT_SHAPE, scaling=DIGIT_SCALING, seed=seed), seeds)

    def network_for(self, data: Dataset, outputs: int, seed: int = 0, seeds: Seeds | None = None) -> Network:
        """The same for other data: with so many outputs, and scaling what these data are like.

        Class numbers are trained by LogSoftmaxNLL, reals by SquaredError. NetworkError if it cannot take x's shape.
        """
        seeds = seeds or Seeds()
        layers = [*self.layers(seeds)[:-1], Linear(outputs)]
        bytes_ = data.x.dtype == np.uint8
        network = Network(
            layers if bytes_ else [Standardise.of(data.x), *layers],
            data.x.shape[1:],
            LogSoftmaxNLL() if data.t.dtype.kind in "iu" else SquaredError(),
            scaling=scaling_of(data) if bytes_ else None,
            seed=seed,
        )
        return self._begun(network, seeds)

    def _begun(self, network: Network, seeds: Seeds) -> Network:
        """The network with the weights that the preset begins with."""
        if self.original_weights:
            network.w[:] = original_weights(network, Lcg48(seeds.weights))
        return network


def original_weights(network: Network, stream: Lcg48) -> np.ndarray:
    """(size,): uniform in +-1/sqrt(fan_in) in the order of w, except that linear weights are drawn (in, out)."""
    w = np.empty(network.size)
    for p, view in zip(network.parameters, network.named(w).values(), strict=True):
        bound = 1 / np.sqrt(p.fan_in)
        drawn = -bound + 2 * bound * stream.uniform(view.size)
        view[...] = drawn.reshape(view.shape[::-1]).T if view.ndim == 2 else drawn.reshape(view.shape)
    return w


def lecture_layers(_: Seeds) -> list[Layer]:
    return [Convolution(32), ReLU(), MaxPooling(), Linear(10)]


def mlp_layers(_: Seeds) -> list[Layer]:
    return [Linear(100), ReLU(), Linear(10)]


def mnist_layers(_: Seeds) -> list[Layer]:
    return mnist_with(ReLU(), Dropout(0.25), Dropout(0.5))


def original_layers(seeds: Seeds) -> list[Layer]:
    first, second = (
        Dropout(p if seed else 0.0, Lcg48(seed)) for p, seed in ((0.25, seeds.dropout1), (0.5, seeds.dropout2))
    )
    return mnist_with(ReLU(derivative_at_zero=1), first, second)


def mnist_with(relu: ReLU, dropout1: Dropout, dropout2: Dropout) -> list[Layer]:
    """The network of pytorch/examples/mnist."""
    return [
        Convolution(32), relu, Convolution(64), relu, MaxPooling(), dropout1,
        Linear(128), relu, dropout2, Linear(10),
    ]  # fmt: skip


PRESETS = {
    preset.name: preset
    for preset in (
        Preset("lecture", "softmax(W1 maxpool(ReLU(W0 * x)))", lecture_layers, Training(Adam(1e-3), epochs=3)),
        Preset(
            "mnist",
            "the network of pytorch/examples/mnist",
            mnist_layers,
            Training(Adam(2e-3), epochs=3, lr_decay=0.3),
        ),
        Preset("mlp", "784-100-10", mlp_layers, Training(Adam(1e-3), epochs=10)),
        Preset(
            "21mnist",
            "the lecture's C++ program, number for number",
            original_layers,
            Training(AdaDelta(1.0), epochs=14, order="file", reduction="sum"),
            original_weights=True,
            original_lines=True,
        ),
    )
}


def preset(name: str) -> Preset:
    """The preset of that name."""
    if name not in PRESETS:
        raise UsageError(f"there is no preset {name!r}; expected one of: {', '.join(PRESETS)}")
    return PRESETS[name]
