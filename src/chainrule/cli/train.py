"""chainrule train: train a preset or a network of the user's own, and save it; or go on with a run."""

from dataclasses import replace
from math import prod
from typing import ClassVar, NamedTuple

from chainrule.base.ranks import current
from chainrule.base.together import by_all, by_the_first, is_first
from chainrule.cli.data_options import Data, load_data
from chainrule.cli.going_on import check_of_run, check_position, check_unchanged, extensions, total_epochs
from chainrule.cli.lr_range import refuse_beside_find_lr, told_lr
from chainrule.cli.network_options import Chosen
from chainrule.cli.run_folder import RunFolder, held, run_folder
from chainrule.cli.settings import refuse_with_resume, restored
from chainrule.cli.train_settings import HELD_OUT, TrainSettings
from chainrule.cli.training_run import TrainingRun
from chainrule.data import Dataset
from chainrule.engine import DEFAULT_ENGINE
from chainrule.exchange.resuming import progress_of
from chainrule.exchange.training_description import build_training
from chainrule.network.engine import engine_named
from chainrule.network.network import Network
from chainrule.tasks.adapting import adapted, lengthened
from chainrule.tasks.lr_range import find_lr
from chainrule.tasks.presets import is_like_digits
from chainrule.tasks.suited import suited
from chainrule.training.drawing import batches_in
from chainrule.training.settings import Training
from chainrule.views.plots import check_plot_path, plot_lr_range


class Train(TrainSettings):
    """Train a network and save it.

    The run's folder holds config.toml (everything that fixes the run), metrics.jsonl, losses.jsonl,
    model.safetensors (saved after every epoch) and report.html. Ctrl-C finishes the step, saves, and leaves
    with 130, SIGTERM likewise with 143; --resume goes on from there, bit for bit. A run that diverges ends with
    3, and keeps its last good checkpoint. mpiexec -n 4 chainrule train ... trains with 4 processes, to the same
    bits.
    """

    distributes: ClassVar[bool] = True

    def execute(self) -> int:
        if self.run.on_rank_failure == "continue":
            current().outlive()
        if self.run.plot:
            check_plot_path(self.run.plot)
        if self.run.find_lr:
            return lr_found(self)
        if self.run.resume is None:
            run = begun(self)
            with held(run.folder):
                return run.execute()
        folder = run_folder(self.run.resume)
        with held(folder):
            return resumed(self, folder).execute()


class Prepared(NamedTuple):
    """What is to be trained on what, and how."""

    chosen: Chosen
    network: Network
    training: Training
    data: Data
    settings: TrainSettings


def begun(settings: TrainSettings) -> TrainingRun:
    """A new run; an error where the settings contradict each other or describe nothing possible."""
    chosen, network, training, data, settings = by_all(lambda: prepared(settings))
    return TrainingRun(
        name=chosen.name,
        network=network,
        training=training,
        initial_weights=chosen.initial_weights(training.seed),
        data=data,
        settings=settings,
        folder=by_the_first(lambda: RunFolder.for_new_run(settings.run.out, chosen.name)),
    )


def prepared(settings: TrainSettings) -> Prepared:
    """The network, and how it is to be trained on the data."""
    engine_named(settings.run.engine or DEFAULT_ENGINE)
    if settings.training.early_stopping is not None and settings.data.validation is None:
        settings = replace(settings, data=replace(settings.data, validation=HELD_OUT))
        settings.output.note(f"early stopping: {100 * HELD_OUT:.0f} % of the training data are held out to choose by")
    chosen = settings.network.chosen().seeded(vars(settings.original))
    seed = settings.training.apply(chosen.training).seed
    network = chosen.network(seed)  # before the data, which may take long to read
    data = load_data(settings.data, seed)
    if not settings.network.is_given and settings.data.data is not None:
        chosen = Chosen.of(suited(data.train))
        settings.output.note(f"{chosen.name}, a network that suits {kind_of(data.train)}; --preset names another")
    if chosen.preset is not None:
        network = chosen.network_for(data.train, data.outputs, seed)
    return Prepared(chosen, network, training_of(settings, chosen, network, data), data, settings)


def lr_found(settings: TrainSettings) -> int:
    """The range test, told; the exit code."""
    refuse_beside_find_lr(settings)
    _, network, training, data, settings = by_all(lambda: prepared(settings))
    run = settings.run
    found = find_lr(network, data.train, training, engine=run.engine or DEFAULT_ENGINE, threads=run.threads)
    if run.plot and is_first():
        plot_lr_range(found, run.plot)
    settings.output.result(*told_lr(found, type(training.optimizer).__name__))
    return 0


def training_of(settings: TrainSettings, chosen: Chosen, network: Network, data: Data) -> Training:
    """How the network is trained: as its name says, changed as suits few samples, and then by the options given.

    Of digits, which presets are made for, only the epochs.
    """
    options, usual, samples = settings.training, chosen.training_for(data.train), len(data.train)
    if not is_like_digits(data.train, data.outputs):
        found = adapted(usual, network, samples, epochs=options.epochs, batch_size=options.batch_size)
    else:
        found = lengthened(usual, samples) if options.epochs is None else usual
    training = options.apply(found)
    if chosen.training.augmentation and training.augmentation is None:
        settings.output.note("inputs that are no pictures in bytes are learned as they are, without augmentation")
    if found != usual:
        size, lr = training.batch_size or samples, f"learning rate {training.optimizer.lr:.2g}"
        falls = f" falling to {training.optimizer_at(training.epochs).lr:.2g}" if training.lr_decay != 1 else ""
        falls = f" by {training.schedule}" if training.schedule else falls
        epochs = f"{training.epochs} epoch{'s' * (training.epochs != 1)} in batches of {size}"
        settings.output.note(f"for {samples:,} samples: {epochs}, {lr}{falls}")
    return training


def kind_of(data: Dataset) -> str:
    """What the inputs are, in a few words."""
    shape = data.x.shape[1:]
    if len(shape) != 3:
        return f"a table of {prod(shape)} columns" if data.columns else f"rows of {prod(shape)} numbers"
    channels = {1: "grey", 3: "in colour"}.get(shape[0], f"of {shape[0]} channels")
    return f"pictures {shape[1]} x {shape[2]}, {channels}"


def resumed(settings: TrainSettings, folder: RunFolder) -> TrainingRun:
    """The run in that folder, which goes on from its last checkpoint, bit for bit as if it had never ended.

    What it wrote after that checkpoint is cut off.
    """
    refuse_with_resume(settings)
    configuration, checkpoint = by_the_first(lambda: (folder.configuration(), folder.checkpoint()))
    start = progress_of(checkpoint)
    check_of_run(checkpoint, configuration, folder)
    settings, training = restored(settings, configuration), build_training(configuration["training"])
    training = replace(training, epochs=total_epochs(settings.training.epochs, training, checkpoint, folder))
    data = by_all(lambda: load_data(settings.data, training.seed))
    check_unchanged(data, configuration.get("fingerprints"), folder)
    check_position(checkpoint, batches_in(data.train, training), folder)
    return TrainingRun(
        name=configuration["name"],
        network=checkpoint.network,
        training=training,
        initial_weights=configuration["initial_weights"],
        data=data,
        settings=settings,
        folder=folder,
        start=start,
        extensions=extensions(configuration, start.state.step, training.epochs),
    )
