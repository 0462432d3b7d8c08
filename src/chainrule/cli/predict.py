"""chainrule predict: what a model says of pictures, tables and arrays, and how sure it is."""

import sys
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Annotated, Any, ClassVar

from rich.text import Text

from chainrule.base.errors import DataError, ModelError, UsageError
from chainrule.base.files import check_writable
from chainrule.base.printable import in_a_line
from chainrule.base.together import by_all, is_first
from chainrule.cli.answers import shown
from chainrule.cli.console import Output
from chainrule.cli.data_options import given_pixels
from chainrule.cli.explained import explained
from chainrule.cli.models import MODEL_HELP, opened_model
from chainrule.cli.settings import Argument, Option
from chainrule.explanation.table import WIDTH
from chainrule.network.network import Network
from chainrule.tasks.answers import SURE, Answers
from chainrule.tasks.asking import ask
from chainrule.tasks.picture_inputs import PREPARED, PictureReader


@dataclass(frozen=True)
class Predict:
    """Say what is in pictures, or what follows from each row of a table, and how sure that is.

    A picture, of a digit or of whatever the model has learned, may be of any size, dark on light or light on dark; a
    table's columns are matched by their names. Each answer has its calibrated probability and the nearest rival. What
    cannot be read has a line on stderr, the others are answered, and the exit code is 4. With --unit it shows instead
    how one number came about: the layer's formula, and the products of which it is the sum.
    """

    model: Annotated[Path, Argument(MODEL_HELP)]
    inputs: Annotated[
        list[Path], Argument("Pictures, folders of them, tables (.csv), arrays (.npz, .npy) or IDX files.")
    ]
    threshold: Annotated[float, Option("Answers that are less probable are unsure.", "P")] = SURE
    csv: Annotated[
        Path | None, Option("Also write the answers into this .csv file, a table's own columns first.", "FILE")
    ] = None
    as_is: Annotated[bool, Option("Only resize the pictures: look for no digit in them, invert none.")] = False
    many: Annotated[bool, Option("Read several digits in each picture, left to right, as a number on a form.")] = False
    missing: Annotated[
        str | None, Option("mean: the training's mean stands for a value that a table lacks.", "mean")
    ] = None
    range: Annotated[str | None, Option("What black and white are in arrays of pixels.", "LOWEST,HIGHEST")] = None
    ink: Annotated[str | None, Option("Of drawings: light (on dark) or dark.")] = None
    unit: Annotated[
        str | None,
        Option("Of one input: which products make up this number, as conv1:3,5,7 or dL/conv1.w:3,0,1,1.", "UNIT"),
    ] = None
    true: Annotated[str | None, Option("Of a unit dL/...: the class, or value, that is true.", "CLASS")] = None
    output: Output = field(default_factory=Output)

    distributes: ClassVar[bool] = True

    def execute(self) -> int:
        self._check()
        for path in self.inputs if self.csv else ():
            check_writable(self.csv or path, source=path)
        _, checkpoint = by_all(lambda: opened_model(self.model))
        network, classes = checkpoint.network, checkpoint.configuration.get("classes")
        how: dict[str, Any] = {"as_is": self.as_is, "many": self.many}
        options = {"missing": self.missing, "given": given_pixels(self.range, self.ink)}
        try:
            if self.unit is not None:
                return self._explain(network, classes=classes, as_is=self.as_is, **options)
            answers = ask(network, self.inputs, classes=classes, threshold=self.threshold, **options, **how)
        except ModelError as error:
            raise ModelError(f"{self.model}: {error}") from None
        if not is_first():
            return 0
        if self.csv:
            answers.write_csv(self.csv)
        if self.output.json:
            self.output.result({"model": str(self.model), "threshold": self.threshold, **values(answers)})
        elif answers.answered.any():
            reader = partial(PictureReader.of, network, named=classes is not None, **how)
            self.output.result({}, *shown(answers, reader, self.output.stdout))
        for problem in answers.problems.values():
            print(f"chainrule: {in_a_line(problem)}", file=sys.stderr)
        return DataError.exit_code if answers.problems else 0

    def _check(self) -> None:
        """UsageError for options that do not go together."""
        if self.unit is None and self.true is not None:
            raise UsageError(f"--true is {self.true}, but there is no --unit; expected --unit dL/... beside it")
        for name, given in (("csv", self.csv), ("many", self.many)):
            if self.unit is not None and given:
                raise UsageError(f"--{name} is given beside --unit; expected one or the other")

    def _explain(self, network: Network, **how: Any) -> int:
        """What made one number."""
        found = explained(network, self.inputs, str(self.unit), self.true, **how)
        if is_first():
            values = {"model": str(self.model), **found.values("size")}
            self.output.result(values, Text(found.text(min(WIDTH, self.output.stdout.width))))
        return 0


def values(answers: Answers) -> dict[str, Any]:
    """All of it, as plain data; digits also as `digit`."""
    found = answers.values()
    if PREPARED in answers.notes:
        for each in found["predictions"]:
            if "image" in each and isinstance(each["prediction"], int):
                each["digit"] = each["prediction"]
    return found
