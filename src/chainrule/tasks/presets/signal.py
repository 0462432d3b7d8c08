"""signal: filters along a signal, such as a sound, a heartbeat, or movements measured by several sensors at once.

For signals (channels, length) of any length, and rows of a table that are one signal each. Every layer of filters
halves the signal; the last ones see 69 of its values at once, wherever in the signal these stand: all places are
averaged. Of a grey picture the rows are the channels.

Source: Z. Wang, W. Yan, T. Oates, *Time Series Classification from Scratch with Deep Neural Networks: A Strong
Baseline* (2017), with strides.
"""

from chainrule.layers import BatchNormalisation, Convolution, Dropout, GlobalAveragePooling, Layer, Linear, ReLU
from chainrule.tasks.presets.base import SIGNALS, Preset
from chainrule.training.optimizers import AdamW
from chainrule.training.schedules import OneCycle
from chainrule.training.settings import Training


def filters(channels: int, size: int) -> list[Layer]:
    """So many of them, normalised and rectified; the signal becomes half as long."""
    found = Convolution(channels, size, stride=2, padding="same", bias=False)
    return [found, BatchNormalisation(), ReLU()]


SIGNAL = Preset(
    name="signal",
    about="convolutions along a signal (channels, length) of any length",
    reaches="98.9 % of MNIST's test digits, their rows as 28 channels, after 10 epochs",
    layers=[
        *filters(32, 9), *filters(64, 7), *filters(128, 5), *filters(128, 5), GlobalAveragePooling(),
        Dropout(0.2), Linear(10),
    ],
    training=Training(AdamW(4e-3, weight_decay=0.01), epochs=10, schedule=OneCycle()),
    axes=SIGNALS,
)  # fmt: skip
