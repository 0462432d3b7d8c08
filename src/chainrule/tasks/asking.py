"""Ask a network about what people have: pictures, folders of them, tables, files of arrays, arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import groupby
from math import prod
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from chainrule.base.arguments import is_among, of_kind, real_number, truth
from chainrule.base.arrays import as_numbers
from chainrule.base.errors import DataError, UsageError
from chainrule.base.numbers import whole_of
from chainrule.base.showing import short
from chainrule.data.names import given_names
from chainrule.data.schema import AS_THEY_SAY, Classes, Features, Given, Reals
from chainrule.data.table_inputs import read_inputs
from chainrule.network.network import Network
from chainrule.tasks.answer import Place
from chainrule.tasks.answers import SURE, Answers
from chainrule.tasks.calibration import calibrated, class_probabilities, gives_probabilities
from chainrule.tasks.input_files import Kind, expanded, kind_of, paths_of, read_array
from chainrule.tasks.picture_inputs import PREPARED, PictureReader

BLOCK = 256
"""Pictures that are read at a time: it bounds the memory."""
MULTIPLY_ADDS, NUMBERS, WORTH = 2e9, 5e7, 5.0
"""By the definitions about so many multiply-adds and numbers between layers a second; and from how many seconds on
it takes less time to make kernels ready."""


def ask(
    network: Network,
    inputs: Any,
    *,
    threshold: float = SURE,
    as_is: bool = False,
    many: bool = False,
    missing: str | None = None,
    classes: Sequence[str] | None = None,
    given: Given = AS_THEY_SAY,
) -> Answers:
    """What the network says of each input: `Answers`, a sequence of `Answer`.

        for answer in network.answers(["seven.png", "scans/", "table.csv"]):
            print(answer.place, answer.prediction, answer.probability, answer.doubts)

    inputs : the path of a picture, of a folder of pictures, of a table or of an .npz or .npy file; several of these in
        a list; or an array, or a table of pandas
    threshold : the probability from which on an answer is sure
    as_is : pictures are only resized: no digit is looked for in them, and none is inverted
    many : pictures hold several digits, as a number on a form: from left to right, a text is predicted
    missing : "mean": the training's mean of a column stands for a value that a table lacks; else that is refused
    classes : their names, for a network that does not know what it was trained on
    given : what black and white are in arrays and tables of pixels, and the ink's colour, where that is not to be found

    Everything is brought to what the network was trained on (`network.schema`), each picture by itself. An input that
    cannot be read has a `problem` and no answer. Raises ModelError for inputs that no such network takes, DataError
    for an array that does not fit, UsageError for no inputs, and a threshold that is no probability.
    """
    expected = "a probability, 0 to 1"
    threshold = real_number("the threshold", threshold, expected, lambda part: 0 <= part <= 1)
    as_is, many = truth("as_is", as_is), truth("many", many)
    if missing is not None and not is_among(("mean",), missing):
        raise UsageError(f"missing is {short(missing)}; expected 'mean'")
    classes = given_names("classes", classes)
    of_kind("given", given, Given, "Given(...)")
    return told(Said(network, as_is, many, missing, classes, given), inputs).answers(threshold)


S = TypeVar("S", bound="Said")


def told(said: S, inputs: Any) -> S:
    """The same, once it was asked about each of the inputs."""
    paths = paths_of(inputs)
    if paths is None:
        said.add_array(inputs)
    else:
        for kind, group in groupby(expanded(paths), kind_of):
            files = list(group)
            said.add_pictures(files) if kind == "picture" else said.add_files(kind, files)
    return said


@dataclass
class Said:
    """What was said so far."""

    network: Network
    as_is: bool = False
    many: bool = False
    missing: str | None = None
    classes: Sequence[str] | None = None
    given: Given = AS_THEY_SAY
    places: list[Place] = field(default_factory=list)
    parts: list[np.ndarray] = field(default_factory=list)
    doubts: dict[int, tuple[str, ...]] = field(default_factory=dict)
    problems: dict[int, str] = field(default_factory=dict)
    digits: dict[int, np.ndarray] = field(default_factory=dict)
    notes: dict[str, None] = field(default_factory=dict)

    def add_pictures(self, paths: list[Path]) -> None:
        """Ask about pictures, some at a time."""
        if self.many and not self.gives_probabilities:
            raise UsageError("many digits are asked for of a model of real values; expected one of classes")
        reader = PictureReader.of(self.network, named=self.classes is not None, as_is=self.as_is, many=self.many)
        reader = replace(reader, ink=self.given.ink)
        if reader.prepared:
            self.notes[PREPARED] = None
        for start in range(0, len(paths), BLOCK):
            some, first = paths[start : start + BLOCK], len(self.places)
            block = reader.read(some)
            said = np.full((len(some), self.width), np.nan)
            x = reader.samples(block.x)
            reader.doubt(block, x)
            p = self.ask(x, len(paths))
            if self.many:
                self.digits |= {first + k: p[np.equal(block.read, k)] for k in set(block.read)}
            else:
                said[block.read] = p
            self.places += [Place(str(path), unit="image") for path in some]
            self.parts.append(said)
            self.doubts |= {first + k: doubts for k, doubts in block.doubts.items()}
            self.problems |= {first + k: problem for k, problem in block.problems.items()}

    def add_files(self, kind: Kind, paths: list[Path]) -> None:
        """Ask about tables, or arrays in files."""
        for path in paths:
            try:
                if kind == "table":
                    self.add_table(path)
                else:
                    self.add_array(read_array(path, kind), str(path))
            except DataError as error:
                problem = str(error) if str(error).startswith(str(path)) else f"{path}: {error}"
                self.problems[len(self.places)] = problem
                self.places.append(Place(str(path)))
                self.parts.append(np.full((1, self.width), np.nan))

    def add_table(self, path: Path) -> None:
        """Ask about the rows of a table, whose columns are matched by name."""
        schema, shape = self.network.schema, self.network.input_shape
        inputs = schema and schema.inputs
        columns = inputs.names if isinstance(inputs, Features) and inputs.named else None
        target = schema and schema.answers.target
        means = None
        if self.missing == "mean":
            if not (isinstance(inputs, Features) and inputs.columns):
                raise UsageError("missing is 'mean', but the model knows no columns' means; expected one of a table")
            means = [column.mean for column in inputs.columns]
        table = read_inputs(path, columns, target, shape=shape, means=means)
        self.add_samples(table.x, table.columns, [Place(str(path), k, "row") for k in range(1, len(table.x) + 1)])

    def add_array(self, x: Any, file: str | None = None) -> None:
        """Ask about an array, or a table of pandas."""
        if not hasattr(x, "columns"):
            x = as_numbers(x, "x")
            if self.network.schema is None and x.ndim == 3:
                x = x[:, np.newaxis]  # grey images; a network that knows its training data sees to that itself
        self.add_samples(x, None, [Place(file, k) for k in range(len(x))])

    def add_samples(self, x: Any, columns: Sequence[str] | None, places: list[Place]) -> None:
        """Ask about samples x (s, ...) as a user has them."""
        reading, first = self.network.reading, len(self.places)
        x = reading.matched(x, columns, self.given)
        self.parts.append(self.ask(reading.numbers(x), len(x)))
        self.places += places
        self.doubts |= {first + k: (doubt,) for k, doubt in reading.doubtful(x).items()}

    def ask(self, x: np.ndarray, expected: int) -> np.ndarray:
        """(s, k) float64 of x (s, ...) in numbers that the network reads; so many are expected in all."""
        return self.of_outputs(self.by_kernels.outputs(x) if self.seconds(expected) > WORTH else self.network(x))

    def of_outputs(self, y: np.ndarray) -> np.ndarray:
        """(s, k) float64 of the network's outputs y (s, ...): probabilities, or values."""
        prediction = self.network.loss.prediction(y)
        if not self.gives_probabilities:
            return prediction.reshape(len(y), -1).astype(np.float64)
        return calibrated(class_probabilities(prediction, self.network.loss), self.temperature)

    def seconds(self, samples: int) -> float:
        """About how long the definitions take."""
        numbers = sum(map(prod, self.network.shapes))
        return samples * (self.network.work / MULTIPLY_ADDS + numbers / NUMBERS)

    @cached_property
    def by_kernels(self) -> Any:
        return self.network.predictor()

    @cached_property
    def gives_probabilities(self) -> bool:
        return gives_probabilities(self.network)

    @property
    def temperature(self) -> float:
        answers = self.network.schema and self.network.schema.answers
        return answers.temperature if isinstance(answers, Classes) else 1.0

    @property
    def width(self) -> int:
        """How many numbers an answer has."""
        outputs = prod(self.network.output_shape)
        return 2 if self.gives_probabilities and outputs == 1 else outputs

    def answers(self, threshold: float) -> Answers:
        """All that was said."""
        names, classes = self.names(), None
        if self.gives_probabilities:
            classes = tuple(map(int, names)) if all(_is_whole(name) for name in names) else names
        said = np.concatenate(self.parts) if self.parts else np.empty((0, self.width))
        return Answers(
            self.places,
            said,
            classes,
            names,
            threshold,
            doubts=self.doubts,
            problems=self.problems,
            digits=self.digits,
            notes=tuple(self.notes),
        )

    def names(self) -> tuple[str, ...]:
        """What the numbers of an answer are called."""
        answers = self.network.schema and self.network.schema.answers
        if isinstance(answers, Classes):
            return answers.names
        if isinstance(answers, Reals):
            return tuple(column.name for column in answers.columns)
        if self.classes is not None:
            return tuple(self.classes)
        return tuple(str(k) if self.gives_probabilities else f"t[{k}]" for k in range(self.width))


def _is_whole(name: str) -> bool:
    """Whether it is a whole number, written as one usually is."""
    return name == str(whole_of(name))
