"""Folders of pictures, a folder a class: which files are read, for which part, as which class."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from chainrule.base.errors import DataWarning, UsageError
from chainrule.data.image_folder import read_image_folder
from picture_files import GREY, RED, picture, refuses, save, shape


@pytest.mark.parametrize("ending", ["png", "bmp", "gif", "tiff", "webp", "jpg"])
def test_every_kind_of_file(ending: str, tmp_path: Path) -> None:
    options = {"lossless": True} if ending == "webp" else {}
    save(tmp_path / f"cat/a.{ending}", picture(RED), **options)
    save(tmp_path / f"dog/b.{ending}", picture(GREY), **options)
    data = read_image_folder(tmp_path, "all")
    assert data.x.dtype == np.uint8
    assert data.x.shape == (2, 3, 5, 6)
    assert np.abs(data.x[0].astype(int) - np.reshape(RED, (3, 1, 1))).max() <= (2 if ending == "jpg" else 0)
    assert (data.x[1] == GREY).all()
    assert data.t.tolist() == [0, 1]
    assert data.classes == ("cat", "dog")


@pytest.mark.parametrize("test", ["test", "val", "Validation"])
def test_folders_for_both_parts(test: str, tmp_path: Path) -> None:
    for k in range(3):
        save(tmp_path / f"Train/{'ab'[k % 2]}/{k}.png", picture(k))
    save(tmp_path / f"{test}/b/x.png", picture(9))
    save(tmp_path / "unlabelled/c/x.png", picture(9))
    train, held = read_image_folder(tmp_path), read_image_folder(tmp_path, "test")
    assert train.x[:, 0, 0, 0].tolist() == [0, 2, 1]
    assert train.t.tolist() == [0, 0, 1]
    assert held.t.tolist() == [1]
    assert train.classes == held.classes == ("a", "b")
    with pytest.raises(UsageError, match="has a training and a test part"):
        read_image_folder(tmp_path, "all")


def test_classes_may_be_called_like_parts(tmp_path: Path) -> None:
    save(tmp_path / "train/a.png", picture(1))
    save(tmp_path / "bus/a.png", picture(2))
    assert read_image_folder(tmp_path, "all").classes == ("bus", "train")


def test_a_sixth_is_held_out(tmp_path: Path) -> None:
    for k in range(24):
        save(tmp_path / f"{k % 2}/{k}.png", picture(k))
    train, test = read_image_folder(tmp_path), read_image_folder(tmp_path, "test")
    assert sorted([*train.x[:, 0, 0, 0], *test.x[:, 0, 0, 0]]) == list(range(24))
    assert np.bincount(test.t).tolist() == [2, 2]
    assert test.classes is None
    assert np.array_equal(test.x[:, 0, 0, 0] % 2, test.t)


def test_a_sixth_of_the_training_folder_is_held_out(tmp_path: Path) -> None:
    for k in range(12):
        save(tmp_path / f"train/{k % 2}/{k}.png", picture(k))
    save(tmp_path / "test/unlabelled.png", picture(0))
    assert (len(read_image_folder(tmp_path)), len(read_image_folder(tmp_path, "test"))) == (10, 2)


def test_numbers_and_known_names_order_the_classes(tmp_path: Path) -> None:
    for k, name in enumerate(("9", "10", "x")):
        save(tmp_path / name / "a.png", picture(k))
    assert read_image_folder(tmp_path, "all").classes == ("9", "10", "x")
    known = read_image_folder(tmp_path, "all", classes=("x", "9", "10", "11"))
    assert known.t.tolist() == [2, 1, 0]
    with refuses(tmp_path, "found label '10'; expected one of 2: x, 9"):
        read_image_folder(tmp_path, "all", classes=("x", "9"))


def test_hidden_files_and_what_lies_beside_the_classes_are_left_out(tmp_path: Path) -> None:
    save(tmp_path / "a/1.png", picture(1))
    save(tmp_path / ".hidden/1.png", picture(1))
    for name in ("readme.txt", ".DS_Store", "a/.DS_Store", "a/Thumbs.db"):
        (tmp_path / name).write_text("not an image", encoding="utf-8")
    assert read_image_folder(tmp_path, "all").x.shape == (1, 1, 5, 6)


def test_what_is_no_image_is_named(tmp_path: Path) -> None:
    save(tmp_path / "a/1.png", picture(1))
    (tmp_path / "a/2.png").write_text("not an image", encoding="utf-8")
    with refuses(tmp_path / "a/2.png", "cannot be read as an image: of no known kind"):
        read_image_folder(tmp_path, "all")
    (tmp_path / "a/2.png").write_bytes((tmp_path / "a/1.png").read_bytes()[:-30])
    with refuses(tmp_path / "a/2.png", "cannot be read as an image: "):
        read_image_folder(tmp_path, "all")


def test_images_that_are_all_the_same_are_refused(tmp_path: Path) -> None:
    for k in range(3):
        save(tmp_path / f"{k % 2}/{k}.png", Image.fromarray(shape()))
    with refuses(tmp_path, "all 3 images are the same: pixel for pixel; expected different ones"):
        read_image_folder(tmp_path, "all")
    for k in range(3):
        save(tmp_path / f"{k % 2}/{k}.png", Image.new("RGBA", (4, 4), (0, 0, 0, 0)))
    with refuses(tmp_path, "all 3 images are the same: every pixel is 255; expected different ones"):
        read_image_folder(tmp_path, "all")
    save(tmp_path / "1/9.png", picture(3, (4, 4)))
    assert len(read_image_folder(tmp_path, "all")) == 4


def test_bad_files_are_left_out_if_asked(tmp_path: Path) -> None:
    for k in range(12):
        save(tmp_path / f"{k % 2}/{k}.png", Image.fromarray(shape(at=k % 6)))
    assert len(read_image_folder(tmp_path, "all", skip_bad=True)) == 12
    (tmp_path / "0/bad.png").write_text("<html>", encoding="utf-8")
    save(tmp_path / "1/blank.png", picture(255, (10, 12)))
    (tmp_path / "1/cut.png").write_bytes((tmp_path / "1/1.png").read_bytes()[:-30])
    left_out = "3 of 15 files are left out, which cannot be read or are blank: 0/bad.png, 1/blank.png, 1/cut.png"
    with pytest.warns(DataWarning, match=f"^{re.escape(f'{tmp_path}: {left_out}')}$"):
        data = read_image_folder(tmp_path, "all", skip_bad=True)
    assert data.t.tolist() == [0] * 6 + [1] * 6
    with refuses(tmp_path / "0/bad.png", "is a web page"):
        read_image_folder(tmp_path, "all")


def test_none_is_good(tmp_path: Path) -> None:
    save(tmp_path / "0/blank.png", picture(255))
    save(tmp_path / "1/blank.png", picture(3))
    with refuses(tmp_path, "none of 2 files holds a picture: they cannot be read, or are blank"):
        read_image_folder(tmp_path, skip_bad=True)


def test_what_is_no_folder_of_images_is_said(tmp_path: Path) -> None:
    with refuses(tmp_path / "nothing", "cannot be read: No such file or directory"):
        read_image_folder(tmp_path / "nothing")
    save(tmp_path / "a/1.png", picture(1))
    (tmp_path / "b").mkdir()
    with refuses(tmp_path / "b", "holds no images; expected some of the class b"):
        read_image_folder(tmp_path)
    save(tmp_path / "b/c/1.png", picture(1))
    with refuses(tmp_path / "b/c", "is a folder; expected an image of the class b"):
        read_image_folder(tmp_path)
    with refuses(tmp_path / "a", "holds no sub-folders; expected one of images for each class"):
        read_image_folder(tmp_path / "a")
    save(tmp_path / "test/b/1.png", picture(1))
    with refuses(tmp_path, "holds test/ but no train/; expected both or a sub-folder for each class"):
        read_image_folder(tmp_path)


def test_what_nobody_can_ask_for(tmp_path: Path) -> None:
    save(tmp_path / "a/1.png", picture(1))
    size: Any
    for size in ((0, 3), (3,), (2.5, 3)):
        with pytest.raises(
            UsageError, match=re.escape(f"the image size is {size}; expected (height, width) in pixels")
        ):
            read_image_folder(tmp_path, image_size=size)
    with pytest.raises(UsageError, match=r"channels is 2; expected 1 \(grey\) or 3 \(colour\)"):
        read_image_folder(tmp_path, channels=2)
    with refuses(tmp_path, "1 samples are too few to hold some out"):
        read_image_folder(tmp_path, "test")
