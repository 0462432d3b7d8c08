"""Networks in TOML and runs' configurations, in which each value is replaced by each of many others."""

import random
import tempfile
from pathlib import Path
from typing import Any

import tomli_w

from chainrule.base.errors import DataError, NetworkError
from chainrule.cli.run_files import read_configuration
from chainrule.exchange.description import load_network
from torture.campaign import Tally, campaign
from torture.models import WRONG, places, put, small_checkpoint, without

NETWORK: dict[str, Any] = {
    "input_shape": [2, 6, 6],
    "loss": {"type": "SquaredError", "mean": [0.0, 1.0], "std": 2.0},
    "scaling": {"mean": 0.1, "std": 0.3},
    "layers": [
        {"type": "Standardise", "mean": [0.0, 1.0], "std": [1.0, 2.0]},
        {"type": "Convolution", "out_channels": 2, "kernel_size": 3, "stride": 1, "padding": 1, "initial_w": "zeros"},
        {"type": "Residual", "layers": [{"type": "ReLU", "derivative_at_zero": 1}], "shortcut": {"type": "Tanh"}},
        {"type": "MaxPooling", "size": 2, "stride": 2},
        {"type": "Sequential", "layers": [{"type": "Dropout", "p": 0.5}]},
        {"type": "Linear", "out_features": 2, "initial_b": "ones"},
    ],
}
MORE = (10**9, 10**12, 2**31, -(10**18), [10**18], [0.5], "9" * 5000, [[]] * 1000, {"layers": []}, {"type": "Residual"})


def changed(right: Any) -> list[Any]:
    """The plain data with each value replaced by each of those that are wrong at most places, or missing."""
    everywhere = [place for place in places(right) if place]
    found = [put(right, place, new) for place in everywhere for new in (*WRONG, *MORE) if new is not None]
    return found + [without(right, place) for place in everywhere]


@campaign("A network in TOML or a run's configuration with any other value at any place is read or refused in a line",
          tries=9000, few=150)  # fmt: skip
def settings_files(tally: Tally) -> None:
    configuration = small_checkpoint().configuration | {"validation": 0.2, "skip_bad": True, "network": NETWORK}
    made = [(load_network, NetworkError, each) for each in changed(NETWORK)]
    made += [(read_configuration, DataError, each) for each in changed(configuration)]
    random.Random(11).shuffle(made)
    tally.tries = min(tally.tries, len(made))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.toml")
        for k in tally:
            read, error, value = made[k]
            try:
                path.write_text(tomli_w.dumps(value))
            except (TypeError, ValueError, AttributeError):  # TOML has no such value
                continue
            try:
                read(path)
            except error as refused:
                line = str(refused)
                tally.check(str(path) in line and "\n" not in line and len(line) < 2000, f"{k}: says {line[:300]}")
            except Exception as wrong:
                tally.check(False, f"{k}, {str(value)[:200]}: {type(wrong).__name__}: {wrong}")
