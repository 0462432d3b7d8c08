"""Answers as a CSV file: a line for each input, a table's own cells first, then the prediction and how sure it is."""

import csv
from collections.abc import Collection, Iterator, Sequence
from io import StringIO
from pathlib import Path
from typing import Any

from chainrule.base.files import read_bytes
from chainrule.base.writing import write_bytes
from chainrule.data.csv_text import csv_text
from chainrule.tasks.answer import Answer

Cells = list[Any]


def write_csv(path: str | Path, answers: Sequence[Answer], names: Sequence[str], *, classes: bool) -> None:
    """Write answers, which are `classes` or else real values of those names, in UTF-8, over an older file.

    Of one table its own columns come first, of other inputs their file and number. Then follow `prediction`,
    `probability`, `sure`, `rival`, `rival_probability`, a column of its probability for each class, as in `p_7`, and
    `doubts`, which also says why there is no answer; of real values a column for each. Where a table has a column of
    such a name already, an underscore is added. Errors as of `base.writing.write_bytes`.
    """
    own, rows = _own(answers)
    added, text = heads(names, classes), StringIO(newline="")
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow([*own, *(_new(name, own) for name in added)])
    for cells, answer in zip(rows, answers, strict=True):
        lines.writerow([*cells, *said(answer, len(added))])
    write_bytes(path, text.getvalue().encode(errors="surrogateescape"))  # a file's name may be bytes that are no text


def heads(names: Sequence[str], classes: bool) -> list[str]:
    """The names of the columns that `said` fills."""
    if not classes:
        values = ["prediction"] if len(names) == 1 else [f"prediction_{name}" for name in names]
        return [*values, "doubts"]
    probabilities = [f"p_{name}" for name in names]
    return ["prediction", "probability", "sure", "rival", "rival_probability", *probabilities, "doubts"]


def said(answer: Answer, columns: int) -> Cells:
    """What is added for one input, in so many columns."""
    if answer.problem is not None:
        return [*[None] * (columns - 1), f"no answer: {answer.problem}"]
    doubts = "; ".join(answer.doubts)
    if answer.probability is None:
        values = answer.prediction if isinstance(answer.prediction, tuple) else (answer.prediction,)
        return [*(f"{value:.9g}" for value in values), doubts]
    rival = answer.rival or (None, 0.0)
    sure = "yes" if answer.sure else "no"
    p = answer.probabilities  # None of several digits
    probabilities = [None] * (columns - 6) if p is None else [f"{each:.6g}" for each in p.tolist()]
    return [answer.prediction, f"{answer.probability:.6g}", sure, rival[0], f"{rival[1]:.6g}", *probabilities, doubts]


def _new(name: str, own: Collection[str]) -> str:
    """The name, with underscores where a table has a column of that name."""
    while name in own:
        name += "_"
    return name


def _own(answers: Sequence[Answer]) -> tuple[list[str], Iterator[Cells]]:
    """The heads, and the cells of each input's line, that say which it is."""
    places = [answer.place for answer in answers]
    files = {place.file for place in places}
    (file,) = files if len(files) == 1 else (None,)
    if file is not None and all(place.unit == "row" and place.number for place in places):
        text = csv_text(read_bytes(file), file)
        return [*text.columns], (list(text.cells(row)) for row in range(len(text)))
    units = {place.unit: None for place in places if place.number is not None}
    unit = next(iter(units)) if len(units) == 1 else "number"
    cells = ([place.file, place.number] if units else [place.file] for place in places)
    return ["file", *([unit] if units else [])], cells
