"""chainrule evaluate: how well a saved model does, and where it goes wrong."""

from pathlib import Path
from typing import Annotated, Any

import typer

from chainrule.base.errors import UsageError
from chainrule.cli.console import Json, Output, Quiet
from chainrule.cli.job_data import data_for
from chainrule.cli.run_folder import RunFolder
from chainrule.exchange.model_file import Checkpoint, load_checkpoint
from chainrule.tasks.examination import examine

MISTAKES = 5


def evaluate(
    model: Annotated[Path, typer.Argument(help="A model.safetensors of a training run.")],
    data: Annotated[
        Path | None, typer.Option(metavar="PATH", help="As for train (default: what it was trained on).")
    ] = None,
    split: Annotated[
        str | None, typer.Option(help="Which of the data: test, train or all (default: those it was not trained on).")
    ] = None,
    mistakes: Annotated[int, typer.Option(metavar="N", help="Show the N worst mistakes.")] = MISTAKES,
    report: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also write all of it, with plots, into this .html file.")
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Measure how well a model does, class by class, and show its worst mistakes.

    The report is one file for any browser, online or not: the training's curves (if the model lies in a run's folder),
    the confusion matrix, each class, the calibration, the worst mistakes, the first filters, the time per layer.
    """
    from chainrule.cli.examination import shown  # what draws and writes is loaded where it is used
    from chainrule.views.report import check_report_path, write_report

    output = Output(json, quiet)
    if mistakes < 0:
        raise UsageError(f"--mistakes is {mistakes}; expected at least 0")
    if report:
        check_report_path(report)
    checkpoint = load_checkpoint(model)
    network, samples = checkpoint.network, data_for(checkpoint, data, split)
    seen = examine(network, samples)
    if report:
        configuration = checkpoint.configuration
        title = f"{configuration.get('name', model.stem)}, on {len(samples):,} {split or 'test'} samples"
        epochs = epochs_beside(model, checkpoint)
        write_report(report, network, samples, epochs, title, configuration, examination=seen)
        output.note(f"report: {report}")
    values = {**seen.values(mistakes), "model": str(model)}
    output.result(values, *shown(str(model), seen, network.check_shape(samples.x), mistakes, output.stdout.width))


def epochs_beside(model: Path, checkpoint: Checkpoint) -> list[dict[str, Any]]:
    """The epochs that a model has learned in: lines of the metrics.jsonl that lies beside it, if one does."""
    lines = RunFolder(model.parent).epochs()
    return [line for line in lines if line.get("epoch", 0) <= checkpoint.epoch]
