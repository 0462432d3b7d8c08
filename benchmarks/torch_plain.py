"""Networks as PyTorch's users write them, for processes that do not load chainrule."""

from torch import nn


def mnist() -> nn.Sequential:
    """The preset `mnist`."""
    return nn.Sequential(
        nn.Conv2d(1, 32, 3), nn.ReLU(), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Dropout(0.25),
        nn.Flatten(), nn.Linear(9216, 128), nn.ReLU(), nn.Dropout(0.5), nn.Linear(128, 10),
    )  # fmt: skip


def vgg20(channels: int = 64) -> nn.Sequential:
    """20vgg without dropout."""
    modules: list[nn.Module] = []
    inputs = 3
    for factor, blocks in (1, 2), (2, 2), (4, 3), (8, 3), (8, 3):
        for _ in range(blocks):
            outputs = factor * channels
            modules += [nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)]
            modules += [nn.BatchNorm2d(outputs, 2e-5, track_running_stats=False), nn.ReLU()]
            inputs = outputs
        modules += [nn.MaxPool2d(2)]
    modules += [nn.Flatten(), nn.Linear(inputs, inputs, bias=False)]
    modules += [nn.BatchNorm1d(inputs, 2e-5, track_running_stats=False), nn.ReLU(), nn.Linear(inputs, 10, bias=False)]
    return nn.Sequential(*modules)
