"""What a network was trained on, fact by fact: for info, reports and notebooks, which show the same."""

from collections.abc import Iterator, Sequence

from chainrule.data.names import shortened
from chainrule.data.schema import Column, Features, Images, Reals, Schema

UNKNOWN = "not known: the file is older, or the network was not fitted"
MOST_NAMES = 20
"""Classes whose names are told."""

Rows = list[tuple[str, str]]


def schema_rows(schema: Schema | None, most: int = 8) -> Rows:
    """(name, text) of each fact; of columns, the first `most`."""
    if schema is None:
        return [("trained on", UNKNOWN)]
    inputs, answers = schema.inputs, schema.answers
    rows = [*(_of_images(inputs) if isinstance(inputs, Images) else _of_features(inputs, most))]
    if isinstance(answers, Reals):
        return [*rows, ("answers", _counted(len(answers.columns), "number")), *_of_columns(answers.columns, most)]
    rows.append(("answers", f"{answers.target or 'the class'}, one of {len(answers.names)}"))
    return [*rows, ("classes", shortened(answers.names, MOST_NAMES))]


def _of_images(inputs: Images) -> Iterator[tuple[str, str]]:
    channels, height, width = inputs.shape
    colour = {1: "grey", 3: "in colour"}.get(channels, f"of {channels} channels")
    yield "inputs", f"images {height} x {width}, {colour}"
    known = "" if inputs.standard else "; what is black and white in them is not known"
    yield "pixels", f"{'bytes' if inputs.in_bytes else 'numbers'} from {inputs.scale}{known}"
    yield "ink", {"light": "light on dark", "dark": "dark on light", None: "of no one kind, or photographs"}[inputs.ink]
    yield "prepared", "as MNIST's digits: cut out, centred" if inputs.prepared else "no: taken as they are"


def _of_features(inputs: Features, most: int) -> Iterator[tuple[str, str]]:
    if inputs.scale is not None:
        yield "inputs", f"{inputs.count} pixels in a row"
        yield "pixels", f"{'bytes' if inputs.in_bytes else 'numbers'} from {inputs.scale}"
        return
    told = "known by their names" if inputs.named else "without names: their order counts"
    yield "inputs", f"{_counted(inputs.count, 'column')}, {told}"
    yield from _of_columns(inputs.columns, most)


def _of_columns(columns: Sequence[Column], most: int) -> Iterator[tuple[str, str]]:
    """A row for each; of many, for the first."""
    for column in columns[:most]:
        yield f"  {column.name}", column.numbers
    if len(columns) > most:
        yield "  ...", f"and {len(columns) - most} more"


def _counted(n: int, what: str) -> str:
    return f"{n} {what}{'s' * (n != 1)}"
