"""Networks by name, each with how it is trained by default."""

from dataclasses import dataclass, replace

import numpy as np

from chainrule.base.arguments import is_among
from chainrule.base.errors import UsageError
from chainrule.base.guessing import expected_one_of
from chainrule.base.showing import brief, short
from chainrule.data.dataset import Dataset
from chainrule.data.moments import Moments
from chainrule.layers import Convolution, Dropout, Layer, Linear, MaxPooling, ReLU
from chainrule.losses import LogSoftmaxNLL, SquaredError
from chainrule.network.network import Network
from chainrule.network.scaling import Scaling, scaling_of
from chainrule.tasks import original
from chainrule.tasks.units import input_units, is_lost_in_float32
from chainrule.training.optimizers import AdaDelta, Adam
from chainrule.training.settings import Training

DIGITS, DIGIT_SHAPE = 10, (1, 28, 28)
DIGIT_SCALING = Scaling(mean=0.1307, std=0.3081)  # of MNIST's training pixels


@dataclass(frozen=True)
class Preset:
    """A network, how it is trained, and how it reports."""

    name: str
    about: str
    layers: list[Layer]
    training: Training
    seeds: original.Seeds | None = None
    """Those of the lecture's program, if this is it: of its weights and dropouts; it reports in its lines, too."""

    __repr__ = brief

    def network(self, seed: int = 0) -> Network:
        """A new network; `seed` draws its weights unless they are the original program's."""
        return self._begun(Network(self.layers, DIGIT_SHAPE, scaling=DIGIT_SCALING, seed=seed))

    def network_for(self, data: Dataset, outputs: int | None = None, seed: int = 0) -> Network:
        """The same for other data: with as many outputs as they need, in the units in which they are about 1.

        Class numbers are learned by LogSoftmaxNLL, numbers by SquaredError; of `outputs` classes, if the data may not
        have all. In float64 if float32 cannot hold what a column changes by. NetworkError if it cannot take x's shape,
        DataError for what is not finite.
        """
        data.check_finite()
        outputs = outputs or outputs_for(data)
        if is_like_digits(data, outputs):
            return self.network(seed)
        layers, scaling, dtype = [*self.layers[:-1], Linear(outputs)], None, np.float32
        if data.x.dtype == np.uint8:
            scaling = scaling_of(data)
        else:
            seen = Moments.of(data.x)
            layers = [input_units(seen, data.x.shape[1:]), *layers]
            if data.x.ndim == 2 and data.x.dtype != np.float32:
                lost = any(map(is_lost_in_float32, seen.mean, np.sqrt(seen.variance)))
                dtype = np.float64 if lost else np.float32
        loss = LogSoftmaxNLL() if is_classes(data) else SquaredError.of(data.t)
        return self._begun(Network(layers, data.x.shape[1:], loss, scaling=scaling, seed=seed, dtype=dtype))

    def seeded(self, **seeds: int) -> "Preset":
        """With other seeds of the original program, by their names in `Seeds`."""
        if self.seeds is None:
            raise UsageError(f"the preset {self.name} has no seeds of its own; expected 21mnist, or `seed`")
        return original_preset(replace(self.seeds, **seeds))

    def _begun(self, network: Network) -> Network:
        """The network with the weights that the preset begins with."""
        if self.seeds is not None:
            network.w[:] = original.weights(network, self.seeds.weights)
        return network


def is_classes(data: Dataset) -> bool:
    """Whether the true values are class numbers."""
    return data.t.ndim == 1 and data.t.dtype.kind in "iu"


def outputs_for(data: Dataset) -> int:
    """How many outputs a network for the data needs: a class each, or a number of a regression."""
    return data.class_count if is_classes(data) else data.t[:1].size


def is_like_digits(data: Dataset, outputs: int) -> bool:
    """Whether the data are what presets are made for: 28x28 grey bytes of at most ten classes without names."""
    is_digit = data.x.shape[1:] == DIGIT_SHAPE and data.x.dtype == np.uint8
    return is_digit and is_classes(data) and data.classes is None and outputs <= DIGITS


def mnist_layers() -> list[Layer]:
    """The network of pytorch/examples/mnist."""
    return [
        Convolution(32), ReLU(), Convolution(64), ReLU(), MaxPooling(), Dropout(0.25),
        Linear(128), ReLU(), Dropout(0.5), Linear(10),
    ]  # fmt: skip


def original_preset(seeds: original.Seeds) -> Preset:
    """The lecture's program, with these seeds."""
    draws = original.Drand48(seeds.dropout1, seeds.dropout2)
    training = Training(AdaDelta(1.0), epochs=14, order="file", reduction="sum", draws=draws)
    about = "the lecture's C++ program, number for number"
    return Preset("21mnist", about, original.layers(seeds), training, seeds)


PRESETS = {
    preset.name: preset
    for preset in (
        Preset(
            "lecture",
            "softmax(W1 maxpool(ReLU(W0 * x)))",
            [Convolution(32), ReLU(), MaxPooling(), Linear(10)],
            Training(Adam(1e-3), epochs=3),
        ),
        Preset(
            "mnist",
            "the network of pytorch/examples/mnist",
            mnist_layers(),
            Training(Adam(2e-3), epochs=3, lr_decay=0.3),
        ),
        Preset("mlp", "784-100-10", [Linear(100), ReLU(), Linear(10)], Training(Adam(1e-3), epochs=10)),
        original_preset(original.Seeds()),
    )
}


def preset(name: str) -> Preset:
    """The preset of that name."""
    if not is_among(PRESETS, name):
        raise UsageError(f"there is no preset {short(name)}; {expected_one_of(PRESETS, name)}")
    return PRESETS[name]
