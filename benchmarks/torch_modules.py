"""chainrule's networks as PyTorch's modules, as one would write them there."""

from math import prod
from typing import Any

import torch
from torch import nn

import chainrule as cr
from chainrule.layers.passes import Shape

CONVOLUTIONS = {2: nn.Conv1d, 3: nn.Conv2d}
MAX_POOLS = {2: nn.MaxPool1d, 3: nn.MaxPool2d}
MEANS = {2: nn.AdaptiveAvgPool1d, 3: nn.AdaptiveAvgPool2d}
NORMALISATIONS = {1: nn.BatchNorm1d, 2: nn.BatchNorm1d, 3: nn.BatchNorm2d}
"""By the axes of a sample."""


class Sum(nn.Module):
    """body(x) + shortcut(x)."""

    def __init__(self, body: nn.Module, shortcut: nn.Module) -> None:
        super().__init__()
        self.body, self.shortcut = body, shortcut

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.body(x) + self.shortcut(x)


def module_of(layer: cr.Layer, x_shape: Shape) -> nn.Module:
    """The layer, or whole network, that reads such samples; with weights of PyTorch's."""
    axes = len(x_shape)
    match layer:
        case cr.Sequential():
            parts = zip(layer.parts, layer.part_shapes(x_shape), strict=True)
            return nn.Sequential(*(module_of(part.layer, shape) for part, shape in parts))
        case cr.Residual():
            shortcut = nn.Identity() if layer.added is None else module_of(layer.added, x_shape)
            return Sum(module_of(layer.body, x_shape), shortcut)
        case cr.Convolution():
            sizes: Any = layer.kernel_size, layer.stride, layer.padding, layer.dilation
            return CONVOLUTIONS[axes](x_shape[0], layer.out_channels, *sizes, layer.groups, layer.bias)
        case cr.Linear():
            linear = nn.Linear(prod(x_shape), layer.out_features, layer.bias)
            return nn.Sequential(nn.Flatten(), linear) if axes > 1 else linear
        case cr.BatchNormalisation(eps=eps, momentum=momentum, running=running):
            return NORMALISATIONS[axes](x_shape[0], eps, momentum, track_running_stats=running)
        case cr.MaxPooling():
            size: Any = layer.size
            return MAX_POOLS[axes](size, layer.step)
        case cr.GlobalAveragePooling():
            return nn.Sequential(MEANS[axes](1), nn.Flatten())
        case cr.Dropout():
            return nn.Dropout(layer.p)
        case cr.ReLU():
            return nn.ReLU()
    raise NotImplementedError(f"no module for {layer}")
