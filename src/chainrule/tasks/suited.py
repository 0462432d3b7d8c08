"""The network that suits data, where the user names none.

a table, rows of numbers      mlp: one hidden layer
grey pictures of 28x28        mnist
other pictures                convolutions and max-pools that halve them until they are small, then as mnist ends
"""

from chainrule.base.arguments import of_kind
from chainrule.data.dataset import Dataset
from chainrule.layers import Convolution, Dropout, Layer, Linear, MaxPooling, ReLU
from chainrule.network.network import Network
from chainrule.tasks.presets import DIGIT_SHAPE, Preset
from chainrule.tasks.presets import preset as preset_named
from chainrule.training.optimizers import Adam
from chainrule.training.settings import Training

SMALL = 8
"""Pictures are halved as long as their smaller side has so many pixels."""
FILTERS, MOST_FILTERS, HIDDEN, DROPPED = 16, 64, 64, 0.5
HE = "he_uniform"
"""How weights begin before a ReLU: behind several layers the default's signals would have faded."""


def network_for(data: Dataset, preset: str | None = None, *, seed: int = 0) -> Network:
    """A new network that suits the data: its inputs' shape and units, its outputs and its loss.

    data : x (n, features) or (n, channels, height, width); t (n,) class numbers, or numbers of a regression
    preset : the name of one that is to be fitted to the data (default: by what the data are)
    seed : draws its weights

    Print it to see what it is; `fit` trains it as suits the data. UsageError for an unknown preset, NetworkError for
    one that cannot take such data, DataError for data that are not finite.
    """
    of_kind("the data", data, Dataset, "Dataset(x, t)")
    return (suited(data) if preset is None else preset_named(preset)).network_for(data, seed=seed)


def suited(data: Dataset) -> Preset:
    """The preset that suits the data."""
    shape = data.x.shape[1:]
    if len(shape) != 3:
        return preset_named("mlp")
    if shape == DIGIT_SHAPE:
        return preset_named("mnist")
    about = "convolutions, as many as the pictures' size asks for"
    return Preset("pictures", about, pictures_layers(*shape[1:]), Training(Adam(1e-3), epochs=10))


def pictures_layers(height: int, width: int) -> list[Layer]:
    """Layers for pictures of that size; the last Linear is replaced by one of as many outputs as are needed."""
    layers: list[Layer] = []
    side, filters = min(height, width), FILTERS
    while side >= SMALL:
        layers += [Convolution(filters, padding=1, initial_w=HE), ReLU(), MaxPooling()]
        side, filters = side // 2, min(2 * filters, MOST_FILTERS)
    return [*layers, Linear(HIDDEN, initial_w=HE), ReLU(), Dropout(DROPPED), Linear(HIDDEN)]
