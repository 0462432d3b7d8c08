"""resnet: residual blocks in three stages; each stage halves the picture and doubles the filters.

For pictures of 28x28 to 64x64 with any number of channels. A block only learns what to add to its input, and the
gradient reaches every block by way of the sums, undiminished. Where a stage begins, a convolution of 1x1 brings the
input to the new size.

Source: K. He, X. Zhang, S. Ren, J. Sun, *Deep Residual Learning for Image Recognition* (2016), section 4.2, with two
blocks a stage.
"""

from chainrule.augmentation import Augmentation
from chainrule.layers import (
    BatchNormalisation,
    Convolution,
    GlobalAveragePooling,
    Layer,
    Linear,
    ReLU,
    Residual,
)
from chainrule.tasks.presets.base import IMAGES, Preset
from chainrule.training.optimizers import SGD
from chainrule.training.schedules import OneCycle
from chainrule.training.settings import Training


def filters(channels: int, size: int = 3, stride: int = 1) -> list[Layer]:
    """So many of them, normalised."""
    found = Convolution(channels, size, stride, padding=size // 2, bias=False)
    return [found, BatchNormalisation()]


def block(channels: int, stride: int = 1) -> list[Layer]:
    """Two convolutions, whose result is added to what they read."""
    shortcut = filters(channels, size=1, stride=stride) if stride > 1 else None
    return [Residual([*filters(channels, stride=stride), ReLU(), *filters(channels)], shortcut), ReLU()]


RESNET = Preset(
    name="resnet",
    about="a small residual network, for pictures of 28x28 to 64x64",
    reaches="97.1 % of MNIST's test digits from 2,000 others, after 8 epochs",
    layers=[
        *filters(16), ReLU(),
        *block(16), *block(16),
        *block(32, stride=2), *block(32),
        *block(64, stride=2), *block(64),
        GlobalAveragePooling(), Linear(10),
    ],
    training=Training(
        SGD(0.1, momentum=0.9, nesterov=True, weight_decay=5e-4),
        epochs=8,
        schedule=OneCycle(),
        augmentation=Augmentation(shift=2),
    ),
    axes=IMAGES,
)  # fmt: skip
