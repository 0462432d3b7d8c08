"""What a run has recorded of itself: where it can begin anew, and what it had come to on the way.

A *state* is a checkpoint, or the run's beginning, drawn from its seed. A *mark* is what was written down after so many
updates: a line an epoch, a line a checkpoint inside one. Between two states lies a *stretch*.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from chainrule.base.errors import DataError, ModelError, NetworkError, warn
from chainrule.base.hashing import weights_hash
from chainrule.cli.going_on import check_position, is_of_run
from chainrule.cli.run_files import read_steps
from chainrule.cli.run_folder import RunFolder
from chainrule.cli.runs import flattened
from chainrule.cli.settings import leaves
from chainrule.cli.train_settings import TrainSettings
from chainrule.exchange.description import parts_of
from chainrule.exchange.model_file import Checkpoint, load_checkpoint
from chainrule.network.network import Network
from chainrule.tasks import original

BY_CLOCK = "seconds", "samples_per_second", "ended"
"""What of a line no replay can give."""
MAY_CHANGE = {"chainrule", "training.epochs", *(leaf.name for leaf in leaves(TrainSettings) if leaf.option.resumes)}
"""What of a configuration --resume may change."""
SEED = "the seed"


class Difference(NamedTuple):
    """Where a run is not what it says."""

    where: str  # as in "epoch 3, in metrics.jsonl"
    what: str  # as in "weights"
    recorded: Any
    found: Any


@dataclass(frozen=True)
class State:
    """Where a run can begin anew."""

    name: str  # its file's; or SEED
    step: int
    load: Callable[[], Checkpoint]


class Mark(NamedTuple):
    """What was written down after so many updates."""

    step: int
    where: str
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Record:
    """All of it, in order."""

    folder: RunFolder
    configuration: dict[str, Any]
    batches: int  # of an epoch
    states: list[State]
    marks: dict[int, Mark]

    def place(self, step: int) -> str:
        """As in "the seed", "epoch 3", at its end, and "epoch 4, batch 5"."""
        epoch, batch = divmod(step, self.batches)
        return f"epoch {epoch + 1}, batch {batch}" if batch else f"epoch {epoch}" if epoch else SEED

    @property
    def averages(self) -> bool:
        """Whether what is written down, evaluated and saved is an average of its weights."""
        return "average" in self.configuration["training"]

    def epochs_at(self, step: int) -> int:
        """How many epochs the run was to make when it made that update."""
        later = [each for each in self.configuration.get("extensions", []) if step <= each["updates"]]
        return min(later, key=lambda each: each["updates"], default=self.configuration["training"])["epochs"]


def states_of(folder: RunFolder, configuration: dict[str, Any], batches: int) -> list[State]:
    """By their steps; ModelError if one cannot be read, or there is none but the beginning.

    The last two are read at once: a run that goes on meanwhile replaces them.
    """
    files = [file for file in (folder.model, folder.previous) if file.exists()] or [folder.initial]
    if not files[0].exists():
        raise ModelError(f"{folder.path}: there is no checkpoint in it; expected a run that has made one")
    last = [(file.name, load_checkpoint(file)) for file in files]
    beginning = State(SEED, 0, partial(_same, drawn(folder, configuration, last[0][1].network.w.dtype)))
    kept = [
        State(str(file.relative_to(folder.path)), epoch * batches, partial(load_checkpoint, file))
        for epoch, file in folder.kept().items()
    ]
    found = [*kept, *(State(name, checkpoint.step, partial(_same, checkpoint)) for name, checkpoint in reversed(last))]
    return [beginning, *sorted(found, key=lambda state: state.step)]


def _same(checkpoint: Checkpoint) -> Checkpoint:
    return checkpoint


def drawn(folder: RunFolder, configuration: dict[str, Any], dtype: np.dtype) -> Checkpoint:
    """What a run with that configuration begins with; DataError if it describes no network."""
    try:
        layers, shape, loss, scaling = parts_of(configuration["network"])
    except NetworkError as error:
        raise DataError(f"{folder.config}: network: {error}") from None
    seed = configuration["initial_weights"]["seed"]
    is_original = configuration["initial_weights"]["generator"] == "Lcg48"
    network = Network(layers, shape, loss, scaling=scaling, seed=0 if is_original else seed, dtype=dtype)
    if is_original:
        network.w[:] = original.weights(network, seed)
    return Checkpoint(network, np.empty((0, network.size), network.w.dtype), configuration=configuration)


def marks_of(folder: RunFolder, batches: int) -> dict[int, Mark]:
    """By their steps; a warning if an epoch has none."""
    lines = {line["epoch"]: line for line in folder.epochs()}
    if missing := set(range(1, max(lines, default=0))) - set(lines):
        warn(f"{folder.metrics}: has no line of epoch {min(missing)}: nothing is known of it")
    found = [Mark(epoch * batches, f"epoch {epoch}, in {folder.metrics.name}", line) for epoch, line in lines.items()]
    for line in read_steps(folder.steps):
        where = f"epoch {line['epoch']}, batch {line['batch']}, in {folder.steps.name}"
        found.append(Mark((line["epoch"] - 1) * batches + line["batch"], where, line))
    return {mark.step: mark for mark in sorted(found)}


def contradiction(record: Record) -> Difference | None:
    """Where what a run says of itself does not agree, which no replay is needed for."""
    for state in record.states[1:]:
        checkpoint = state.load()
        check_position(checkpoint, record.batches, record.folder)
        if checkpoint.step != state.step:
            return Difference(state.name, "updates", state.step, checkpoint.step)
        found = changed(record.configuration, checkpoint, state.name) or unlike(record, state, checkpoint)
        if found:
            return found
    return None


def unlike(record: Record, state: State, checkpoint: Checkpoint) -> Difference | None:
    """Where a checkpoint has other weights than were written down of it, or than the seed gives.

    Of a run that averages them, and went back to its best ones, a checkpoint may hold these and the last: no average.
    """
    ours = [weights_hash(*numbers) for numbers in numbers_of(checkpoint)]
    if state.step == 0:
        network = record.states[0].load().network
        said, where = weights_hash(network.w, network.statistics), "beginning"
    elif (mark := record.marks.get(state.step)) and mark.values.get("weights") and not record.averages:
        said, where = mark.values["weights"], mark.where
    else:
        return None
    return None if said in ours else Difference(where, f"the weights, beside those in {state.name}", said, ours[-1])


def numbers_of(checkpoint: Checkpoint) -> list[tuple[Any, Any]]:
    """(w, statistics) of its network, and where its training goes on from, if that is not the same."""
    network, w, statistics = checkpoint.network, checkpoint.last_w, checkpoint.last_statistics
    found = [(network.w, network.statistics)]
    if w is not None or statistics is not None:
        found.append((network.w if w is None else w, network.statistics if statistics is None else statistics))
    return found


def changed(configuration: dict[str, Any], checkpoint: Checkpoint, name: str) -> Difference | None:
    """What of config.toml is not what a checkpoint was made with; another version may have written less, or more."""
    ours, its = (flattened(each) for each in (configuration, checkpoint.configuration))
    same_version = ours.get("chainrule") == its.get("chainrule")
    for key in ours | its:
        if key in MAY_CHANGE or key.startswith("extensions"):
            continue
        if ours.get(key) != its.get(key) and (same_version or (key in ours and key in its)):
            return Difference(f"config.toml, beside {name}", key, ours.get(key), its.get(key))
    if not is_of_run(checkpoint, configuration):
        return Difference(f"config.toml, beside {name}", "network or training", "another", "its own")
    return None
