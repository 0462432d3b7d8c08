"""The networks that are no presets, or presets for other inputs than digits: by name, the layers and what they read."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

import chainrule as cr
from chainrule.tasks import vgg20

PICTURE, SIGNAL = (3, 32, 32), (16, 1024)


def network(name: str, seed: int) -> cr.Network:
    """A new network of that name, here or among the presets."""
    if name not in NETWORKS:
        return cr.preset(name).network(seed)
    layers, shape = NETWORKS[name]
    made, draw = cr.Network(layers, shape, seed=seed), np.random.default_rng(seed)
    for parameter, w in made.named().items():
        if parameter.endswith((".gamma", ".beta")):  # at 1 and 0, gradients of some are 0 but for rounding
            w += draw.uniform(-0.5, 0.5, w.shape).astype(w.dtype)
    return made


def separable(channels: int) -> list[cr.Layer]:
    """A filter for each channel, then mixtures of the channels at each pixel."""
    filters = cr.Convolution(channels, 3, padding=1, groups=channels, bias=False)
    mixtures = cr.Convolution(channels, 1, bias=False)
    return [filters, cr.BatchNormalisation(), cr.ReLU(), mixtures, cr.BatchNormalisation(), cr.ReLU()]


def convolutions(layers: Sequence[cr.Layer], changed: Callable[[Any], dict[str, Any]]) -> list[cr.Layer]:
    """The layers, each convolution with the options that `changed` gives for it."""
    return [replace(each, **changed(each)) if isinstance(each, cr.Convolution) else each for each in layers]


def with_biases(layers: Sequence[cr.Layer]) -> list[cr.Layer]:
    """Biases in place of batch normalisations."""
    kept = [layer for layer in layers if not isinstance(layer, cr.BatchNormalisation)]
    return convolutions(kept, lambda _: {"bias": True})


def padded_alike(layers: Sequence[cr.Layer]) -> list[cr.Layer]:
    """As many zeros before a signal as behind it: of "same" with strides, PyTorch would have to copy it."""
    return convolutions(layers, lambda each: {"padding": each.kernel_size // 2})


def as_rows(layers: Sequence[cr.Layer]) -> list[cr.Layer]:
    """For signals as images of one row: w has the same numbers in the same order."""
    return convolutions(
        layers,
        lambda each: {
            "kernel_size": (1, each.kernel_size),
            "stride": (1, each.stride),
            "padding": (0, each.padding),
        },
    )


FLOAT32 = np.dtype(np.float32)
NETWORKS: dict[str, tuple[Sequence[cr.Layer], tuple[int, ...]]] = {
    "vgg20": (vgg20.layers(64, False, FLOAT32), PICTURE),
    "vgg20-dropout": (vgg20.layers(64, True, FLOAT32), PICTURE),
    "resnet": (cr.preset("resnet").layers, PICTURE),
    "depthwise": (
        [
            *[cr.Convolution(64, 3, padding=1, bias=False), cr.BatchNormalisation(), cr.ReLU()],
            *[layer for _ in range(3) for layer in separable(64)],
            *[cr.GlobalAveragePooling(), cr.Linear(10)],
        ],
        PICTURE,
    ),
    "signal": (padded_alike(cr.preset("signal").layers), SIGNAL),
    "normalised": (cr.preset("vgg").layers, PICTURE),
    "biased": (with_biases(cr.preset("vgg").layers), PICTURE),
}
