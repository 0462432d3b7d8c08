"""The table of works: what is timed, and against whom."""

from dataclasses import dataclass, replace
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
    network: str = ""  # in networks.py, or a preset
    optimizer: str = ""
    rivals: tuple[str, ...] = ("torch", "jax")
    epoch: int = 60000  # samples to train on
    depth: float = 1.0  # how many times more than elsewhere rounding may change gradients
    against: "Work | None" = None  # what chainrule does as its own rival

    @property
    def images(self) -> bool:
        """Whether there are images (or signals) inside, whose channels may come last."""
        return self.network != "mlp"

    @property
    def is_comparable(self) -> bool:
        """Whether rivals compute the same."""
        return self.against is None or self.against.network == self.network


SPOKEN = {"sgd": "SGD", "adam": "Adam", "adadelta": "AdaDelta"}


def training(name: str, network: str, optimizer: str, batch: int, threads: int = 2, *more: str) -> Work:
    how_many = "1 thread" if threads == 1 else f"{threads} threads"
    title = f"Training `{network}`, {SPOKEN[optimizer]}, batch {batch}, {how_many}, first epoch on MNIST"
    return Work(name, title, "training", batch, threads, network, optimizer, ("torch", *more, "jax"))


def made(name: str, about: str, optimizer: str, epoch: int, depth: float = 1.0) -> Work:
    """Training on made data, against PyTorch."""
    title = f"Training {about}, {SPOKEN[optimizer]}, batch 64, 2 threads, made data"
    return Work(name, title, "training", 64, 2, name, optimizer, ("torch",), epoch, depth)


def against(name: str, title: str, work: Work, other: Work) -> Work:
    """chainrule against itself."""
    return replace(work, name=name, title=title, rivals=("chainrule",), against=other)


MNIST = training("mnist", "mnist", "adadelta", 64)
NORMALISED = Work("normalised", "", "training", 64, 2, "normalised", "sgd", epoch=6400)
WORKS = (
    MNIST,
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
    against(
        "scaling",
        "2 threads against 1: training `mnist`, AdaDelta, batch 64",
        MNIST,
        replace(MNIST, name="1 thread", threads=1),
    ),
    made("vgg20", "`20vgg`, 64 first channels, on 3x32x32", "sgd", 1280, 5),
    made("vgg20-dropout", "`20vgg`, 64 first channels, with dropout, on 3x32x32", "sgd", 1280, 5),
    made("resnet", "`resnet` on 3x32x32", "sgd", 12800, 5),
    made("depthwise", "3 depthwise-separable blocks of 64 channels, 32x32", "sgd", 6400),
    made("signal", "`signal` on 16x1024", "adam", 3200),
    against(
        "normalisation",
        "Batch normalisation + ReLU against bias + ReLU: training `vgg` on 3x32x32, SGD, batch 64, made data",
        NORMALISED,
        replace(NORMALISED, name="bias + ReLU", network="biased"),
    ),
)

LEARNING_RATES = {"sgd": 0.01, "adadelta": 1.0, "adam": 1e-3}
CHANNELS, SIZE, KERNEL, PADDING = 64, 32, 3, 1  # of the work "convolution"
