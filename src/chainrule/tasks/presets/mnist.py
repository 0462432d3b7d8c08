"""mnist: the network of PyTorch's example, pytorch/examples/mnist, and what `chainrule train` trains by default."""

from chainrule.layers import Convolution, Dropout, Linear, MaxPooling, ReLU
from chainrule.tasks.presets.base import Preset
from chainrule.training.optimizers import Adam
from chainrule.training.settings import Training

MNIST = Preset(
    name="mnist",
    about="the network of pytorch/examples/mnist",
    reaches="99.0 % of MNIST's test digits after 3 epochs, in some 20 seconds on two cores",
    layers=[
        Convolution(32), ReLU(), Convolution(64), ReLU(), MaxPooling(), Dropout(0.25),
        Linear(128), ReLU(), Dropout(0.5), Linear(10),
    ],
    training=Training(Adam(2e-3), epochs=3, lr_decay=0.3),
)  # fmt: skip
