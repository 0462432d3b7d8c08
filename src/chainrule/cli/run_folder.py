"""The folder of a training run, and who may write there.

config.toml               all that fixes the run
metrics.jsonl             a line an epoch
steps.jsonl               a line a checkpoint inside an epoch, if there are any
losses.jsonl              the loss of each update, or means of a few; a line from one checkpoint to the next
model.safetensors         the network, and where its training stands; written at every checkpoint
previous.safetensors      the one before it
checkpoints/              those of every so many epochs, if they are to be kept: epoch-0010.safetensors
initial.safetensors       what the run began with, until there is a model
report.html               how well the network does, once the run is over
run.lock                  while a process trains in the folder; it is locked no longer than that process lives

Each is whole, and on the disk, at every moment: whatever ends the process, the run can go on.
"""

import json
import math
import os
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

import tomli_w

from chainrule.base.errors import ModelError, UsageError, reason, warn
from chainrule.base.locks import only_one
from chainrule.base.temporary import remove_left
from chainrule.base.together import by_the_first
from chainrule.base.writing import make_folder, write_atomically
from chainrule.cli.run_files import ANY_NAME, read_configuration, read_epochs, read_losses, read_steps
from chainrule.exchange.model_file import Checkpoint, load_checkpoint


class RunFolder:
    """A folder that holds a run, or will."""

    def __init__(self, path: Path, *, new: bool = False) -> None:
        self.path, self.new, self.lock = path, new, path / "run.lock"
        self.model, self.previous = path / "model.safetensors", path / "previous.safetensors"
        self.initial = path / "initial.safetensors"
        self.config, self.metrics, self.report = path / "config.toml", path / "metrics.jsonl", path / "report.html"
        self.steps, self.losses = path / "steps.jsonl", path / "losses.jsonl"
        self.checkpoints = path / "checkpoints"
        self.after: ExitStack | None = None  # of the context in which a rank may come to hold it

    @classmethod
    def for_new_run(cls, out: Path | None, name: str) -> "RunFolder":
        """Of a run of that name that is to begin; a folder of today's date, which is made, if `out` names none."""
        return cls(_dated(name) if out is None else out, new=True)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Meanwhile no other process trains in the folder, and nothing lies there that a dead one left unfinished.

        UsageError if another one does, if nobody can write there, if there is a run already where a new one is to
        begin, or no run where one is to go on.
        """
        if not self.new:
            self.configuration()
        with self._locked():
            if self.new and self.model.exists():
                expected = "expected another --out, or --resume to go on with it"
                raise UsageError(f"{self.path}: holds a model already; {expected}")
            remove_left(self.path)
            yield

    def take_over(self, made: int, batches: int) -> None:
        """Hold it in the place of a process that has died, of whose lines only those are kept that are told of what was
        made before it began."""
        if self.after:
            self.after.enter_context(self._locked())
        remove_left(self.path)
        self._keep(self._told(made, batches))

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with ExitStack() as after:
            try:
                make_folder(self.path)
                safe = after.enter_context(only_one(self.lock))
            except BlockingIOError:
                expected = "expected another folder, or to wait for its end"
                raise UsageError(f"{self.path}: another process trains in this folder; {expected}") from None
            except OSError as error:
                raise UsageError(f"{self.path}: cannot write there: {reason(error)}") from None
            if not safe:
                warn(f"{self.path}: has no locks; nobody can tell whether another process trains there, too")
            yield

    def begin(self, configuration: dict[str, Any], made: int, batches: int = 0) -> None:
        """Write down what fixes the run, and keep what is told of the epochs that are made, and batches of the next."""
        told = self._told(made, batches)
        write_atomically(self.config, tomli_w.dumps(configuration).encode(errors=ANY_NAME))
        self._keep(told)
        for epoch, path in self.kept().items():
            if epoch > made:
                path.unlink(missing_ok=True)

    def _told(self, made: int, batches: int) -> dict[Path, list[dict[str, Any]]]:
        """The lines of so many epochs, and of what was made up to that batch of the next; of each file."""

        def before(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
            return [line for line in lines if (line["epoch"] - 1, line["batch"]) <= (made, batches)]

        steps, losses = before(read_steps(self.steps)), before(read_losses(self.losses))
        return {self.metrics: self.epochs(made), self.steps: steps, self.losses: losses}

    def _keep(self, told: dict[Path, list[dict[str, Any]]]) -> None:
        for path, lines in told.items():
            if path == self.metrics or path.exists():
                write_atomically(path, _jsonl(lines))

    def kept(self) -> dict[int, Path]:
        """The checkpoints that are kept, by their epochs."""
        paths = self.checkpoints.glob("epoch-*.safetensors")
        return dict(
            sorted((int(path.stem[6:]), path) for path in paths if re.fullmatch(r"epoch-[0-9]{4,9}", path.stem))
        )

    def to_keep(self, epoch: int) -> Path:
        """Where that epoch's checkpoint is kept."""
        return self.checkpoints / f"epoch-{epoch:04}.safetensors"

    def configuration(self) -> dict[str, Any]:
        """What `begin` wrote; UsageError if this is no run's folder, DataError if it cannot be what `begin` wrote."""
        if not os.path.lexists(self.config):
            raise UsageError(f"{self.path}: there is no config.toml in it; expected the folder of a run")
        return read_configuration(self.config)

    def epochs(self, most: float = math.inf) -> list[dict[str, Any]]:
        """The lines of metrics.jsonl, at most of so many epochs; one that cannot be read ends them, with a warning."""
        return [line for line in read_epochs(self.metrics) if line["epoch"] <= most]

    def step_losses(self, most: float = math.inf) -> list[dict[str, Any]]:
        """Likewise the lines of losses.jsonl that begin within so many updates."""
        return [line for line in read_losses(self.losses) if line["first"] <= most]

    @property
    def name(self) -> str:
        """The folder's own."""
        return self.path.resolve().name

    def checkpoint(self) -> Checkpoint:
        """The last whole one, or what the run began with if it was stopped before; ModelError if there is none.

        A warning says that the last one cannot be read, and which is taken in its place.
        """
        try:
            return load_checkpoint(self.model)
        except ModelError as error:
            older = next((each for each in (self.previous, self.initial) if each.exists()), None)
            if older is None:
                raise
            found = load_checkpoint(older)
            if older == self.previous or self.model.exists():
                made = f"after {found.epoch} epoch{'s' * (found.epoch != 1)}"
                warn(f"{error}; the run goes on from {older.name}, {made}")
            return found


def _jsonl(lines: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(line) + "\n" for line in lines).encode()


@contextmanager
def held(folder: RunFolder) -> Iterator[None]:
    """Meanwhile the first rank holds the folder, for all."""
    with ExitStack() as folder.after:
        after = folder.after
        by_the_first(lambda: after.enter_context(folder.held()))
        yield


def measured_on(configuration: dict[str, Any]) -> str:
    """What a run looks at after every epoch: a part of its training data, "held-out", or the "test" data."""
    return "test" if configuration.get("validation") is None else "held-out"


def run_folder(path: Path) -> RunFolder:
    """The run at that path, which may also be its model's."""
    folder = RunFolder(path)
    return RunFolder(path.parent) if path.name == folder.model.name and path.is_file() else folder


def _dated(name: str) -> Path:
    """runs/2026-01-31_12-00-00_name, or with -2, -3, ... where that is taken: made, so that it is nobody else's."""
    runs, stem = Path("runs"), f"{datetime.now():%Y-%m-%d_%H-%M-%S}_{name}"
    paths = (runs / (stem if k == 1 else f"{stem}-{k}") for k in count(1))
    try:
        make_folder(runs)
        return next(path for path in paths if _claimed(path))
    except OSError as error:
        raise UsageError(f"{runs / stem}: cannot write there: {reason(error)}") from None


def _claimed(path: Path) -> bool:
    """Whether a folder has been made there; not if there was one."""
    try:
        path.mkdir()
    except FileExistsError:
        return False
    return True
