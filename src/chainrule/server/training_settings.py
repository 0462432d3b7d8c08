"""What the page's tab Train lets a user choose; learning rate, batch size and dropout also while it trains."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Annotated, Any, Literal

from chainrule.base.arguments import name_among
from chainrule.base.errors import UsageError
from chainrule.base.typed import Typed, Within
from chainrule.layers import Dropout, Layer, Residual, Sequential
from chainrule.tasks.presets import PRESETS
from chainrule.training.optimizers import SGD, Adam, Optimizer

OFFERED = [name for name, preset in PRESETS.items() if preset.seeds is None]
"""The lecture's own program draws its random numbers for a run of a known length."""
GIVEN = "given"
"""In a preset's place: layers like those of the model that the page was opened for, trained on its own data."""
LIVE = {"lr", "batch_size", "dropout"}
"""What may change while it trains; the rest fixes where a run begins."""
MOST = 60_000
"""Samples of an epoch; there are as many training digits."""
RATES = {"sgd": 0.02, "adam": 1e-3}
"""Learning rates to begin with."""


@dataclass(frozen=True)
class TrainingSettings:
    """How to train, and on how many samples at most."""

    preset: str = "lecture"
    optimizer: Literal["sgd", "adam"] = "sgd"  # sgd: the lecture's w <- w - eta dL/dw
    lr: Annotated[float, Within(0, 1e30)] = RATES["sgd"]
    batch_size: Annotated[int, Within(1, MOST)] | None = 64  # None: all, which is gradient descent
    dropout: Annotated[float, Within(0, 0.95)] | None = None  # of all Dropout layers; None: as the preset has it
    seed: Annotated[int, Within(0, 2**53 - 1)] = 0  # of weights, shuffles and dropout
    samples: Annotated[int, Within(1, MOST)] = 10_000

    def changed(self, given: Mapping[str, Any]) -> "TrainingSettings":
        """With these in their place; UsageError for what they may not be."""
        read = Typed("settings", UsageError).read(TrainingSettings, {**asdict(self), **given})
        name_among([*OFFERED, GIVEN], "settings.preset", read.preset)
        return read

    def check_live(self, wanted: "TrainingSettings") -> None:
        """UsageError for a change of what fixes where a run begins."""
        for name, value in asdict(wanted).items():
            if name not in LIVE and value != getattr(self, name):
                given = f"settings.{name} is {value!r} while a run with {getattr(self, name)!r} stands"
                raise UsageError(f"{given}; expected the same, or do: reset")

    def optimizer_now(self) -> Optimizer:
        return SGD(self.lr) if self.optimizer == "sgd" else Adam(self.lr)


def with_dropout(layers: Sequence[Layer], p: float | None) -> list[Layer]:
    """The layers, each Dropout in them with probability p; None: as they are."""
    return list(layers) if p is None else [_with_dropout(each, p) for each in layers]


def _with_dropout(layer: Layer, p: float) -> Layer:
    if isinstance(layer, Dropout):
        return replace(layer, p=p)
    if isinstance(layer, Residual):
        shortcut = layer.added and _with_dropout(layer.added, p)
        return replace(layer, layers=with_dropout(layer.layers, p), shortcut=shortcut)
    return replace(layer, layers=with_dropout(layer.layers, p)) if isinstance(layer, Sequential) else layer


def dropouts_in(layer: Layer) -> list[float]:
    """The probabilities of all Dropout layers in it."""
    if isinstance(layer, Dropout):
        return [layer.p]
    return [p for part in layer.parts for p in dropouts_in(part.layer)]
