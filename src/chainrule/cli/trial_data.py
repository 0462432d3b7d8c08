"""What a saved model is tried on: other data, read by what it was trained on, or the part of its own kept for that."""

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np

from chainrule.base.errors import DataError, UsageError
from chainrule.cli.data_options import DataOptions
from chainrule.cli.settings import restored
from chainrule.data import Dataset
from chainrule.data.arrays import targets_of
from chainrule.data.schema import Classes, Features, Reals, Schema
from chainrule.data.sources import options_for, table_at
from chainrule.data.table_inputs import read_inputs
from chainrule.exchange.model_file import Checkpoint
from chainrule.layers.passes import Shape


def data_for(checkpoint: Checkpoint, data: Path | None, split: str | None) -> Dataset:
    """What to try a model on: these data, or those of the run that made it, read as that run read its own.

    `split` is "train", "test" or "all"; None: of its own data the test half, of others all, if they are in one piece.
    """
    network, own = checkpoint.network, restored(DataOptions(), checkpoint.configuration)
    if data is None and own.data is None:
        return own.read(split or "test")
    options = own.at(data) if data else own
    where, known = options.data, network.schema
    if known is not None and where is not None and options.regression is None and "regression" in options_for(where):
        options = replace(options, regression=isinstance(known.answers, Reals))
    names = checkpoint.configuration.get("classes")
    several = network.output_shape != (1,) and network.classes_of(np.zeros((1, *network.output_shape))) is not None
    if names is None and several:
        names = map(str, range(network.output_shape[0]))
    classes = names and tuple(names)
    if split is None and data is not None and data.resolve() != own.data:
        if network.schema is not None and (table := table_at(data)):
            return labelled(table, options, network.schema, network.input_shape)
        with suppress(UsageError):  # they have two halves
            return options.read("all", classes)
    return options.read(split or "test", classes)


def labelled(path: Path, options: DataOptions, schema: Schema, shape: Shape) -> Dataset:
    """A table's rows, its columns found by the training's names, with their true values; DataError without these.

    What is missing has the training's mean, if the training could do without it.
    """
    inputs, answers = schema.inputs, schema.answers
    columns = inputs.names if isinstance(inputs, Features) and inputs.named else None
    target, known = answers.target, answers.names if isinstance(answers, Classes) else None
    means = [column.mean for column in inputs.columns] if isinstance(inputs, Features) and options.missing else None
    found = read_inputs(path, columns, target, shape=shape, header=options.has_header, means=means)
    if found.t is None:
        expected = f"expected the column {target!r}" if target else "expected one more column"
        raise DataError(f"{path}: has no true values to compare with; {expected}, or predict, which needs none")
    (t,), classes = targets_of([found.t], known is None, known, str(path))
    return Dataset(found.x, t, classes=classes, columns=found.columns if len(shape) == 1 else None, target=target)
