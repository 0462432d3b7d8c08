"""chainrule evaluate: how well a saved model does, and where it goes wrong."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, ClassVar

import numpy as np
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from chainrule.augmentation.augmentation import Augmentation
from chainrule.base.errors import DataError, UsageError
from chainrule.base.numbers import written
from chainrule.base.ranks import ALONE, among, current
from chainrule.base.together import by_all, by_the_first, check_same, is_first
from chainrule.cli.console import Output, grid, table
from chainrule.cli.data_options import called, given_pixels
from chainrule.cli.models import MODEL_HELP, opened_model
from chainrule.cli.pictures import answer
from chainrule.cli.reported import reported
from chainrule.cli.run_folder import RunFolder
from chainrule.cli.settings import Argument, Option
from chainrule.cli.trial_data import data_for
from chainrule.data import Dataset
from chainrule.data.fingerprint import fingerprint
from chainrule.exchange.model_file import Checkpoint
from chainrule.tasks.classification import Classification, count
from chainrule.tasks.copies import COPIES
from chainrule.tasks.examination import Examination, Mistake, examine
from chainrule.views.report import check_report_path, write_report
from chainrule.views.report.gallery import few

SPLIT_HELP = "Which of the data: test, train; all, if they are in one piece (default: those it was not trained on)."
AUGMENT_HELP = "Answer by the mean over each image and its copies, changed as in shift=1,rotate=5."
COPIES_HELP = f"Of each image, with --augment (default: {COPIES})."
MOST_ROWS = 40  # classes that have a line
OF_VALUES = {"r2": "R2", "rmse": "rms error", "mae": "mean absolute error"}
PAIRS = 10  # of classes that are named where there is no room for the matrix


@dataclass(frozen=True)
class Evaluate:
    """Measure how well a model does, class by class, and show its worst mistakes.

    The report is one file for any browser, online or not: the training's curves (if the model lies in a run's folder),
    the confusion matrix, each class, the calibration, the worst mistakes, the first filters, the time per layer.
    """

    model: Annotated[Path, Argument(MODEL_HELP)]
    data: Annotated[Path | None, Option("As for train (default: what it was trained on).", "PATH")] = None
    split: Annotated[str | None, Option(SPLIT_HELP)] = None
    range: Annotated[str | None, Option("What black and white are in its pixels.", "LOWEST,HIGHEST")] = None
    ink: Annotated[str | None, Option("Of its drawings: light (on dark) or dark.")] = None
    augment: Annotated[str | None, Option(AUGMENT_HELP, "SETTINGS")] = None
    copies: Annotated[int | None, Option(COPIES_HELP, "N", least=1)] = None
    mistakes: Annotated[int, Option("Show the N worst mistakes.", "N", least=0)] = 5
    report: Annotated[Path | None, Option("Also write all of it, with plots, into this .html file.", "FILE")] = None
    output: Output = field(default_factory=Output)

    distributes: ClassVar[bool] = True

    def execute(self) -> None:
        if self.copies is not None and self.augment is None:
            raise UsageError("--copies is given without --augment; expected both")
        if report := self.report:
            by_the_first(lambda: check_report_path(report))
        model, checkpoint, samples = by_all(self._opened)
        network = checkpoint.network
        if current().size > 1:
            check_same({"the model's w": network.w, "its statistics": network.statistics})
            check_same({"the fingerprint of the data": fingerprint(samples)}, DataError)
        augmentation = None if self.augment is None else Augmentation.parse(self.augment)
        copies = self.copies or COPIES
        seen = examine(network, samples, augmentation=augmentation, copies=copies)
        if is_first():
            with among(ALONE):
                self._tell(model, checkpoint, samples, seen)

    def _opened(self) -> tuple[Path, Checkpoint, Dataset]:
        """The model, and what it is tried on."""
        model, checkpoint = opened_model(self.model)
        data = data_for(checkpoint, self.data, self.split)
        return model, checkpoint, checkpoint.network.reading.data(data, given_pixels(self.range, self.ink))

    def _tell(self, model: Path, checkpoint: Checkpoint, samples: Dataset, seen: Examination) -> None:
        network, copies = checkpoint.network, self.copies or COPIES
        told = {} if self.augment is None else {"augment": self.augment, "copies": copies}
        by_mean = f", by the mean over each image and {copies} cop{'y' if copies == 1 else 'ies'}" if told else ""
        if self.report:
            configuration = checkpoint.configuration
            which = {"train": "training samples", "all": "samples"}.get(self.split or "", "test samples")
            title = f"{configuration.get('name', model.stem)}, on {len(samples):,} {which}{by_mean}"
            data = f"{called(self.data or configuration.get('data'))}: {len(samples):,} {which}{by_mean}"
            until = checkpoint.epoch, checkpoint.step
            run = reported(RunFolder(model.parent), configuration, title, data, until=until)
            write_report(self.report, network, samples, run, examination=seen)
            self.output.note(f"report: {self.report}")
        values = {**seen.values(self.mistakes), **told, "model": str(model)}
        x, width = network.check_shape(samples.x), self.output.stdout.width
        self.output.result(values, *shown(f"{model}{by_mean}", seen, x, self.mistakes, width=width))


def shown(title: str, seen: Examination, x: np.ndarray, mistakes: int, *, width: int) -> list[RenderableType]:
    """All of it, for a terminal of that width; x (n, ...) are the samples."""
    first, found, named = table(title, summary(seen)), seen.mistakes(mistakes), seen.classification
    if named is None:
        return [first, wrong_values(found)] if found else [first]
    pictures = [wrong_class(each, named.names, x[each.index], seen.predictions[each.index]) for each in found]
    heading = [Text(headed(len(found), len(seen.wrong)), "italic")] if found else []
    return [first, class_table(named), confusion(named, width), *heading, *pictures]


def headed(shown: int, wrong: int) -> str:
    """What stands above so many of the mistakes."""
    if wrong == 1:
        return "Its only mistake"
    return f"The worst of {wrong:,} mistakes" if shown < wrong else f"Its {wrong:,} mistakes"


def summary(seen: Examination) -> dict[str, str]:
    """The most important numbers."""
    rows, loss = {"accuracy": "not measured"}, f"{seen.loss:.4f}, the mean over {seen.samples:,} samples"
    if seen.regression is not None:
        rows = {called: few(getattr(seen.regression, name)) for name, called in OF_VALUES.items()}
    rows["loss"] = loss
    if (named := seen.classification) is not None:
        right = seen.samples - len(seen.wrong)
        rows["accuracy"] = f"{_percent(named.accuracy)}: {right:,} of {seen.samples:,}"
        error, confidence = named.calibration.expected_error, named.calibration.mean_confidence
        rows["calibration"] = f"error {_percent(error)}: its mean confidence is {_percent(confidence)}"
    return rows


def class_table(seen: Classification) -> Table:
    """A line for each class, those found worst if there are too many."""
    order, title = np.arange(len(seen.names)), "Class by class"
    if len(order) > MOST_ROWS:
        order, title = np.argsort(seen.f1, kind="stable")[:MOST_ROWS], f"The {MOST_ROWS} classes with the lowest F1"
    scores = [[_percent(values[c]) for values in seen.scores.values()] for c in order]
    rows = [(Text(seen.names[c]), *each, count(seen.support[c])) for c, each in zip(order, scores, strict=True)]
    made = grid(title, ("class", "precision", "recall", "F1", "samples"), rows)
    made.add_section()
    for kind, means in seen.averages.items():
        made.add_row(f"{kind} mean", *map(_percent, means.values()), count(seen.support.sum()))
    return made


def _percent(part: float) -> str:
    return written(part, ".2%")


def confusion(seen: Classification, width: int) -> Table:
    """The matrix, or its largest entries where that is too wide."""
    texts = [[count(n) if n else "·" for n in row] for row in seen.confusion]
    columns = [max(map(len, column)) for column in zip(seen.names, *texts, strict=True)]
    if max(map(len, seen.names)) + sum(n + 3 for n in columns) + 4 > width:
        return commonest(seen)
    most, rows = max((n for _, _, n in seen.most_confused(1)), default=0), []
    for true, (name, row) in enumerate(zip(seen.names, texts, strict=True)):
        styles = [_style(n, true == chosen, most) for chosen, n in enumerate(seen.confusion[true])]
        rows.append([Text(name, "bold"), *map(Text, row, styles)])
    return grid("Confusion matrix: a row for each true class, a column for the one chosen", ["", *seen.names], rows)


def _style(samples: float, right: bool, most: float) -> str:
    """Errors stand out, the commonest most."""
    if right or not samples:
        return "dim"
    return "bold red" if samples > most / 2 else "red"


def commonest(seen: Classification) -> Table:
    """The pairs of classes that are confused most often."""
    pairs = seen.most_confused(PAIRS)
    rows = [(Text(seen.names[true]), Text(seen.names[chosen]), count(samples)) for true, chosen, samples in pairs]
    return grid("The commonest confusions", ("true", "taken for", "samples"), rows, words=2)


def wrong_class(mistake: Mistake, names: Sequence[str], x: np.ndarray, p: np.ndarray) -> RenderableType:
    """The image, if x is one, beside the probabilities p (k,)."""
    true, chosen = mistake.true, mistake.predicted
    caption = f"sample {mistake.index}: {names[true]} taken for {names[chosen]}, loss {mistake.loss:.2f}"
    return answer(x, np.nan_to_num(p), names, {true: "bold green", chosen: "bold red"}, caption=caption)


def wrong_values(mistakes: Sequence[Mistake]) -> Table:
    """A line for each sample."""
    rows = [
        (f"{each.index}", few(each.true, ".6g"), few(each.predicted, ".6g"), f"{each.loss:.4g}") for each in mistakes
    ]
    return grid("The largest errors", ("sample", "true", "predicted", "loss"), rows, words=0)
