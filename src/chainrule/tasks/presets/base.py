"""What a preset is: a network by name, how it is trained by default, and how it suits other data."""

from dataclasses import dataclass, field, replace

import numpy as np

from chainrule.base.errors import NetworkError, UsageError
from chainrule.base.showing import brief
from chainrule.data.dataset import Dataset
from chainrule.data.moments import Moments
from chainrule.layers import Layer, Linear
from chainrule.layers.passes import Shape
from chainrule.losses import LogSoftmaxNLL, Loss, SquaredError
from chainrule.network.network import Network
from chainrule.network.scaling import Scaling, scaling_of
from chainrule.tasks import original
from chainrule.tasks.units import input_units, is_lost_in_float32
from chainrule.training.settings import Training

DIGITS, DIGIT_SHAPE = 10, (1, 28, 28)
DIGIT_SCALING = Scaling(mean=0.1307, std=0.3081)  # of MNIST's training pixels
SIGNALS, IMAGES = 2, 3
"""Axes of one sample, (channels, length) and (channels, height, width)."""


@dataclass(frozen=True)
class Preset:
    """A network, how it is trained, and how it reports."""

    name: str
    about: str
    layers: list[Layer]
    training: Training
    reaches: str = ""
    """What it was measured to reach, and in which time."""
    loss: Loss = field(default_factory=LogSoftmaxNLL)
    """That classes are learned by."""
    axes: int | None = None
    """Of one sample that it reads: SIGNALS or IMAGES; None: any."""
    seeds: original.Seeds | None = None
    """Those of the lecture's program, if this is it: of its weights and dropouts; it reports in its lines, too."""

    __repr__ = brief

    def network(self, seed: int = 0) -> Network:
        """A new network for digits; `seed` draws its weights unless they are the original program's."""
        shape = self.shape_for(DIGIT_SHAPE)
        return self._begun(Network(self.layers, shape, self.loss, scaling=DIGIT_SCALING, seed=seed))

    def network_for(self, data: Dataset, outputs: int | None = None, seed: int = 0) -> Network:
        """The same for other data: with as many outputs as they need, in the units in which they are about 1.

        Classes are learned by the preset's loss, numbers by SquaredError; of `outputs` classes, if the data may not
        have all. In float64 if float32 cannot hold what a column changes by. NetworkError if it cannot take x's shape,
        DataError for what is not finite.
        """
        data.check_finite()
        outputs = outputs or outputs_for(data)
        if is_like_digits(data, outputs):
            return self.network(seed)
        shape = self.shape_for(data.x.shape[1:])
        layers, scaling, dtype = [*self.layers[:-1], Linear(outputs)], None, np.float32
        if data.x.dtype == np.uint8:
            scaling = scaling_of(data)
        else:
            seen = Moments.of(data.x)
            layers = [input_units(seen, shape), *layers]
            if data.x.ndim == 2 and data.x.dtype != np.float32:
                lost = any(map(is_lost_in_float32, seen.mean, np.sqrt(seen.variance)))
                dtype = np.float64 if lost else np.float32
        loss = self.loss if is_classes(data) else SquaredError.of(data.t)
        return self._begun(Network(layers, shape, loss, scaling=scaling, seed=seed, dtype=dtype))

    def training_for(self, data: Dataset) -> Training:
        """How it is trained on such data: only pictures in bytes are augmented."""
        is_pictures = self.axes == IMAGES and data.x.ndim == 4 and data.x.dtype == np.uint8
        return self.training if is_pictures else replace(self.training, augmentation=None)

    def seeded(self, **seeds: int) -> "Preset":
        """With other seeds of the original program, by their names in `Seeds`."""
        if self.seeds is None:
            raise UsageError(f"the preset {self.name} has no seeds of its own; expected 21mnist, or `seed`")
        chosen = replace(self.seeds, **seeds)
        training = replace(self.training, draws=original.Drand48(chosen.dropout1, chosen.dropout2))
        return replace(self, layers=original.layers(chosen), training=training, seeds=chosen)

    def shape_for(self, shape: Shape) -> Shape:
        """That of a sample as the network reads it: for signals, rows are of one channel, grey pictures' rows channels.

        NetworkError for samples that it is not for.
        """
        if self.axes == SIGNALS and len(shape) == 1:
            return 1, *shape
        if self.axes == SIGNALS and len(shape) == IMAGES and shape[0] == 1:
            return shape[1:]
        if self.axes not in (None, len(shape)):
            kinds = {SIGNALS: "signals (channels, length)", IMAGES: "images (channels, height, width)"}
            raise NetworkError(f"the preset {self.name} is for {kinds[self.axes]}; the samples have shape {shape}")
        return shape

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
