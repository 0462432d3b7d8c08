"""Trainings end with the same bits as ever, on any processor: the order of every sum is part of what is promised.

The hashes are of w, seed 7, wherever products are added without being rounded. `make test-all` asks for them with
vectors of 512, 256 and 128 bits, and on ARM.
"""

import pytest

from chainrule import Network, Training, fit
from chainrule.augmentation import Augmentation
from chainrule.base.hashing import weights_hash
from chainrule.data import Dataset, mnist
from chainrule.engine.simd.isa import HAS_FMA
from chainrule.layers import (
    BatchNormalisation,
    Convolution,
    Dropout,
    GlobalAveragePooling,
    Layer,
    Linear,
    MaxPooling,
    ReLU,
    Residual,
)
from chainrule.losses import LogSoftmaxNLL
from chainrule.tasks.reproduction.made_here import difference, trained
from chainrule.tasks.reproduction.published import NAMES, published
from chainrule.training.optimizers import Adam
from chainrule.training.schedules import Cosine

pytestmark = pytest.mark.skipif(not HAS_FMA, reason="without FMA, products are rounded before they are added")

QUICK = "mlp", "lecture", "mnist"


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in QUICK else pytest.mark.heavy) for name in NAMES]
)
def test_a_preset_gives_the_published_hashes(name: str) -> None:
    assert difference(name, published()[name], trained(name, threads=2)) is None


def filters() -> list[Layer]:
    return [Convolution(16, padding=1, bias=False, initial_w="he_normal"), BatchNormalisation()]


@pytest.mark.parametrize("threads", [1, 2])
def test_a_bit_of_everything(threads: int) -> None:
    """Small, so that it can be emulated: digits of half the size, moved, turned, bent and mixed."""
    layers = [*filters(), ReLU(), MaxPooling(), Residual([*filters(), ReLU(), *filters()]), ReLU()]
    layers += [Dropout(0.2), GlobalAveragePooling(), Linear(10)]
    digits = mnist("train").head(300)
    data = Dataset(digits.x[:, :, ::2, ::2].copy(), digits.t)
    changes = Augmentation(shift=1, rotate=10, elastic=0.4, mixup=0.2)
    network = Network(layers, (1, 14, 14), LogSoftmaxNLL(label_smoothing=0.1), seed=7)
    training = Training(
        Adam(1e-3), epochs=1, batch_size=32, seed=7, schedule=Cosine(), clip_norm=1.0, augmentation=changes
    )
    fit(network, data, training, threads=threads)
    assert weights_hash(network.w) == "86315df882147326"
