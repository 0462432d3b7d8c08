"""A folder of images, one sub-folder for each class; or of two such folders, train/ and test/."""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from chainrule.base.errors import DataError, reason, warn
from chainrule.data.alike import check_different
from chainrule.data.dataset import Dataset
from chainrule.data.names import number_labels, shortened
from chainrule.data.pixels import common_form, read_images, readable
from chainrule.data.places import SYSTEM_FILES
from chainrule.data.split import NAMES, TEST_FRACTION, check_split, drawn, named_part, pick


def read_image_folder(
    folder: str | os.PathLike[str],
    split: str = "train",
    *,
    image_size: tuple[int, int] | None = None,
    channels: int | None = None,
    classes: Sequence[str] | None = None,
    skip_bad: bool = False,
) -> Dataset:
    """One part of the images in a folder: x (n, c, i, j) uint8, t (n,) int64.

    The test part is the folder test/ (or val/, valid/, validation/) beside train/, or else it is held out. All images
    have one size, or are resized to `image_size` (height, width). They are grey (c = 1) if all files of both parts
    are stored so, else colour (c = 3), unless `channels` says which. Transparent parts are white; hidden files are
    left out, and so are, with a warning, files that cannot be read and blank ones if `skip_bad`. `classes` are the
    names of all classes, if they are known.
    DataError naming the first file that is no image, or of another size; or where all images are the same.
    """
    check_split(split)
    source = str(folder)
    parts = [_images_by_class(part) for part in _part_folders(Path(folder))]
    if skip_bad:
        parts = _without_bad(parts, source)
    labels = [np.array([path.parent.name for path in part]) for part in parts]
    numbered, names = number_labels(labels, classes, source)
    form = common_form([path for part in parts for path in part], channels, image_size)
    if len(parts) == 2:
        paths, t = pick(list(zip(parts, numbered, strict=True)), split, source)
    else:
        (paths,), (t,) = parts, numbered
        if split != "all":
            rows = pick(drawn(t, TEST_FRACTION, 0, source), split, source)
            paths = [paths[k] for k in rows]
            t = t[rows]
    x = read_images(paths, form, resize=image_size is not None)
    check_different(x, source)
    return Dataset(x, t, classes=names, white=form.white or 255.0)


def _without_bad(parts: Sequence[list[Path]], source: str) -> list[list[Path]]:
    """The files of each part that hold a picture, and a warning of the others."""
    checked = [readable(part) for part in parts]
    bad = [path for _, bad in checked for path in bad]
    n = sum(map(len, parts))
    if len(bad) == n:
        raise DataError(f"{source}: none of {n} files holds a picture: they cannot be read, or are blank")
    if bad:
        names = shortened([f"{path.parent.name}/{path.name}" for path in bad])
        warn(f"{source}: {len(bad)} of {n} files are left out, which cannot be read or are blank: {names}")
    return [good for good, _ in checked]


def has_classes(folder: Path) -> bool:
    """Whether there are sub-folders in it."""
    return any(_entries(folder, folders=True))


def _part_folders(folder: Path) -> list[Path]:
    """The folders of both parts; or one, of all images or of those for training."""
    found = {path.name.lower(): path for path in _entries(folder, folders=True) if has_classes(path)}
    train, test = (named_part(found, split) for split in NAMES)
    if train is None:
        if test is not None:
            raise DataError(f"{folder}: holds {test.name}/ but no train/; expected both or a sub-folder for each class")
        return [folder]
    return [train, test] if test else [train]


def _images_by_class(folder: Path) -> list[Path]:
    """The files in the sub-folders; DataError where there are none, or another folder."""
    classes = _entries(folder, folders=True)
    if not classes:
        raise DataError(f"{folder}: holds no sub-folders; expected one of images for each class")
    paths: list[Path] = []
    for of_class in classes:
        deeper = _entries(of_class, folders=True)
        if deeper:
            raise DataError(f"{deeper[0]}: is a folder; expected an image of the class {of_class.name}")
        images = _entries(of_class, folders=False)
        if not images:
            raise DataError(f"{of_class}: holds no images; expected some of the class {of_class.name}")
        paths += images
    return paths


def _entries(folder: Path, folders: bool) -> list[Path]:
    """The folders, or else the files, in a folder, by name; hidden ones and a system's own are left out."""
    try:
        names = sorted(entry.name for entry in os.scandir(folder) if entry.is_dir() == folders)
    except OSError as error:
        raise DataError(f"{folder}: cannot be read: {reason(error)}") from None
    return [folder / name for name in names if not name.startswith(".") and name.lower() not in SYSTEM_FILES]
