"""What a network was trained on, in a model file: as JSON, and what was typical of it as tensors.

schema.mean, schema.scale (d,), schema.directions (d, k), schema.variances (k,), schema.bounds (3,): data/typical.py
"""

from math import prod
from typing import Any

import numpy as np

from chainrule.base.errors import ModelError
from chainrule.base.typed import Typed
from chainrule.data.schema import Classes, Images, Schema
from chainrule.data.typical import Typical, looked_at
from chainrule.exchange.tensors import Tensors, take
from chainrule.network.given import check_finite
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


def schema_of(network: Network, values: dict[str, Any], left: Tensors) -> Schema:
    """What the network was trained on; ModelError if it cannot have been."""
    schema = Typed("schema", ModelError).read(Schema, values)
    inputs, answers = schema.inputs, schema.answers
    features = prod(inputs.shape) if isinstance(inputs, Images) else inputs.count
    if features != prod(network.input_shape):
        raise ModelError(f"schema has {features} features; expected {prod(network.input_shape)}, as the network reads")
    several = isinstance(answers, Classes) and network.output_shape != (1,)
    if several and len(answers.names) != network.output_shape[0]:
        raise ModelError(f"schema has {len(answers.names)} classes; expected {network.output_shape[0]}, as the network")
    if "schema.mean" not in left:
        return schema
    shape = inputs.shape if isinstance(inputs, Images) else (features,)
    return Schema(inputs, answers, typical_of(looked_at(np.zeros((1, *shape))).shape[1], left))


def typical_of(d: int, left: Tensors) -> Typical:
    """What was typical of inputs that are looked at as d numbers."""
    k = left["schema.variances"].size if "schema.variances" in left else 1
    shapes = {"mean": (d,), "scale": (d,), "directions": (d, k), "variances": (k,), "bounds": (3,)}
    found = {
        name: check_finite(f"schema.{name}", take(left, f"schema.{name}", shape, FLOAT)).astype(np.float64)
        for name, shape in shapes.items()
    }
    for name in ("scale", "variances", "bounds"):
        if not (found[name] > 0).all():
            raise ModelError(f"schema.{name} holds {found[name].min():g}; expected numbers above 0")
    rest, *bounds = found.pop("bounds").tolist()
    return Typical(**found, rest=rest, bounds=(bounds[0], bounds[1]))
