"""chainrule evaluate: how well a saved model does, and where it goes wrong."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from chainrule.cli.console import Output
from chainrule.cli.data_options import data_for
from chainrule.cli.examination import shown
from chainrule.cli.run_folder import RunFolder
from chainrule.cli.settings import Argument, Option
from chainrule.exchange.model_file import load_checkpoint
from chainrule.tasks.examination import examine
from chainrule.views.report import Run, check_report_path, write_report


@dataclass(frozen=True)
class Evaluate:
    """Measure how well a model does, class by class, and show its worst mistakes.

    The report is one file for any browser, online or not: the training's curves (if the model lies in a run's folder),
    the confusion matrix, each class, the calibration, the worst mistakes, the first filters, the time per layer.
    """

    model: Annotated[Path, Argument("A model.safetensors of a training run.")]
    data: Annotated[Path | None, Option("As for train (default: what it was trained on).", "PATH")] = None
    split: Annotated[
        str | None, Option("Which of the data: test, train or all (default: those it was not trained on).")
    ] = None
    mistakes: Annotated[int, Option("Show the N worst mistakes.", "N", least=0)] = 5
    report: Annotated[Path | None, Option("Also write all of it, with plots, into this .html file.", "FILE")] = None
    output: Output = field(default_factory=Output)

    def execute(self) -> None:
        if self.report:
            check_report_path(self.report)
        checkpoint = load_checkpoint(self.model)
        network, samples = checkpoint.network, data_for(checkpoint, self.data, self.split)
        seen = examine(network, samples)
        if self.report:
            configuration = checkpoint.configuration
            title = f"{configuration.get('name', self.model.stem)}, on {len(samples):,} {self.split or 'test'} samples"
            epochs = RunFolder(self.model.parent).epochs(checkpoint.epoch)  # if it lies in a run's folder
            run = Run(title, epochs, configuration)
            write_report(self.report, network, samples, run, examination=seen)
            self.output.note(f"report: {self.report}")
        values = {**seen.values(self.mistakes), "model": str(self.model)}
        x, width = network.check_shape(samples.x), self.output.stdout.width
        self.output.result(values, *shown(str(self.model), seen, x, self.mistakes, width=width))
