"""Every layer, on small inputs of each kind that it takes."""

import pytest

from chainrule import layers as la
from chainrule.layers.layer import Shape

IMAGE, SIGNAL, VECTOR = (2, 5, 6), (2, 7), (5,)
EVERY_LAYER: list[tuple[la.Layer, Shape]] = [
    (la.Convolution(3), IMAGE),
    (la.Convolution(2, 1), (3, 3, 4)),
    (la.Convolution(2, 2, stride=2), (2, 7, 6)),
    (la.Convolution(2, 2, stride=2, padding=1), IMAGE),
    (la.Convolution(2, 3, padding=1), (1, 4, 5)),
    (la.Convolution(2, 3, stride=2, padding=2), IMAGE),
    (la.Convolution(2, 3, stride=4), (1, 8, 7)),
    (la.Convolution(4, (3, 2), (1, 2), "same", (1, 2), 2, bias=False), IMAGE),
    (la.Convolution(4, 3, padding=1), SIGNAL),
    (la.Linear(3), VECTOR),
    (la.Linear(3, bias=False), SIGNAL),
    (la.Linear(3), IMAGE),
    (la.Linear(4), (7,)),
    (la.Linear(1), (1,)),
    (la.ReLU(), IMAGE),
    (la.ReLU(derivative_at_zero=1), VECTOR),
    (la.ReLU(derivative_at_zero=1), (20,)),
    (la.MaxPooling(), IMAGE),
    (la.MaxPooling(), (2, 6, 4)),
    (la.MaxPooling(), (1, 5, 7)),
    (la.MaxPooling(3, 2), (2, 7, 6)),
    (la.MaxPooling(3, stride=1), IMAGE),
    (la.MaxPooling(2, 3), (1, 8, 6)),
    (la.MaxPooling((3, 2), (2, 1), "same"), IMAGE),
    (la.MaxPooling(3, 2, 1), SIGNAL),
    (la.AveragePooling(), IMAGE),
    (la.AveragePooling(3, 2, 1, count_include_pad=False), IMAGE),
    (la.AveragePooling(), SIGNAL),
    (la.AveragePooling(3, 1), (1, 5, 6)),
    (la.AveragePooling(3, stride=2), IMAGE),
    (la.AveragePooling(2, 3), (1, 8, 6)),
    (la.Dropout(0.5), IMAGE),
    (la.Dropout(0.5), (30,)),
    (la.Dropout(0.25), (2, 4, 3)),
    (la.Dropout(0.0), VECTOR),
    (la.Sequential([la.Convolution(2), la.ReLU(), la.MaxPooling()]), (1, 6, 5)),
    (la.Sequential([la.Convolution(3), la.ReLU(), la.Dropout(0.5)]), IMAGE),
    (la.Residual([la.Linear(4), la.Tanh()]), (4,)),
    (la.Residual([la.Linear(4), la.Tanh()], shortcut=la.Linear(4)), VECTOR),
    (la.Residual([la.Residual([la.Linear(5), la.Sigmoid()]), la.ReLU()]), VECTOR),
    (
        la.Residual(
            [la.Convolution(2, padding=1), la.ReLU(), la.Dropout(0.25), la.Convolution(2, padding=1), la.ReLU()]
        ),
        IMAGE,
    ),
    (
        la.Residual(
            [la.Convolution(3), la.ReLU(), la.Residual([la.Convolution(3, 1), la.Dropout(0.5)])], la.Convolution(3)
        ),
        (2, 5, 4),
    ),
    (la.Softmax(), VECTOR),
    (la.LogSoftmax(), VECTOR),
    (la.Sigmoid(), IMAGE),
    (la.Tanh(), VECTOR),
    (la.LeakyReLU(), IMAGE),
    (la.LeakyReLU(0.2), VECTOR),
    (la.ELU(), (20,)),
    (la.ELU(0.3), IMAGE),
    (la.GELU(), IMAGE),
    (la.GELU(approximate=True), VECTOR),
    (la.SiLU(), IMAGE),
    (la.Softplus(), VECTOR),
    (la.Scale(), IMAGE),
    (la.Scale(), VECTOR),
    (la.Flatten(), IMAGE),
    (la.GlobalAveragePooling(), IMAGE),
    (la.LayerNormalisation(), IMAGE),
    (la.LayerNormalisation(1e-3), (6,)),
    (la.BatchNormalisation(), (3, 3, 2)),
    (la.BatchNormalisation(eps=1e-3), VECTOR),
    (la.BatchNormalisation(running=False), IMAGE),
    (la.Dropout(0.5, channels=True), (7, 2, 2)),
    (la.Residual([la.BatchNormalisation(), la.ELU(), la.Linear(4)]), (4,)),
    (la.Standardise((1.0, -2.0), (0.5, 3.0)), IMAGE),
    (la.Standardise((0.0, 1.0, 2.0, 3.0, 4.0), (1.0, 2.0, 3.0, 4.0, 5.0)), VECTOR),
]

NAMES = [f"{layer}-{shape}" for layer, shape in EVERY_LAYER]
every_layer = pytest.mark.parametrize(("layer", "shape"), EVERY_LAYER, ids=NAMES)
"""A test's mark: it is given each of them."""
