"""chainrule 20vgg: the sibling of the lecture's C++ program, with its options and its lines."""

import os
import socket
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar

import numpy as np
from PIL import Image

from chainrule.base.arguments import name_among
from chainrule.base.errors import WriteError, reason
from chainrule.base.files import check_writable
from chainrule.base.writing import append, write_bytes
from chainrule.cli.settings import Option, values_of
from chainrule.data.cifar import read_cifar
from chainrule.network.engine import ENGINES
from chainrule.tasks.vgg20_program import LARGEST, Pass, Program, Settings

ALGORITHMS = ("cpu_base",)
REALS = {"float32": np.dtype(np.float32), "float64": np.dtype(np.float64)}
SEEDS = Settings()
NO_VALIDATION = "warning: no data left for validation (validation not performed)"
MOST_SEED = 2**48 - 1


def seed(what: str, flag: str) -> Option:
    return Option(f"Of {what}.", flags=(flag,), most=MOST_SEED)


@dataclass(frozen=True)
class Vgg20:
    """The program 20vgg, beside the lecture's 21mnist, number for number: VGG on photographs like CIFAR-10's.

    Its options have its own names and defaults. A line is: nanoseconds since the start, and what it says.
    """

    called: ClassVar[str] = "20vgg"

    data: Annotated[Path, Option("Records as CIFAR-10's.", "FILE", flags=("--cifar_data", "-d"))] = Path(
        "data/cifar-10-batches-bin/data_batch_1.bin"
    )
    batch_size: Annotated[int, Option("Samples of a batch.", flags=("--batch_sz", "-b"), least=1, most=LARGEST)] = 64
    iterations: Annotated[int, Option("Batches to train.", flags=("--iters", "-m"))] = 20
    lr: Annotated[float, Option("Learning rate.", flags=("--learnrate", "-l"))] = 0.01
    dropout: Annotated[int, Option("1: drop, 0: do not.", flags=("--dropout",), most=1)] = 0
    samples: Annotated[int, Option("Use so many of the data (0: all).", flags=("--partial_data",))] = 0
    single_batch: Annotated[
        int, Option("1: every iteration draws the same batch.", flags=("--single_batch",), most=1)
    ] = 0
    ratio: Annotated[float, Option("Validate by this part of the data.", flags=("--validate_ratio",))] = 0.1
    interval: Annotated[
        float, Option("Train on so many samples for one that is validated.", flags=("--validate_interval",))
    ] = 5.0
    channels: Annotated[int, Option("Of the first convolution.", least=1, most=1024)] = 64
    engine: Annotated[str, Option("compiled, or reference (by the definitions).")] = "compiled"
    real: Annotated[str, Option("float32, or float64.")] = "float32"
    threads: Annotated[int | None, Option("At most so many.", least=1)] = None
    dump: Annotated[
        str | None, Option("Write the images as PREFIXnnnn.ppm.", "PREFIX", flags=("--cifar_data_dump", "-D"))
    ] = None
    log: Annotated[Path, Option("Where the lines go, too.", "FILE", flags=("--log",))] = Path("vgg.log")
    verbose: Annotated[int, Option("0: print nothing.", flags=("--verbose", "-v"))] = 1
    weight_seed: Annotated[int, seed("the initial weights", "--weight_seed")] = SEEDS.weight_seed
    data_seed: Annotated[int, seed("the shuffle of the data", "--partial_data_seed")] = SEEDS.data_seed
    sample_seed: Annotated[int, seed("the batches", "--sample_seed")] = SEEDS.sample_seed
    dropout_seed: Annotated[int, seed("the dropouts", "--dropout_seed")] = SEEDS.dropout_seed
    algorithm: Annotated[str, Option("cpu_base, its only one.", flags=("--algo", "-a"))] = "cpu_base"
    grad_dbg: Annotated[int, Option("Read, and not used.", flags=("--grad_dbg",))] = 0

    def execute(self) -> None:
        settings = self._settings()
        for flag, among in (("engine", ENGINES), ("real", REALS), ("algo", ALGORITHMS)):
            name_among(among, f"--{flag}", values_of(self)[flag])
        check_writable(self.log, source=self.data)
        data = read_cifar(self.data, "all")
        write_bytes(self.log, b"")  # only now: a mistake must not cost an older log
        lines = Lines(self.log, self.verbose)
        lines.log(*self._begins())
        x, t = np.asarray(data.x), data.t
        if self.dump is not None:
            dump(x[: self.samples or len(x)], self.dump)
        lines.say("model building starts")
        program = Program(settings, x, t, self.engine, REALS[self.real], self.threads)
        lines.say("model building ends")
        counts = f"{len(program.train)}/{len(program.validate)}"
        lines.say(f"loading {counts} training/validation data from {self.data} starts")
        if not len(program.validate):
            lines.say(NO_VALIDATION)
        lines.log(*(f"{what}: {' '.join(map(str, images))}" for what, images in program.parts))
        lines.say("loading data ends", "training starts")
        for each in program.run():
            lines.say(*told(each))
        lines.say("training ends")

    def _settings(self) -> Settings:
        return Settings(
            channels=self.channels,
            batch_size=self.batch_size,
            iterations=self.iterations,
            lr=self.lr,
            dropout=bool(self.dropout),
            samples=self.samples,
            same_batch=bool(self.single_batch),
            validation=self.ratio,
            interval=self.interval,
            weight_seed=self.weight_seed,
            data_seed=self.data_seed,
            sample_seed=self.sample_seed,
            dropout_seed=self.dropout_seed,
        )

    def _begins(self) -> Iterator[str]:
        """How its log begins."""
        yield f"open a log {time.strftime('%a %b %d %H:%M:%S %Y')}"
        yield from (f"{name}={value}" for name, value in values_of(self).items())
        yield f"host={socket.gethostname()}"
        yield from (f"{name}={value}" for name, value in os.environ.items() if name.startswith("CHAINRULE_"))


class Lines:
    """The program's lines, on stdout and in its log."""

    def __init__(self, path: Path, verbosity: int) -> None:
        self.path, self.verbosity, self.start = path, verbosity, time.perf_counter_ns()

    def say(self, *texts: str) -> None:
        lines = self.log(*texts)
        if self.verbosity >= 1:
            sys.stdout.write(lines)
            sys.stdout.flush()

    def log(self, *texts: str) -> str:
        now = time.perf_counter_ns() - self.start
        lines = "".join(f"{now}: {text}\n" for text in texts)
        append(self.path, lines.encode())
        return lines


def told(of: Pass) -> Iterator[str]:
    """The lines of a batch, or of a validation."""
    name, n = "train" if of.training else "validate", len(of.images)
    yield f"=== {name} {of.before} - {of.before + n} ==="
    for k, (image, predicted, truth) in enumerate(zip(of.images, of.predicted, of.truth, strict=True)):
        yield f"sample {k} image {image} pred {predicted} truth {truth}"
    yield f"{name} accuracy {of.right} / {n} = {of.right / n:.3f}"
    yield f"{name} loss = {of.loss:.9f}"


def dump(images: np.ndarray, prefix: str) -> None:
    """Write images (n, 3, h, w) of bytes, each into a file; WriteError where that fails."""
    try:
        for k, image in enumerate(images):
            Image.fromarray(image.transpose(1, 2, 0)).save(f"{prefix}{k:04}.ppm")
    except OSError as error:
        raise WriteError(f"{prefix}: cannot be written: {reason(error)}") from None
