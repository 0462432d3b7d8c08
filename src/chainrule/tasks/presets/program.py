"""21mnist: the lecture's C++ program number for number: its weights, its dropouts' streams, its lines on stdout."""

from chainrule.tasks import original
from chainrule.tasks.presets.base import Preset
from chainrule.training.optimizers import AdaDelta
from chainrule.training.settings import Training

SEEDS = original.Seeds()

PROGRAM = Preset(
    name="21mnist",
    about="the lecture's C++ program, number for number",
    reaches="the losses and the answers of that program, line by line",
    layers=original.layers(SEEDS),
    training=Training(
        AdaDelta(1.0), epochs=14, order="file", reduction="sum", draws=original.Drand48(SEEDS.dropout1, SEEDS.dropout2)
    ),
    seeds=SEEDS,
)
