"""What lies at the paths that a model is asked about: pictures, folders of them, tables, files of arrays."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from chainrule.base.errors import DataError, UsageError
from chainrule.data.array_files import INPUTS
from chainrule.data.idx import read_idx
from chainrule.data.names import shortened
from chainrule.data.npy import read_npy
from chainrule.data.npz import read_npz
from chainrule.data.places import PICTURES, SYSTEM_FILES
from chainrule.data.sources import TABLES
from chainrule.data.split import NAMES

Kind = Literal["picture", "table", "array", "idx"]

ARRAYS = (".npz", ".npy")


def paths_of(inputs: Any) -> list[Path] | None:
    """The paths, if that is what the inputs are; None if they are an array. UsageError for none."""
    if isinstance(inputs, str | os.PathLike):
        return [Path(inputs)]
    if isinstance(inputs, list | tuple) and len(inputs) == 0:
        raise UsageError("there are no inputs; expected pictures, tables, or an array")
    if isinstance(inputs, list | tuple) and all(isinstance(each, str | os.PathLike) for each in inputs):
        return [Path(each) for each in inputs]
    return None


def kind_of(path: Path) -> Kind:
    """What a file is, by its name; one of no known ending is a picture."""
    name = path.name.lower().removesuffix(".gz")
    if "idx" in name and "ubyte" in name:
        return "idx"
    ending = Path(name).suffix
    return "array" if ending in ARRAYS else "table" if ending in TABLES else "picture"


def expanded(paths: Iterable[Path]) -> list[Path]:
    """The paths with each folder's pictures, also those deeper in it, by name, in place of the folder.

    A folder that has none stays.
    """
    found: list[Path] = []
    for path in paths:
        found += (_pictures_in(path) or [path]) if path.is_dir() else [path]
    return found


def read_array(path: Path, kind: Kind) -> np.ndarray:
    """The inputs in an IDX file, an .npy file, or an .npz file, where they are called x, images, ... or stand alone."""
    if kind == "idx":
        return read_idx(path)
    if path.suffix.lower() == ".npy":
        return read_npy(path)
    arrays = read_npz(path)
    return arrays[_inputs_among([*arrays], str(path))]()


def _pictures_in(folder: Path) -> list[Path]:
    """By their paths; without hidden ones and what systems put beside them."""
    found = []
    for path in folder.rglob("*"):
        inside = path.relative_to(folder).parts
        hidden = any(part.startswith(".") or part.lower() in SYSTEM_FILES for part in inside)
        if not hidden and path.suffix.lower() in PICTURES and path.is_file():
            found.append(path)
    return sorted(found)


def _inputs_among(names: Sequence[str], source: str) -> str:
    """The array of inputs; DataError, which names the source, if it cannot be told."""
    if len(names) == 1:
        return names[0]
    plain = {name.lower(): name for name in names}
    words = ["", *NAMES["test"]]
    forms = [form for word in words for stem in INPUTS for form in (f"{stem}_{word}", f"{word}_{stem}")]
    found = next((plain[form.strip("_")] for form in forms if form.strip("_") in plain), None)
    if found is None:
        raise DataError(f"{source}: holds {shortened(names) or 'nothing'}; expected one array, or one called x")
    return found
