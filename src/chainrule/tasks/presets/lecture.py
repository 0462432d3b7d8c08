"""lecture: the lecture's digit recogniser, softmax(W1 maxpool(ReLU(W0 * x))), to be read and watched."""

from chainrule.layers import Convolution, Linear, MaxPooling, ReLU
from chainrule.tasks.presets.base import Preset
from chainrule.training.optimizers import Adam
from chainrule.training.settings import Training

LECTURE = Preset(
    name="lecture",
    about="softmax(W1 maxpool(ReLU(W0 * x)))",
    reaches="98.0 % of MNIST's test digits after 3 epochs",
    layers=[Convolution(32), ReLU(), MaxPooling(), Linear(10)],
    training=Training(Adam(1e-3), epochs=3),
)
