"""`chainrule train --resume RUN`: a run goes on from its last checkpoint, bit for bit as if it had never ended."""

from dataclasses import replace

from chainrule.base.errors import DataError, UsageError
from chainrule.cli.job import Job
from chainrule.cli.job_data import load_data
from chainrule.cli.run_folder import RunFolder
from chainrule.cli.training_run import Settings, TrainingRun
from chainrule.exchange.description import build_training
from chainrule.tasks.presets import PRESETS


def resume_run(folder: RunFolder, epochs: int | None) -> TrainingRun:
    """The run of that folder, with `epochs` in all; what it wrote after its last checkpoint is cut off."""
    configuration, checkpoint = folder.configuration(), folder.checkpoint()
    try:
        name, training = configuration["name"], build_training(configuration["training"])
        weights, settings = configuration["initial_weights"], Settings.of(configuration)
    except (KeyError, TypeError, UsageError) as error:
        raise DataError(f"{folder.config}: damaged: {error}") from None
    if epochs is not None:
        if epochs < checkpoint.epoch:
            made = f"{folder.path} has made {checkpoint.epoch} epochs"
            raise UsageError(f"{made}; --epochs is the total, expected at least {checkpoint.epoch}, not {epochs}")
        training = replace(training, epochs=epochs)
    job = Job(name, checkpoint.network, training, weights, PRESETS.get(name))
    run = TrainingRun(job, load_data(settings.data, training.seed), settings, checkpoint)
    run.folder = folder
    folder.begin(run.configuration(), [line for line in folder.epochs() if line["epoch"] <= checkpoint.epoch])
    return run
