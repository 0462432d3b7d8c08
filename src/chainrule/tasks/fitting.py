"""fit: train a network on data, and look at it after every epoch."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypedDict, Unpack
from zlib import crc32

from chainrule.base.alone import trained_alone
from chainrule.base.arguments import of_kind, truth
from chainrule.base.errors import DataError, UsageError
from chainrule.base.together import check_same
from chainrule.data.dataset import Dataset
from chainrule.data.schema import AS_THEY_SAY, Given, Schema
from chainrule.engine import DEFAULT_ENGINE, execute
from chainrule.network.moment import put_numbers
from chainrule.network.network import Network, doors
from chainrule.tasks.adapting import training_for
from chainrule.tasks.astray import doubt_life, loss_range
from chainrule.tasks.calibration import uncalibrated
from chainrule.tasks.evaluation import check_judge, measure
from chainrule.tasks.units import doubt_units
from chainrule.training.descent import minimise
from chainrule.training.early_stopping import EarlyStopping
from chainrule.training.events import (
    CheckpointEvent,
    EpochEvent,
    Evaluation,
    Event,
    Listener,
    Progress,
    check_listeners,
)
from chainrule.training.monitor import no_accuracy
from chainrule.training.settings import Training


@dataclass(frozen=True)
class EpochRecord:
    """One line of a training history."""

    epoch: int  # from 1
    loss: float  # mean over the epoch's training samples, each before its update
    lr: float
    gradient_norm: float
    seconds: float  # of training steps
    samples_per_second: float
    validation: Evaluation | None = None

    @classmethod
    def of(cls, event: EpochEvent) -> "EpochRecord":
        """What an event tells, without the run that it came from."""
        rate = event.samples / event.seconds
        return cls(event.epoch + 1, event.loss, event.lr, event.gradient_norm, event.seconds, rate, event.validation)

    def told(self, measured_on: str = "held-out") -> str:
        """As in "loss 0.9316; held out: loss 0.4593, accuracy 84.00% (9.5 s)", which fits a terminal of 80 columns.

        measured_on: "held-out" or "test" data
        """
        line = f"loss {self.loss:.4f}"
        if (seen := self.validation) is not None:
            line += f"; {'held out' if measured_on == 'held-out' else measured_on}: loss {seen.loss:.4f}"
            if seen.accuracy is not None:
                line += f", accuracy {seen.accuracy:.2%}"
            if seen.r2 is not None:
                line += f", R2 {seen.r2:.4f}"
            if seen.rmse is not None:
                line += f", rms error {seen.rmse:.4g}"
        return f"{line} ({self.seconds:.1f} s)"


@dataclass
class History:
    """What happened in a run, epoch by epoch, and why it ended."""

    epochs: list[EpochRecord] = field(default_factory=list)
    reason: str = "done"
    progress: Progress | None = None

    @property
    def seconds(self) -> float:
        """Of training steps."""
        return sum(record.seconds for record in self.epochs)

    def __repr__(self) -> str:
        n, last = len(self.epochs), f", {self.epochs[-1].told()}" if self.epochs else ""
        return f"<History of {n:,} epoch{'s' * (n != 1)}, {self.reason}{last}>"

    def _repr_html_(self) -> str:
        return doors["history_html"](self)


class How(TypedDict, total=False):
    """What `learn` takes, and `fit` hands on."""

    engine: str
    threads: int | None
    start: Progress | None


def fit(
    network: Network,
    data: Dataset,
    training: Training | None = None,
    *,
    validation: Dataset | None = None,
    listeners: Sequence[Listener] = (),
    progress: bool | None = None,
    **how: Unpack[How],
) -> History:
    """Train the network's own w on the data; network.w is brought up to date at every epoch's event and at the end.

    What the data are is kept in `network.schema`; where that is known already, the data are matched to it.

    network : what is trained, from its own w
    data : x (n, *input_shape) in numbers, or bytes that the network scales; t as its loss takes them
    training : how (default: `training_for(network, data)`, Training() as it suits so many samples)
    validation : data that are evaluated after every epoch, in batches of the training's size
    progress : whether to show how far it is, on stderr or in the notebook (default: on a terminal and in a notebook)
    engine : "compiled" (default) or "reference"
    threads : at most so many, of the compiled engine (default: as many as this process may use)
    listeners : functions that are told what happens, event by event (`chainrule.training.events`)
    start : where a run stood that goes on here

    Raises DataError for data that do not fit the network, DivergedError where loss or gradient are not finite, or the
    loss ends far above that of a network that knows nothing, UsageError where another thread fits the same network.
    Warns of dead ReLUs. Others may ask, evaluate and save the network meanwhile: they find the weights of before, or of
    the end of an epoch.
    """
    of_kind("the network", network, Network, "a Network")
    of_kind("the data", data, Dataset, "Dataset(x, t)")
    check_listeners(listeners)
    if len(data) == 0:
        raise DataError("there is no training data; expected at least one sample")
    if training is not None:
        of_kind("the training", training, Training, "Training(...)")
    if progress is not None:
        progress = truth("progress", progress)
    if validation is not None:
        of_kind("the validation data", validation, Dataset, "Dataset(x, t)")
    with trained_alone(network), nothing_learned_if_refused(network):
        if network.schema is None:
            introduce(network, data)
        else:
            network.schema = uncalibrated(network.schema)
            data = network.reading.data(data)
        if validation is not None:
            validation = network.reading.data(validation.checked("validation"))
        training = training_for(network, data) if training is None else training
        with doors["progress"](progress, len(data), training.epochs) as shown:
            history = learn(network, data, training, validation=validation, listeners=[*listeners, *shown], **how)
        doubt_life(network, data, training.optimizer.lr)
    return history


@contextmanager
def nothing_learned_if_refused(network: Network) -> Iterator[None]:
    """What the network knows of its data stays as it was, if those that it is given are refused before w moves."""
    known, before = network.schema, crc32(network.w.data)  # a copy of w may be large
    try:
        yield
    except (DataError, UsageError):
        if crc32(network.w.data) == before:
            network.schema = known
        raise


def introduce(network: Network, data: Dataset, given: Given = AS_THEY_SAY) -> None:
    """Let a network that knows of no data learn what these are; DataError if they do not fit it."""
    data.check_finite()
    network.prepare(data.x[:1], network.w.dtype)
    network.loss.check_targets(data.t, network.output_shape)
    schema = Schema.of(data, network.loss.class_count(data.t, network.output_shape), given)
    doubt_units(network, schema)
    network.schema = schema


def learn(
    network: Network,
    data: Dataset,
    training: Training,
    *,
    validation: Dataset | None = None,
    engine: str = DEFAULT_ENGINE,
    threads: int | None = None,
    listeners: Sequence[Listener] = (),
    start: Progress | None = None,
) -> History:
    """`fit` to data that are as the network reads them, and of which it is to remember nothing else.

    Whoever calls it sees to it that nobody else trains the network meanwhile.
    """
    network.prepare(data.x[:1], network.w.dtype)
    network.loss.check_targets(data.t, network.output_shape)
    if validation:
        check_judge(network, validation)
    if not (validation and network.loss.class_count(validation.t, network.output_shape)):
        check_no_accuracy_is_watched(listeners, training)
    alike = {"network": list(network.layers), "loss": network.loss, "scaling": network.scaling, "engine": engine}
    check_same(alike | {"input_shape": network.input_shape, "dtype": network.w.dtype, "validation": bool(validation)})
    source = training.source(len(data), len(validation) if validation else 0)
    objective = execute(network, engine, source, threads)
    history = History()

    def judge(progress: Progress) -> Evaluation:
        bring_up_to_date(network, progress)
        return measure(network, validation or data, objective, training.batch_size or 100)

    def record(event: Event) -> None:
        if isinstance(event, EpochEvent | CheckpointEvent):
            bring_up_to_date(network, event.progress)
        if isinstance(event, EpochEvent):
            history.epochs.append(EpochRecord.of(event))

    judged = judge if validation else None
    heard = [record, *listeners, *loss_range(network, data, training)]
    result = minimise(objective, data, network.w, training, listeners=heard, start=start, judge=judged)
    put_numbers(network, result.w, objective.statistics)
    history.reason, history.progress = result.reason, result.progress
    return history


def check_no_accuracy_is_watched(listeners: Sequence[Listener], training: Training) -> None:
    """UsageError for early stopping, or a schedule, that would find after an epoch that there is none."""
    watchers = [each for each in listeners if isinstance(each, EarlyStopping)]
    waits = training.scheduled and training.scheduled.waits
    if "accuracy" in [each.monitor for each in (*watchers, *([waits] if waits else []))]:
        raise no_accuracy()


def bring_up_to_date(network: Network, progress: Progress) -> None:
    """Put where a run stands into the network."""
    put_numbers(network, *progress.answer())
