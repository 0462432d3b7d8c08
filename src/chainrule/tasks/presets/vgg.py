"""vgg: filters of 3x3 in pairs, each pair between two max-pools, and twice as many filters as in the pair before it.

For small pictures, grey or in colour, from 4x4 up. Batch normalisation takes the place of biases and of a careful
beginning, and lets so many layers learn by large steps; behind a pool it has a quarter to do, and the gradient keeps to
the pool's winners. What is left of a picture is averaged over its pixels, so that pictures of any size end in as many
features.

Sources: K. Simonyan, A. Zisserman, *Very Deep Convolutional Networks for Large-Scale Image Recognition* (2015);
M. Lin, Q. Chen, S. Yan, *Network In Network* (2014), for the average.
"""

from chainrule.augmentation import Augmentation
from chainrule.layers import (
    BatchNormalisation,
    Convolution,
    Dropout,
    GlobalAveragePooling,
    Layer,
    Linear,
    MaxPooling,
    ReLU,
)
from chainrule.tasks.presets.base import IMAGES, Preset
from chainrule.training.optimizers import AdamW
from chainrule.training.schedules import OneCycle
from chainrule.training.settings import Training


def filters(channels: int, *behind: Layer) -> list[Layer]:
    """So many of 3x3, which keep the picture's size, and what comes behind; then normalised and rectified."""
    return [Convolution(channels, padding=1, bias=False), *behind, BatchNormalisation(), ReLU()]


VGG = Preset(
    name="vgg",
    about="a small VGG with batch normalisation, for small pictures",
    reaches="98.5 % of MNIST's test digits from 2,000 others, after 8 epochs",
    layers=[
        *filters(32), *filters(32, MaxPooling()),
        *filters(64), *filters(64, MaxPooling()),
        *filters(128), *filters(128), GlobalAveragePooling(),
        Dropout(0.3), Linear(10),
    ],
    training=Training(
        AdamW(4e-3, weight_decay=0.01),
        epochs=8,
        schedule=OneCycle(),
        augmentation=Augmentation(shift=2),
    ),
    axes=IMAGES,
)  # fmt: skip
