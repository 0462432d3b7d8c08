"""What `chainrule train` can be told."""

from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any

from chainrule.augmentation.augmentation import Augmentation
from chainrule.base.errors import UsageError
from chainrule.base.guessing import expected_one_of
from chainrule.cli.console import Output
from chainrule.cli.data_options import DataOptions
from chainrule.cli.network_options import NetworkOrSuited
from chainrule.cli.settings import Option
from chainrule.cli.written_values import value_of
from chainrule.engine import DEFAULT_ENGINE, ENGINES
from chainrule.training.averages import AVERAGES
from chainrule.training.checkpoints import CheckpointEvery
from chainrule.training.optimizers import OPTIMIZERS, Optimizer
from chainrule.training.sampling import ORDERS
from chainrule.training.schedules import SCHEDULES
from chainrule.training.settings import Training

HELD_OUT = 0.1
"""What early stopping holds out of the training data if --validation does not say: never may it choose by the test."""
STOPPING_HELP = (
    "Stop after N epochs without a lower held-out loss; keep the best weights. "
    f"Holds out {100 * HELD_OUT:.0f} % of the training data, unless --validation says how much."
)
CHECKPOINT_HELP = 'Save inside epochs, too: every so many steps, as in 500, or "10 minutes" (10m).'
KEEP_HELP = "Keep the checkpoint of every N-th epoch in checkpoints/, where verify can begin, too."
SCHEDULE_HELP = (
    f"How the learning rate moves, one of {', '.join(SCHEDULES)}, with settings as in "
    "OneCycle:rise=0.2,low_momentum=0.85 or Warmup:length=100+Cosine."
)
AVERAGE_HELP = "Evaluate and save an average of the weights, as in EMA:decay=0.999 or SWA:last=0.25."
AUGMENT_HELP = (
    "Change training images a little, as in shift=2,rotate=10,elastic=1 or, in colour, crop=4,flip,cutout=8,mixup=0.2."
)
FIND_LR_HELP = "Train nothing; find which learning rate to try, by steps that grow (--plot draws them)."
FAILURES = "end", "continue"
FAILURE_HELP = (
    "Under mpiexec --with-ft ulfm: continue without a process that dies, to the same bits (default: all end)."
)
SEED_HELP = "Of everything random; the same seed gives the same result (default: 0)."
ENGINE_NAMES = ", ".join(sorted(ENGINES))
rare = partial(Option, common=False)
of_program = partial(rare, most=2**48 - 1)


@dataclass(frozen=True)
class TrainingOptions:
    """The options that change how a network is trained by default; None leaves that."""

    epochs: Annotated[int | None, Option("Times through the training data, in all.", resumes=True)] = None
    batch_size: Annotated[int | None, Option("Samples of a mini-batch.")] = None
    lr: Annotated[float | None, Option("Learning rate, the lecture's eta.")] = None
    lr_decay: Annotated[float | None, rare("Factor on the learning rate after each epoch.")] = None
    optimizer: Annotated[str | None, rare(f"One of: {', '.join(OPTIMIZERS)}.")] = None
    momentum: Annotated[float | None, rare("For sgd and rmsprop.")] = None
    nesterov: Annotated[bool, rare("For sgd with momentum: Nesterov's step.")] = False
    weight_decay: Annotated[float | None, rare("L2, added to the gradient; with adamw, what w shrinks by.")] = None
    clip_norm: Annotated[float | None, rare("Shorten a gradient that is longer than this.")] = None
    schedule: Annotated[str | None, rare(SCHEDULE_HELP, "SCHEDULE")] = None
    momentum_schedule: Annotated[str | None, rare("Likewise of the momentum.", "SCHEDULE")] = None
    average: Annotated[str | None, rare(AVERAGE_HELP, "AVERAGE")] = None
    order: Annotated[str | None, rare(f"How batches are drawn: {', '.join(ORDERS)}.")] = None
    reduction: Annotated[str | None, rare("Of a batch's errors: mean or sum.")] = None
    early_stopping: Annotated[int | None, Option(STOPPING_HELP, "N", least=1, kept=True)] = None
    augment: Annotated[str | None, rare(AUGMENT_HELP, "SETTINGS")] = None
    seed: Annotated[int | None, rare(SEED_HELP, most=2**64 - 1)] = None

    def apply(self, training: Training) -> Training:
        """The training with these changes."""
        changes = self._given("epochs", "batch_size", "order", "reduction", "clip_norm")
        if self.augment is not None:
            changes["augmentation"] = Augmentation.parse(self.augment)
        if self.average is not None:
            changes["average"] = value_of(self.average, AVERAGES, "--average")
        changes |= self._schedules(training)
        return replace(training, optimizer=self._optimizer(training.optimizer), seed=self.seed or 0, **changes)

    def _schedules(self, training: Training) -> dict[str, Any]:
        """How the rates move: as is given, in the place of what the training has; it belongs to its optimizer."""
        given = self._given("lr_decay")
        for name in ("schedule", "momentum_schedule"):
            if (text := getattr(self, name)) is not None:
                given[name] = value_of(text, SCHEDULES, f"--{name.replace('_', '-')}")
        if not given and self.optimizer is None:
            return {}
        if "momentum_schedule" in given and len(given) == 1 and self.optimizer is None:
            return given
        return {"lr_decay": 1.0, "schedule": None, "momentum_schedule": None} | given

    def _optimizer(self, default: Optimizer) -> Optimizer:
        """The default one or the named one, with the settings that are given."""
        optimizer = default
        if self.optimizer is not None:
            if self.optimizer not in OPTIMIZERS:
                raise UsageError(
                    f"there is no optimizer {self.optimizer!r}; {expected_one_of(OPTIMIZERS, self.optimizer)}"
                )
            optimizer = OPTIMIZERS[self.optimizer]()  # type: ignore[call-arg]
        changes = self._given("lr", "momentum", "weight_decay") | ({"nesterov": True} if self.nesterov else {})
        for name in changes:
            if not hasattr(optimizer, name):
                flag = f"--{name.replace('_', '-')}"
                raise UsageError(f"{flag} is given for {type(optimizer).__name__}; expected it with --optimizer sgd")
        return replace(optimizer, **changes)

    def _given(self, *names: str) -> dict[str, Any]:
        return {name: value for name in names if (value := getattr(self, name)) is not None}


@dataclass(frozen=True)
class OriginalSeeds:
    """The options for the seeds of the lecture's program."""

    weights: Annotated[int | None, of_program("21mnist: of the initial weights.", flags=("--weight-seed",))] = None
    dropout1: Annotated[
        int | None, of_program("21mnist: of the first dropout; 0: off.", flags=("--dropout-seed-1",))
    ] = None
    dropout2: Annotated[
        int | None, of_program("21mnist: of the second dropout; 0: off.", flags=("--dropout-seed-2",))
    ] = None


@dataclass(frozen=True)
class RunOptions:
    """The options that say where a run goes, and what executes and shows it."""

    resume: Annotated[
        Path | None, Option("Go on with the run in this folder, as if it had never ended.", "RUN", resumes=True)
    ] = None
    find_lr: Annotated[bool, rare(FIND_LR_HELP)] = False
    out: Annotated[Path | None, Option("Where the run goes (default: a dated one in runs/).", "FOLDER")] = None
    checkpoint_every: Annotated[str | None, Option(CHECKPOINT_HELP, "HOW_OFTEN", kept=True, resumes=True)] = None
    keep_every: Annotated[int | None, rare(KEEP_HELP, "N", least=1, kept=True, resumes=True)] = None
    engine: Annotated[
        str | None,
        rare(
            f"What executes the network: {ENGINE_NAMES} (default: {DEFAULT_ENGINE}). The bits of a result do not "
            "depend on compiled's threads; on those of NumPy's BLAS they do with reference.",
            kept=True,
        ),
    ] = None
    threads: Annotated[int | None, rare("At most so many threads.", "N", least=1, resumes=True)] = None
    on_rank_failure: Annotated[str, rare(FAILURE_HELP, "end|continue", resumes=True)] = "end"
    log_interval: Annotated[int | None, rare("Print the loss of every N-th batch.", "N", least=1, resumes=True)] = None
    tensorboard: Annotated[bool, rare("Also write what TensorBoard reads into the run's folder.", resumes=True)] = False
    plot: Annotated[Path | None, rare("Also draw a plot into this .png, .svg or .pdf.", "FILE", resumes=True)] = None

    def __post_init__(self) -> None:
        self.checkpoints()
        if self.on_rank_failure not in FAILURES:
            raise UsageError(f"--on-rank-failure is {self.on_rank_failure!r}; expected {' or '.join(FAILURES)}")

    def checkpoints(self) -> list[CheckpointEvery]:
        """Who asks for checkpoints inside epochs; UsageError for what is no such time."""
        return [] if self.checkpoint_every is None else [CheckpointEvery(self.checkpoint_every)]


@dataclass(frozen=True)
class TrainSettings:
    """All of it; a run's own settings are those that its configuration keeps."""

    network: Annotated[NetworkOrSuited, "Network"] = field(default_factory=NetworkOrSuited)
    training: Annotated[TrainingOptions, "Training"] = field(default_factory=TrainingOptions)
    original: Annotated[OriginalSeeds, "Training"] = field(default_factory=OriginalSeeds)
    data: Annotated[DataOptions, "Data"] = field(default_factory=DataOptions)
    run: Annotated[RunOptions, "Run"] = field(default_factory=RunOptions)
    output: Annotated[Output, "Output"] = field(default_factory=Output)
