"""Whether a run can go on, as the one that it was: its checkpoint, its configuration and its data belong together."""

from dataclasses import replace
from typing import Any

from chainrule.base.errors import DataError, ModelError, NetworkError, UsageError, warn
from chainrule.cli.data_options import Data
from chainrule.cli.run_folder import RunFolder
from chainrule.exchange.checkpoint import Checkpoint
from chainrule.exchange.description import parts_of
from chainrule.exchange.training_description import build_training
from chainrule.training.settings import Training

FIXED = "name", "engine", "initial_weights", "fingerprints", "classes"
"""What of a run's configuration never changes, beside its network and training; an older run may lack some."""


def extensions(configuration: dict[str, Any], step: int, epochs: int) -> list[dict[str, int]]:
    """Which totals of epochs the run had until when, now that it has another from that step on."""
    earlier = configuration.get("extensions", [])
    until = [each for each in earlier if each["updates"] < step]
    before = next((each for each in earlier if each["updates"] >= step), configuration["training"])["epochs"]
    return until + ([{"updates": step, "epochs": before}] if step and before != epochs else [])


def check_of_run(checkpoint: Checkpoint, configuration: dict[str, Any], folder: RunFolder) -> None:
    """ModelError unless a run with that configuration wrote the checkpoint; DataError if it describes no network."""
    try:
        found = is_of_run(checkpoint, configuration)
    except NetworkError as error:
        raise DataError(f"{folder.config}: network: {error}") from None
    if not found:
        given = f"{folder.path}: its model is not of the run that config.toml describes"
        raise ModelError(f"{given}; expected the model that this run wrote")


def is_of_run(checkpoint: Checkpoint, configuration: dict[str, Any]) -> bool:
    """Whether a run with that configuration wrote the checkpoint; --epochs and --data may have been others then."""
    then, network = checkpoint.configuration, checkpoint.network
    layers, input_shape, loss, scaling = parts_of(configuration["network"])
    made_of = list(network.layers), network.input_shape, network.loss, network.scaling
    if "training" not in then or made_of != (list(layers), input_shape, loss, scaling):
        return False
    try:
        before, now = (replace(build_training(each["training"]), epochs=0) for each in (then, configuration))
    except UsageError:  # the model's, of a training that is not known here
        return False
    names = [name for name in FIXED if name in then and name in configuration]
    return before == now and all(then[name] == configuration[name] for name in names)


def total_epochs(given: int | None, training: Training, checkpoint: Checkpoint, folder: RunFolder) -> int:
    """How many epochs the run is to make in all; UsageError for fewer than it has made."""
    least = checkpoint.epoch + (checkpoint.batch > 0)
    if given is None:
        if checkpoint.epoch >= training.epochs:
            more = f"give --epochs, the total, of more than {checkpoint.epoch} to go on"
            warn(f"{folder.path}: has made all of its epochs, so that nothing is left to train; {more}")
        return training.epochs
    if given < least:
        made = f"{checkpoint.epoch}{' and a part of the next' if checkpoint.batch else ''}"
        raise UsageError(
            f"--epochs, the total, is {given}, but {folder.path} has made {made}; expected at least {least}"
        )
    return given


def check_position(checkpoint: Checkpoint, batches: int, folder: RunFolder) -> None:
    """ModelError unless the run can have come to where the checkpoint says it stands, in epochs of so many batches."""
    at = checkpoint.epoch * batches + checkpoint.batch
    if checkpoint.batch >= batches or checkpoint.step != at:
        given = (
            f"{folder.path}: its model is of step {checkpoint.step}, epoch {checkpoint.epoch}, batch {checkpoint.batch}"
        )
        raise ModelError(f"{given}; expected as many steps as batches, of which an epoch has {batches}")


def check_unchanged(data: Data, trained_on: Any, folder: RunFolder) -> None:
    """DataError unless the data are those that the run began with; a warning if it did not write down which."""
    if not isinstance(trained_on, dict):
        warn(f"{folder.path}: was begun before runs knew their data: nobody can tell whether these have changed")
        return
    names = {"train": "training data", "every_epoch": "data looked at every epoch", "at_end": "test data"}
    for part, found in data.fingerprints.items():
        if trained_on.get(part) != found:
            given = f"the {names[part]} are not those that the run was begun on"
            expected = "expected these unchanged (--data says where they are now), or a new run"
            raise DataError(f"{folder.path}: {given}; {expected}")
