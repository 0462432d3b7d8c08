"""The table of works: what is timed, and against whom."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["training", "inference", "convolution"]


@dataclass(frozen=True)
class Work:
    """Something that every contestant does, so many samples of it at a time."""

    name: str
    title: str
    kind: Kind
    batch: int
    threads: int = 2
    network: str = ""  # a preset
    optimizer: str = ""
    rivals: tuple[str, ...] = ("torch", "jax")
    rival_threads: int | None = None  # None: as many as chainrule

    @property
    def images(self) -> bool:
        """Whether there are images inside, whose channels may come last."""
        return self.network != "mlp"


def training(name: str, network: str, optimizer: str, batch: int, threads: int = 2, *more: str) -> Work:
    spoken = {"sgd": "SGD", "adam": "Adam", "adadelta": "AdaDelta"}[optimizer]
    how_many = "1 thread" if threads == 1 else f"{threads} threads"
    title = f"Training `{network}`, {spoken}, batch {batch}, {how_many}, first epoch on MNIST"
    return Work(name, title, "training", batch, threads, network, optimizer, ("torch", *more, "jax"))


WORKS = (
    training("mnist", "mnist", "adadelta", 64),
    training("mnist-1", "mnist", "adadelta", 64, 1),
    training("lecture", "lecture", "sgd", 64),
    training("mlp-64", "mlp", "adam", 64, 2, "sklearn"),
    training("mlp-200", "mlp", "adam", 200, 2, "sklearn"),
    Work("inference", "Inference `mnist`, batches of 1000, 2 threads", "inference", 1000, network="mnist"),
    Work("latency", "Inference `mnist`, one image at a time, 2 threads", "inference", 1, network="mnist"),
    Work(
        "convolution",
        "One convolution 64->64, 3x3, pad 1, at 32x32, batch 64, 2 threads: y, dL/dx, dL/dw and dL/db",
        "convolution",
        64,
    ),
    Work(
        "scaling",
        "2 threads against 1: training `mnist`, AdaDelta, batch 64",
        "training",
        64,
        network="mnist",
        optimizer="adadelta",
        rivals=("chainrule",),
        rival_threads=1,
    ),
)

LEARNING_RATES = {"sgd": 0.01, "adadelta": 1.0, "adam": 1e-3}
CHANNELS, SIZE, KERNEL, PADDING = 64, 32, 3, 1  # of the work "convolution"
