"""What the page's tab Train can train, and what may be taken of it."""

from collections.abc import Callable
from typing import NamedTuple

from chainrule.data.dataset import Dataset
from chainrule.data.mnist_digits import mnist
from chainrule.network.network import Network
from chainrule.server.training_settings import TrainingSettings

TESTED = 1_000
"""Test digits on which w is tried; they are the first of the 10,000."""


class Copy(NamedTuple):
    """The network as it was after so many steps of a run."""

    network: Network
    data: Dataset
    """That it is trained on."""
    settings: TrainingSettings
    run: int
    step: int


class Own(NamedTuple):
    """What can be trained besides presets on digits."""

    network: Network
    """Only its layers and its loss are taken."""
    data: Callable[[], tuple[Dataset, Dataset]]
    lr: float


def digits() -> tuple[Dataset, Dataset]:
    """To train and to test on."""
    return mnist("train"), mnist("test").head(TESTED)
