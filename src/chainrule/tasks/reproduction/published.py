"""The published hashes of what presets give: the table that comes with the package.

Of each preset: SHA-256 of w and its statistics after an epoch over 2,000 digits, seed 7; a hash of these after each
step; and hashes of all that the first step makes.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from chainrule.base.errors import UsageError
from chainrule.base.guessing import expected_one_of
from chainrule.base.showing import short

SAMPLES, SEED = 2000, 7
NAMES = "mlp", "lecture", "mnist", "quick", "best", "vgg", "resnet", "signal"
TABLE = Path(__file__).parent / "published.json"


class Made(NamedTuple):
    """Some numbers of a step, by their hash."""

    what: str  # as in "y" or "dL/dw"
    of: str  # a stage, or a parameter
    hash: str


@dataclass(frozen=True)
class Hashes:
    """What a preset gives."""

    sha256: str  # at the end of the epoch
    steps: list[str]  # of w and statistics after each
    first_step: list[Made]


def published() -> dict[str, Hashes]:
    """The package's table, by the presets' names."""
    found = json.loads(TABLE.read_text(encoding="utf-8"))["presets"]
    return {
        name: Hashes(each["sha256"], each["steps"], [Made(*made) for made in each["first_step"]])
        for name, each in found.items()
    }


def named(names: list[str] | None) -> dict[str, Hashes]:
    """Those of the table, or all of it; UsageError for one that is not in it."""
    table = published()
    for name in names or []:
        if name not in table:
            raise UsageError(f"no hashes are published of {short(name)}; {expected_one_of(table, name)}")
    return {name: table[name] for name in names or table}
