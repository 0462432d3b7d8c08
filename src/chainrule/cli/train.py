"""chainrule train: train a preset or a network of the user's own, and save it; or go on with a run."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from chainrule.base.errors import UsageError
from chainrule.cli.console import Json, Output, Plot, Quiet
from chainrule.cli.job import DEFAULT_PRESET, Changes, make_job
from chainrule.cli.job_data import DataOptions, load_data
from chainrule.cli.resume import resume_run
from chainrule.cli.run_folder import RunFolder
from chainrule.cli.training_run import Settings, TrainingRun
from chainrule.engine import DEFAULT_ENGINE, ENGINES
from chainrule.tasks.presets import PRESETS
from chainrule.training.optimizers import OPTIMIZERS
from chainrule.training.sampling import ORDERS
from chainrule.views.plots import check_plot_path

DATA_HELP = "A folder of IDX files, of images (one folder a class), a .csv or an .npz (default: the embedded MNIST)."
HELD_OUT = 0.1
"""What early stopping holds out of the training data if --validation does not say: never may it choose by the test."""
STOPPING_HELP = (
    "Stop after N epochs without a lower held-out loss; keep the best weights. "
    f"Holds out {100 * HELD_OUT:.0f} % of the training data, unless --validation says how much."
)
of_network, of_training, of_data, of_run = (
    partial(typer.Option, rich_help_panel=panel) for panel in ("Network", "Training", "Data", "Run")
)


def train(
    preset: Annotated[
        str | None, of_network(help=f"The network: {', '.join(PRESETS)} (default: {DEFAULT_PRESET}).")
    ] = None,
    network: Annotated[Path | None, of_network(metavar="FILE.toml", help="A network of your own.")] = None,
    resume: Annotated[
        Path | None, of_run(metavar="RUN", help="Go on with the run in this folder, as if it had never ended.")
    ] = None,
    epochs: Annotated[int | None, of_training(help="Times through the training data, in all.")] = None,
    batch_size: Annotated[int | None, of_training(help="Samples of a mini-batch.")] = None,
    lr: Annotated[float | None, of_training(help="Learning rate, the lecture's eta.")] = None,
    lr_decay: Annotated[float | None, of_training(help="Factor on the learning rate after each epoch.")] = None,
    optimizer: Annotated[str | None, of_training(help=f"One of: {', '.join(OPTIMIZERS)}.")] = None,
    momentum: Annotated[float | None, of_training(help="For sgd.")] = None,
    weight_decay: Annotated[float | None, of_training(help="L2, added to the gradient.")] = None,
    order: Annotated[str | None, of_training(help=f"How batches are drawn: {', '.join(ORDERS)}.")] = None,
    reduction: Annotated[str | None, of_training(help="Of a batch's errors: mean or sum.")] = None,
    seed: Annotated[
        int | None, of_training(help="Of everything random; the same seed gives the same result (default: 0).")
    ] = None,
    weight_seed: Annotated[int | None, of_training(help="21mnist: of the initial weights.")] = None,
    dropout_seed_1: Annotated[int | None, of_training(help="21mnist: of the first dropout; 0: off.")] = None,
    dropout_seed_2: Annotated[int | None, of_training(help="21mnist: of the second dropout; 0: off.")] = None,
    data: Annotated[
        Path | None,
        of_data("--data", "--data-dir", metavar="PATH", help=DATA_HELP),
    ] = None,
    target: Annotated[
        str | None, of_data(metavar="COLUMN", help="What to predict of a table (default: its last).")
    ] = None,
    image_size: Annotated[str | None, of_data(metavar="HEIGHTxWIDTH", help="Resize the images of a folder.")] = None,
    augment: Annotated[
        str | None,
        of_data(metavar="SETTINGS", help="Change training images a little, as in shift=2,rotate=10,elastic=1."),
    ] = None,
    train_data_size: Annotated[int | None, of_data(metavar="N", help="Train on the first N samples.")] = None,
    test_data_size: Annotated[int | None, of_data(metavar="N", help="Test on the first N samples; 0: no test.")] = None,
    validation: Annotated[
        float | None,
        of_data(metavar="FRACTION", help="Hold out this part of the training data; test once, at the end."),
    ] = None,
    early_stopping: Annotated[
        int | None,
        of_training(metavar="N", help=STOPPING_HELP),
    ] = None,
    engine: Annotated[
        str | None, of_run(help=f"What executes the network: {', '.join(ENGINES)} (default: {DEFAULT_ENGINE}).")
    ] = None,
    threads: Annotated[int | None, of_run(metavar="N", help="At most so many threads.")] = None,
    log_interval: Annotated[int | None, of_run(metavar="N", help="Print the loss of every N-th batch.")] = None,
    out: Annotated[
        Path | None, of_run(metavar="FOLDER", help="Where the run goes (default: a dated one in runs/).")
    ] = None,
    tensorboard: Annotated[
        bool, of_run("--tensorboard", help="Also write what TensorBoard reads into the run's folder.")
    ] = False,
    plot: Plot = None,
    json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Train a network and save it.

    The run's folder holds config.toml (everything that fixes the run), metrics.jsonl, model.safetensors (saved after
    every epoch) and report.html. Ctrl-C finishes the step, saves, and leaves with 130; --resume goes on from there.
    """
    output = Output(json, quiet)
    for name, value in (("--threads", threads), ("--log-interval", log_interval)):
        if value is not None and value < 1:
            raise UsageError(f"{name} is {value}; expected at least 1")
    if plot:
        check_plot_path(plot)
    changes = Changes(epochs, batch_size, lr, lr_decay, optimizer, momentum, weight_decay, order, reduction, augment)
    seeds = {"weight_seed": weight_seed, "dropout_seed_1": dropout_seed_1, "dropout_seed_2": dropout_seed_2}
    options = DataOptions(data and str(data), target, image_size, train_data_size, test_data_size, validation)
    if resume is not None:
        fixed = {"preset": preset, "network": network, "seed": seed, "engine": engine, "out": out}
        refuse(fixed | vars(changes) | seeds | vars(options) | {"early_stopping": early_stopping}, allowed="epochs")
        run = resume_run(RunFolder(resume), epochs)
    else:
        if early_stopping is not None and validation is None:
            options = replace(options, validation=HELD_OUT)
            output.note(f"early stopping: {100 * HELD_OUT:.0f} % of the training data are held out to choose by")
        job = make_job(preset, network, seed or 0, seeds, changes)
        settings = Settings(options, engine or DEFAULT_ENGINE, early_stopping)
        samples = load_data(options, job.training.seed)
        run = TrainingRun(job.adapted(samples), samples, settings)
        run.folder = RunFolder.new(out, job.name, run.configuration())
    return run.execute(output, threads, log_interval, tensorboard, plot)


def refuse(options: dict[str, Any], allowed: str) -> None:
    """UsageError for options that a run which goes on cannot take."""
    given = [name for name, value in options.items() if value is not None and name != allowed]
    if given:
        name = given[0].replace("_", "-")
        raise UsageError(f"--resume goes on with the run's own settings; --{name} cannot be given, only --{allowed}")
