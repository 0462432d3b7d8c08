"""Networks as plain data, and as TOML."""

from typing import Any

LINEAR = {"type": "Linear", "out_features": 3}
LOSSES = "LogSoftmaxNLL, NLL, SquaredError, Huber, AbsoluteError, BinaryCrossEntropy, SigmoidBinaryCrossEntropy"


def described(*layers: Any, **others: Any) -> dict[str, Any]:
    return {"input_shape": [1, 4, 4], "layers": list(layers), **others}


TOML = """
input_shape = [1, 28, 28]

[[layers]]
type = "Convolution"
out_channels = 32

[[layers]]
type = "ReLU"

[[layers]]
type = "Linear"
out_features = 10
"""
