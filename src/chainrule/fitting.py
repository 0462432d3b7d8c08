"""fit: train a network on data, and look at it after every epoch."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from chainrule.data.dataset import Dataset
from chainrule.engine import DEFAULT_ENGINE, execute
from chainrule.evaluation import Evaluation, evaluate
from chainrule.events import EpochEvent, Event, Listener, Progress
from chainrule.network import Network
from chainrule.training import Training, minimise


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


def fit(
    network: Network,
    data: Dataset,
    training: Training | None = None,
    *,
    validation: Dataset | None = None,
    engine: str = DEFAULT_ENGINE,
    threads: int | None = None,
    listeners: Sequence[Listener] = (),
    on_epoch: Callable[[EpochRecord, Progress], None] | None = None,
    start: Progress | None = None,
) -> History:
    """Train the network's own w on the data; network.w is brought up to date after every epoch and at the end.

    `validation` data, if given, are evaluated after every epoch, in batches of the training's size. `on_epoch` is
    called with each record. Raises DataError for data that do not fit the network, DivergedError.
    """
    training = training or Training()
    data.check_finite()
    network.prepare(data.x[:1], network.w.dtype)
    network.loss.check_targets(data.t, network.output_shape)
    objective = execute(network, engine, training.seed, threads)
    history = History()

    def record(event: Event) -> None:
        if not isinstance(event, EpochEvent):
            return
        network.w[:] = event.progress.weights()
        seen = None
        if validation is not None and len(validation):
            seen = evaluate(network, validation, objective, training.batch_size or 100)
        rate = event.samples / event.seconds
        epoch = EpochRecord(
            event.epoch + 1, event.loss, event.lr, event.gradient_norm, event.seconds, rate, validation=seen
        )
        history.epochs.append(epoch)
        if on_epoch:
            on_epoch(epoch, event.progress)

    result = minimise(objective, data, network.w, training, [*listeners, record], start)
    network.w[:] = result.w
    history.reason, history.progress = result.reason, result.progress
    return history
