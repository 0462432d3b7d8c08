"""What a network was trained on, in a model file: as JSON, and what was typical of it as tensors.

schema.mean, schema.scale (d,), schema.directions (d, k), schema.variances (k,), schema.bounds (3,): data/typical.py
"""

from collections.abc import Sequence
from dataclasses import replace
from math import prod
from typing import Any

import numpy as np

from chainrule.base.arguments import check_different
from chainrule.base.errors import ModelError
from chainrule.base.typed import Typed
from chainrule.data.schema import Classes, Column, Features, Images, Schema
from chainrule.data.typical import WIDEST, Typical, numbers_of
from chainrule.exchange.tensors import Left, Tensors
from chainrule.layers.passes import Shape
from chainrule.network.network import Network

FLOAT = np.dtype(np.float32)


def schema_tensors(schema: Schema | None) -> Tensors:
    """The arrays of what was typical, by name."""
    if schema is None or schema.typical is None:
        return {}
    seen = schema.typical
    arrays = {
        "mean": seen.mean,
        "scale": seen.scale,
        "directions": seen.directions,
        "variances": seen.variances,
        "bounds": np.array([seen.rest, *seen.bounds]),
    }
    return {f"schema.{name}": array.astype(FLOAT) for name, array in arrays.items()}


def schema_of(network: Network, values: dict[str, Any], left: Left) -> Schema:
    """What the network was trained on; ModelError if it cannot have been."""
    schema: Schema = Typed("schema", ModelError).read(Schema, values)
    check_schema(network, schema)
    if "schema.mean" not in left:
        return schema
    d = numbers_of(shape_of(schema.inputs))
    if d > WIDEST:
        raise ModelError(f"schema.mean is there, with inputs of {d:,} numbers; expected at most {WIDEST:,}")
    return replace(schema, typical=typical_of(d, left))


def shape_of(inputs: Images | Features) -> Shape:
    """Of one input."""
    return inputs.shape if isinstance(inputs, Images) else (inputs.count,)


def check_schema(network: Network, schema: Schema) -> None:
    """ModelError unless the inputs and the answers are as many as the network's."""
    inputs, answers, features = schema.inputs, schema.answers, prod(network.input_shape)
    images = (1, *network.input_shape)[-3:]  # a signal's channels may have been the rows of grey ones
    shape, read = shape_of(inputs), images if isinstance(inputs, Images) else (features,)
    if shape != read:
        raise ModelError(f"schema.inputs is of shape {shape}; expected {read}, as the network reads")
    if isinstance(inputs, Features):
        check_columns("schema.inputs.columns", inputs.columns, (0, features))
        if inputs.pixels is not None and prod(inputs.pixels.shape) != features:
            raise ModelError(f"schema.inputs.pixels has {prod(inputs.pixels.shape)} pixels; expected {features}")
    if isinstance(answers, Classes):
        check_different("schema.answers.names", answers.names, ModelError)
        expected = max(2, network.output_shape[0])
        if len(answers.names) != expected:
            raise ModelError(f"schema has {len(answers.names)} classes; expected {expected}, as the network")
    else:
        check_columns("schema.answers.columns", answers.columns, (prod(network.output_shape),))


def check_columns(place: str, columns: Sequence[Column], counts: tuple[int, ...]) -> None:
    """ModelError unless there are so many columns, each of another name, with some numbers between its ends."""
    if len(columns) not in counts:
        raise ModelError(f"{place} has {len(columns)} columns; expected {counts[-1]}, as the network")
    check_different(place, [column.name for column in columns], ModelError)
    for k, column in enumerate(columns):
        if column.lowest > column.highest:
            raise ModelError(f"{place}[{k}].lowest is {column.lowest}; expected at most {column.highest}")


def typical_of(d: int, left: Left) -> Typical:
    """What was typical of inputs that are looked at as d numbers."""
    k = prod(left.shape("schema.variances")) if "schema.variances" in left else 1
    if not 1 <= k <= d:
        raise ModelError(f"schema.variances has {k} numbers; expected 1 to {d}")
    shapes = {"mean": (d,), "scale": (d,), "directions": (d, k), "variances": (k,), "bounds": (3,)}
    found = {name: left.take(f"schema.{name}", shape, FLOAT).astype(np.float64) for name, shape in shapes.items()}
    for name in ("scale", "variances", "bounds"):
        if not (found[name] > 0).all():
            raise ModelError(f"schema.{name} holds {found[name].min():g}; expected numbers above 0")
    rest, *bounds = found.pop("bounds").tolist()
    return Typical(**found, rest=rest, bounds=(bounds[0], bounds[1]))
