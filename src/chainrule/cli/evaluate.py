"""chainrule evaluate: how well a saved model does."""

from pathlib import Path
from typing import Annotated

import typer

from chainrule.cli.console import Json, Output, Quiet, table
from chainrule.cli.job import load_split
from chainrule.evaluation import evaluate as evaluate_network
from chainrule.model_file import load


def evaluate(
    model: Annotated[Path, typer.Argument(help="A model.safetensors of a training run.")],
    data: Annotated[
        Path | None, typer.Option(metavar="PATH", help="A folder of IDX files (default: the embedded MNIST).")
    ] = None,
    split: Annotated[str, typer.Option(help="Which half of the data: test or train.")] = "test",
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Measure a model's loss and accuracy."""
    output = Output(json, quiet)
    network = load(model)
    samples = load_split(data, split)
    seen = evaluate_network(network, samples)
    values = {"accuracy": seen.accuracy, "loss": seen.loss, "samples": seen.samples, "model": str(model)}
    rows = {
        "accuracy": f"{seen.accuracy:.2%}: {seen.correct:,} of {seen.samples:,}"
        if seen.accuracy is not None
        else "not measured",
        "loss": f"{seen.loss:.4f}, the mean over {seen.samples:,} samples",
    }
    output.result(values, table(str(model), rows))
