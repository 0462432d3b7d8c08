"""quick: MNIST's digits at 99.0 % as fast as possible, on two cores.

Few filters, each of which a max-pool follows at once: what comes after reads small pictures, and going back only the
winners' pixels count. Batch normalisation behind the pool, where there is a quarter to normalise, allows a learning
rate of ten times what Adam's usual one is; it ends near 0, so that one epoch suffices.
"""

from chainrule.layers import BatchNormalisation, Convolution, Layer, Linear, MaxPooling, ReLU
from chainrule.tasks.presets.base import IMAGES, Preset
from chainrule.training.optimizers import Adam
from chainrule.training.schedules import OneCycle
from chainrule.training.settings import Training


def pooled(channels: int) -> list[Layer]:
    """So many filters of 3x3, pooled, normalised and rectified."""
    return [Convolution(channels, bias=False), MaxPooling(), BatchNormalisation(), ReLU()]


QUICK = Preset(
    name="quick",
    about="99 % of MNIST's digits, as fast as possible",
    reaches="99.1 % of MNIST's test digits after 1 epoch, in 2 seconds on two cores",
    layers=[*pooled(16), *pooled(32), Linear(128, bias=False), BatchNormalisation(), ReLU(), Linear(10)],
    training=Training(Adam(1e-2), epochs=1, schedule=OneCycle()),
    axes=IMAGES,
)
