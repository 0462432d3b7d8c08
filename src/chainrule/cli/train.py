"""chainrule train: train a preset or a network of the user's own, and save it."""

import sys
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer
from threadpoolctl import threadpool_limits

from chainrule.cli.console import Json, Output, Plot, Quiet, Seed, table
from chainrule.cli.job import DEFAULT_PRESET, Changes, Data, Job, load_data, make_job
from chainrule.cli.reporting import BatchLines, ProgressBar, epoch_line, stop_on_interrupt, test_line
from chainrule.cli.run_folder import RunFolder
from chainrule.engine import DEFAULT_ENGINE, ENGINES
from chainrule.errors import UsageError
from chainrule.evaluation import Evaluation, evaluate
from chainrule.events import Listener, Progress
from chainrule.fitting import EpochRecord, History, fit
from chainrule.optimizers import OPTIMIZERS
from chainrule.plots import check_plot_path, plot_history
from chainrule.presets import PRESETS
from chainrule.sampling import ORDERS

ORIGINAL_INTERVAL = 10  # batches between two lines of the lecture's program


def train(
    preset: Annotated[
        str | None, typer.Option(help=f"The network: {', '.join(PRESETS)} (default: {DEFAULT_PRESET}).")
    ] = None,
    network: Annotated[Path | None, typer.Option(metavar="FILE.toml", help="A network of your own.")] = None,
    epochs: Annotated[int | None, typer.Option(help="Times through the training data.")] = None,
    batch_size: Annotated[int | None, typer.Option(help="Samples of a mini-batch.")] = None,
    lr: Annotated[float | None, typer.Option(help="Learning rate, the lecture's eta.")] = None,
    lr_decay: Annotated[float | None, typer.Option(help="Factor on the learning rate after each epoch.")] = None,
    optimizer: Annotated[str | None, typer.Option(help=f"One of: {', '.join(OPTIMIZERS)}.")] = None,
    momentum: Annotated[float | None, typer.Option(help="For sgd.")] = None,
    weight_decay: Annotated[float | None, typer.Option(help="L2, added to the gradient.")] = None,
    order: Annotated[str | None, typer.Option(help=f"How batches are drawn: {', '.join(ORDERS)}.")] = None,
    reduction: Annotated[str | None, typer.Option(help="Of a batch's errors: mean or sum.")] = None,
    seed: Seed = 0,
    weight_seed: Annotated[int | None, typer.Option(help="21mnist: of the initial weights.")] = None,
    dropout_seed_1: Annotated[int | None, typer.Option(help="21mnist: of the first dropout; 0: off.")] = None,
    dropout_seed_2: Annotated[int | None, typer.Option(help="21mnist: of the second dropout; 0: off.")] = None,
    data_dir: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="A folder of IDX files (default: the embedded MNIST).")
    ] = None,
    train_data_size: Annotated[int | None, typer.Option(metavar="N", help="Train on the first N samples.")] = None,
    test_data_size: Annotated[
        int | None, typer.Option(metavar="N", help="Test on the first N samples; 0: no test.")
    ] = None,
    validation: Annotated[
        float | None,
        typer.Option(metavar="FRACTION", help="Hold out this part of the training data; test once, at the end."),
    ] = None,
    engine: Annotated[str, typer.Option(help=f"What executes the network: {', '.join(ENGINES)}.")] = DEFAULT_ENGINE,
    threads: Annotated[int | None, typer.Option(metavar="N", help="At most so many threads.")] = None,
    log_interval: Annotated[int | None, typer.Option(metavar="N", help="Print the loss of every N-th batch.")] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Where the run goes (default: a dated one in runs/).")
    ] = None,
    plot: Plot = None,
    json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Train a network and save it.

    The run's folder holds config.toml (everything that fixes the run), metrics.jsonl and model.safetensors, which is
    saved after every epoch. Ctrl-C finishes the step, saves, and leaves with 130.
    """
    output = Output(json, quiet)
    for name, value in (("--threads", threads), ("--log-interval", log_interval)):
        if value is not None and value < 1:
            raise UsageError(f"{name} is {value}; expected at least 1")
    if plot:
        check_plot_path(plot)
    changes = Changes(epochs, batch_size, lr, lr_decay, optimizer, momentum, weight_decay, order, reduction)
    seeds = {"weights": weight_seed, "dropout1": dropout_seed_1, "dropout2": dropout_seed_2}
    job = make_job(preset, network, seed, seeds, changes)
    data = load_data(data_dir, train_data_size, test_data_size, validation, seed)
    sizes = {"train_data_size": train_data_size, "test_data_size": test_data_size, "validation": validation}
    configuration = job.configuration(engine=engine, data_dir=data_dir and str(data_dir.resolve()), **sizes)
    folder = RunFolder(out, job.name, configuration)
    started = time.perf_counter()
    with threadpool_limits(threads) if threads else nullcontext():
        history = _train(job, data, folder, engine, threads, log_interval, output)
        final = _final(job, data, history, engine, threads)
    seconds = time.perf_counter() - started
    if plot:
        plot_history(history, plot)
    _report(job, data, folder, history, final, seconds, output)
    return 130 if history.reason == "interrupted" else 0


def _train(
    job: Job,
    data: Data,
    folder: RunFolder,
    engine: str,
    threads: int | None,
    log_interval: int | None,
    output: Output,
) -> History:
    epochs, samples = job.training.epochs, len(data.train)
    to_stdout = job.original_lines and not output.json
    stream = sys.stdout if to_stdout else sys.stderr
    silent = output.quiet and not to_stdout

    def write(line: str) -> None:
        if not silent:
            print(line, file=stream, flush=True)

    def on_epoch(record: EpochRecord, progress: Progress) -> None:
        folder.log(record)
        folder.save(job.network, progress)
        if not job.original_lines:
            output.note(epoch_line(record, epochs))
        elif record.validation is not None:
            write(test_line(record.validation))

    interval = log_interval or (ORIGINAL_INTERVAL if job.original_lines else None)
    listeners: list[Listener] = []
    if interval:
        listeners.append(BatchLines(write, samples, job.training.batch_size or samples, interval))
    bar = ProgressBar(output.stderr, samples, epochs)
    with bar.bar, stop_on_interrupt() as interrupted:
        history = fit(
            job.network,
            data.train,
            job.training,
            validation=data.every_epoch,
            engine=engine,
            threads=threads,
            listeners=[bar, *listeners, interrupted],
            on_epoch=on_epoch,
        )
    if (history.reason != "done" or not history.epochs) and history.progress:
        folder.save(job.network, history.progress)
    return history


def _final(job: Job, data: Data, history: History, engine: str, threads: int | None) -> Evaluation | None:
    """The test result: measured once now where validation data were held out, else the last epoch's."""
    if data.at_end is not None and len(data.at_end):
        return evaluate(job.network, data.at_end, engine, threads=threads)
    return history.epochs[-1].validation if history.epochs else None


def _report(
    job: Job,
    data: Data,
    folder: RunFolder,
    history: History,
    final: Evaluation | None,
    seconds: float,
    output: Output,
) -> None:
    epochs = len(history.epochs)
    rate = epochs * len(data.train) / history.seconds if epochs else 0.0
    loss = final.loss if final else history.epochs[-1].loss if epochs else None
    accuracy = final.accuracy if final else None
    values = {
        "accuracy": accuracy,
        "loss": loss,
        "epochs": epochs,
        "seconds": round(seconds, 3),
        "samples_per_second": round(rate, 1),
        "model": str(folder.model),
        "preset": job.name,
        "train_samples": len(data.train),
        "test_samples": final.samples if final else 0,
        "stopped": history.reason,
    }
    tested = f" on {final.samples:,} test samples" if final else " on the training samples"
    rows = {
        "accuracy": f"{accuracy:.2%}{tested}" if accuracy is not None else "not measured",
        "loss": f"{loss:.4f}{tested}" if loss is not None else "not measured",
        "time": f"{seconds:.1f} s for {epochs} epochs of {len(data.train):,} samples",
        "speed": f"{rate:,.0f} samples/s while training",
        "model": str(folder.model),
    }
    title = f"{job.name}: {history.reason}" if history.reason != "done" else f"{job.name}: trained"
    output.result(values, table(title, rows))
