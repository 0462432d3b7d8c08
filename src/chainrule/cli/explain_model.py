"""Which network `chainrule explain` is about: a model that is there, or a preset's, trained here and now."""

from math import prod
from pathlib import Path
from typing import TYPE_CHECKING

from chainrule.base.errors import UsageError
from chainrule.cli.console import Output
from chainrule.cli.models import opened_model
from chainrule.cli.run_folder import RunFolder
from chainrule.cli.trial_data import data_for
from chainrule.data import mnist
from chainrule.exchange.model_file import Checkpoint
from chainrule.exchange.training_description import build_training
from chainrule.tasks.fitting import fit
from chainrule.tasks.presets import preset as preset_named

if TYPE_CHECKING:
    from chainrule.server.subject import Subject

DEFAULT = "mnist"
DIGIT = 28 * 28
SAMPLES = 6000
"""Of MNIST's training digits, that a preset's network is trained on: a few seconds, and nine of ten digits right."""


def subject_of(model: Path | None, preset: str | None, output: Output, data: Path | None = None) -> "Subject":
    """The model at that path, or of the last run, on these data or its own; else the network of the preset."""
    if model is not None and preset is not None:
        raise UsageError("a model is given with --preset; expected one of them")
    if preset is not None and data is not None:
        raise UsageError("--data is given with --preset, which is trained on MNIST; expected one of them")
    path = last_run(Path("runs")) if model is None and preset is None else model
    if path is None and data is not None:
        raise UsageError("--data is given, and there is no model; expected both")
    return trained(preset or DEFAULT, output) if path is None else of_model(path, data)


def of_model(path: Path, data: Path | None = None) -> "Subject":
    """A model that is there, and the data that it is tried on."""
    from chainrule.server.subject import Subject

    file, checkpoint = opened_model(path)
    classes = checkpoint.configuration.get("classes")
    return Subject(
        checkpoint.network,
        str(file),
        (lambda split: data_for(checkpoint, data, split)) if data or has_data(checkpoint) else None,
        preset=checkpoint.configuration.get("name"),
        classes=classes and tuple(classes),
        eta=eta_of(checkpoint),
    )


def has_data(checkpoint: Checkpoint) -> bool:
    """Whether it is known what it was trained on: a model that Python saved does not say, and is taken for one of
    MNIST's digits if it takes such."""
    network = checkpoint.network
    digits = prod(network.input_shape) == DIGIT and network.output_shape == (10,)
    return digits or checkpoint.configuration.get("data") is not None


def trained(name: str, output: Output) -> "Subject":
    """A preset's network, after an epoch of some digits."""
    from chainrule.server.subject import Subject

    chosen, data = preset_named(name), mnist("train").head(SAMPLES)
    network, training = chosen.network_for(data), chosen.training_for(data)
    output.note(f"training {name} on {SAMPLES:,} digits of MNIST for the page; name a model to see that instead")
    fit(network, data, training, progress=None if not output.quiet else False)
    return Subject(network, name, mnist, preset=name, eta=training.optimizer.lr)


def last_run(runs: Path) -> Path | None:
    """The run in that folder whose model is the newest; None if there is none."""
    models = [each / RunFolder(each).model.name for each in (runs.iterdir() if runs.is_dir() else ())]
    there = [each for each in models if each.is_file()]
    return max(there, key=lambda each: each.stat().st_mtime).parent if there else None


def eta_of(checkpoint: Checkpoint) -> float:
    """The learning rate that a model was trained with, as far as it says."""
    try:
        return build_training(checkpoint.configuration.get("training", {})).optimizer.lr
    except UsageError:  # of another version
        return 0.01
