"""mlp: a multi-layer perceptron, one hidden layer. It reads whatever has numbers: tables, signals, pictures."""

from chainrule.layers import Linear, ReLU
from chainrule.tasks.presets.base import Preset
from chainrule.training.optimizers import Adam
from chainrule.training.settings import Training

MLP = Preset(
    name="mlp",
    about="784-100-10",
    reaches="97.5 % of MNIST's test digits after 10 epochs",
    layers=[Linear(100), ReLU(), Linear(10)],
    training=Training(Adam(1e-3), epochs=10),
)
