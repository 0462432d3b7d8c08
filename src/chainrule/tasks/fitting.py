"""fit: train a network on data, and look at it after every epoch."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from chainrule.data.dataset import Dataset
from chainrule.engine import DEFAULT_ENGINE, execute
from chainrule.network.network import Network
from chainrule.tasks.evaluation import Evaluation, evaluate
from chainrule.training.descent import Training, minimise
from chainrule.training.events import CheckpointEvent, EpochEvent, Event, Listener, Progress


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

    def _repr_html_(self) -> str:
        from chainrule.views.notebook import history_html  # what shows histories stands above them

        return history_html(self)


def fit(
    network: Network,
    data: Dataset,
    training: Training | None = None,
    *,
    validation: Dataset | None = None,
    engine: str = DEFAULT_ENGINE,
    threads: int | None = None,
    listeners: Sequence[Listener] = (),
    start: Progress | None = None,
) -> History:
    """Train the network's own w on the data; network.w is brought up to date at every epoch's event and at the end.

    `validation` data, if given, are evaluated after every epoch, in batches of the training's size. `listeners` are
    told what happens (`events`). Raises DataError for data that do not fit the network, DivergedError.
    """
    training = training or Training()
    data.check_finite()
    network.prepare(data.x[:1], network.w.dtype)
    network.loss.check_targets(data.t, network.output_shape)
    objective = execute(network, engine, training.seed, threads)
    history = History()

    def judge(progress: Progress) -> Evaluation:
        network.w[:] = progress.weights()
        return evaluate(network, validation or data, objective, training.batch_size or 100)

    def record(event: Event) -> None:
        if isinstance(event, EpochEvent | CheckpointEvent):
            network.w[:] = event.progress.weights()
        if isinstance(event, EpochEvent):
            history.epochs.append(EpochRecord.of(event))

    judged = judge if validation is not None and len(validation) else None
    result = minimise(objective, data, network.w, training, [record, *listeners], start, judged)
    network.w[:] = result.w
    history.reason, history.progress = result.reason, result.progress
    return history
