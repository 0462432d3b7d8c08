"""Where data lie: the file behind a folder of its name, and the data somewhere below a folder."""

import os
from collections.abc import Callable, Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import TypeVar

from chainrule.base.arguments import AnyPath, as_path
from chainrule.base.errors import DataError, reason
from chainrule.data.split import named_part

T = TypeVar("T")

SYSTEM_FILES = ("thumbs.db", "desktop.ini", "__macosx")
"""What systems put beside a user's files, in small letters."""
PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".webp", ".ppm", ".pgm", ".pbm", ".heic")
"""The endings of pictures' names, in small letters."""
DEPTH, MOST = 3, 1000
"""How many levels below a folder, and in how many folders, its data are looked for."""


def entries(folder: Path) -> list[Path]:
    """What is in a folder, by name; without what is hidden, and what systems put there. DataError if it cannot be."""
    try:
        names = sorted(os.listdir(folder))
    except OSError as error:
        raise DataError(f"{folder}: cannot be read: {reason(error)}") from None
    return [folder / name for name in names if not name.startswith(".") and name.lower() not in SYSTEM_FILES]


def file_at(path: AnyPath) -> Path:
    """The file at a path; if a folder is there the file of the same name in it, or beside it packed by gzip.

    Archives are often unpacked so. A path where there is neither is given back.
    """
    path = as_path(path)
    if not os.path.isdir(path) or not path.name:  # "." and "/" have none
        return path
    packed = path.with_name(f"{path.name}.gz")
    inside = [path / path.name, path / packed.name, packed]
    return next((each for each in inside if os.path.isfile(each)), path)


def missing(path: Path) -> DataError:
    """The error for a path where nothing is, which names what is called nearly so."""
    try:
        names = os.listdir(path.parent)
    except (OSError, ValueError):
        names = []
    near = get_close_matches(path.name, names, n=1)
    hint = f"; did you mean {path.parent / near[0]}?" if near else ""
    return DataError(f"{path}: no such file or folder{hint}")


def has_pictures(folder: Path) -> bool:
    """Whether there are pictures, by their names, in its sub-folders or in those of train/ or another one in it."""
    folders = [path for path in entries(folder) if os.path.isdir(path)]
    if any(_holds_pictures(path) for path in folders):
        return True
    parts = {path.name.lower(): path for path in folders}
    train = named_part(parts, "train")
    return train is not None and has_pictures(train)


def _holds_pictures(folder: Path) -> bool:
    return any(path.suffix.lower() in PICTURES for path in entries(folder))


def below(folder: Path, look: Callable[[Path], list[T]]) -> Iterator[list[T]]:
    """What `look` finds in each of the folders below a folder, but not below those where it finds something."""
    level, seen = [folder], 0
    for _ in range(DEPTH):
        deeper: list[Path] = []
        for each in (path for parent in level for path in entries(parent) if os.path.isdir(path)):
            seen += 1
            if seen > MOST:
                return
            found = look(each)
            if found:
                yield found
            else:
                deeper.append(each)
        level = deeper
