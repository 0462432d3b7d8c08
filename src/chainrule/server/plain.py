"""What goes over the wire: JSON, read strictly; an array is {"shape": [...], "data": base64 of float32 numbers}.

Their bytes are little-endian, whatever the machine's are.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Annotated, Any, NoReturn

import numpy as np

from chainrule.base.typed import Within
from chainrule.server.refusal import Refusal
from chainrule.tasks.examination import plain

DEEPEST = 16
"""Lists and tables within one another, of what is asked."""
FLOAT = np.dtype("<f4")


@dataclass(frozen=True)
class Array:
    """An array as it is sent."""

    shape: Annotated[tuple[Annotated[int, Within(0, 2**31 - 1)], ...], Within(0, 8)]
    data: str

    def numbers(self, name: str) -> np.ndarray:
        """It as float32, all of them finite; Refusal for what it cannot be."""
        content, size = from_base64(self.data, name), FLOAT.itemsize * prod(self.shape)
        if len(content) != size:
            raise Refusal(f"{name} has {len(content):,} bytes; expected {size:,} for its shape {self.shape}")
        found = np.frombuffer(content, FLOAT).reshape(self.shape).astype(np.float32)
        if not np.isfinite(found).all():
            raise Refusal(f"{name} holds {found[~np.isfinite(found)][0]}; expected finite numbers")
        return found


def array(values: np.ndarray) -> dict[str, Any]:
    """An array as it is sent, in float32."""
    return {"shape": list(values.shape), "data": to_base64(np.ascontiguousarray(values, FLOAT).tobytes())}


def to_base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def from_base64(text: str, name: str) -> bytes:
    """The bytes that a text stands for; Refusal, which calls them `name`, for one that stands for none."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Refusal(f"{name} is no base64; expected bytes in it") from None


def to_json(answer: Any) -> bytes:
    """As it is sent: what is not a finite number is null."""
    try:
        return _dumps(answer)
    except ValueError:  # one is not finite, which is rare
        return _dumps(plain(answer))


def _dumps(value: Any) -> bytes:
    return json.dumps(value, allow_nan=False, ensure_ascii=False, separators=(",", ":"), default=plain).encode()


def from_json(content: bytes) -> Any:
    """What a request's body holds; Refusal for what is no JSON, is too deep, or holds NaN or an infinity."""
    try:
        found = json.loads(content, parse_constant=_refuse)
    except RecursionError:
        raise _too_deep() from None
    except ValueError as error:  # also for bytes that are no text, and for numbers of thousands of digits
        raise Refusal(f"the body is no JSON ({error}); expected a table") from None
    _check_depth(found)
    return found


def _refuse(constant: str) -> NoReturn:
    raise Refusal(f"the body holds {constant}; expected finite numbers")


def _check_depth(value: Any) -> None:
    layer = [value]
    for _ in range(DEEPEST):
        layer = [item for each in layer if isinstance(each, list | Mapping) for item in _items(each)]
        if not layer:
            return
    if any(isinstance(each, list | Mapping) for each in layer):
        raise _too_deep()


def _items(value: Any) -> list[Any]:
    return list(value.values()) if isinstance(value, Mapping) else value


def _too_deep() -> Refusal:
    return Refusal(f"the body is too deep; expected at most {DEEPEST} lists and tables within one another")
