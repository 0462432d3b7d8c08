"""The pixels of a folder's pictures: grey or colour, turned, resized, transparent, or of many bits."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from chainrule.data.image_folder import read_image_folder
from chainrule.data.pixels import Form, read_images
from picture_files import GREY, RED, picture, refuses, save, shape


def test_every_pixel_stands_where_it_was(tmp_path: Path) -> None:
    colour = np.random.default_rng(0).integers(0, 256, (5, 6, 3), np.uint8)
    save(tmp_path / "colour/0/a.png", Image.fromarray(colour))
    save(tmp_path / "grey/0/a.png", Image.fromarray(colour[:, :, 0]))
    assert np.array_equal(read_image_folder(tmp_path / "colour", "all").x[0], colour.transpose(2, 0, 1))
    assert np.array_equal(read_image_folder(tmp_path / "grey", "all").x[0], colour[np.newaxis, :, :, 0])


def test_grey_if_all_files_of_both_parts_are(tmp_path: Path) -> None:
    save(tmp_path / "train/0/bits.png", picture(255).convert("1"))
    save(tmp_path / "train/0/grey.png", picture(GREY))
    save(tmp_path / "train/0/palette.png", picture(GREY).convert("P"))
    save(tmp_path / "train/0/wide.png", Image.fromarray(np.full((5, 6), GREY * 257, np.uint16)))
    save(tmp_path / "test/0/clear.png", picture(GREY).convert("LA"))
    train, test = read_image_folder(tmp_path), read_image_folder(tmp_path, "test")
    assert train.x.shape == (4, 1, 5, 6)
    assert train.x[:, 0, 0, 0].tolist() == [255, GREY, GREY, GREY]
    assert test.x.shape == (1, 1, 5, 6)
    save(tmp_path / "test/0/red.png", picture(RED).convert("P", palette=Image.Palette.ADAPTIVE))
    train, test = read_image_folder(tmp_path), read_image_folder(tmp_path, "test")
    assert train.x.shape == (4, 3, 5, 6)
    assert test.x[:, :, 0, 0].tolist() == [[GREY] * 3, list(RED)]
    assert read_image_folder(tmp_path, "test", channels=1).x.shape == (2, 1, 5, 6)


def test_what_is_transparent_is_white(tmp_path: Path) -> None:
    image = picture(RED).convert("RGBA")
    image.putpixel((1, 2), (*RED, 0))
    save(tmp_path / "0/a.png", image)
    x = read_image_folder(tmp_path, "all").x[0]
    assert x[:, 2, 1].tolist() == [255, 255, 255]
    assert x[:, 0, 0].tolist() == list(RED)


@pytest.mark.parametrize("ending", ["jpg", "png", "webp", "tiff"])
def test_a_turned_photograph_is_turned_back(ending: str, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # orientation: turn by 90 degrees clockwise to view
    upright = Image.fromarray(np.repeat(np.array([0, 255], np.uint8), 24).reshape(8, 6))  # black above white
    save(tmp_path / f"0/a.{ending}", upright.rotate(90, expand=True), exif=exif)
    save(tmp_path / "0/b.png", upright)
    save(tmp_path / "0/c.png", picture(GREY, (6, 8)))
    x = read_image_folder(tmp_path, "all", channels=1).x
    assert x.shape == (3, 1, 8, 6)
    assert np.abs(x[0].astype(int) - x[1]).max() < 8


def test_images_of_several_sizes_are_resized(tmp_path: Path) -> None:
    half = np.repeat(np.array([[0, 255]], np.uint8), 100, axis=0).repeat(100, axis=1)  # black beside white, 100 x 200
    save(tmp_path / "0/a.jpg", Image.fromarray(half))
    save(tmp_path / "0/b.png", Image.fromarray(half[:, ::-1]).convert("RGB"))
    save(tmp_path / "0/c.png", picture(GREY, (3, 4)))
    with refuses(tmp_path / "0/c.png", "4 x 3 pixels, but a.jpg has 100 x 200 pixels; expected one size"):
        read_image_folder(tmp_path, "all")
    for channels in (None, 1):
        x = read_image_folder(tmp_path, "all", image_size=(4, 8), channels=channels).x
        assert x.shape == (3, channels or 3, 4, 8)
        assert x[0, 0, 1].tolist()[::7] == [0, 255]
        assert x[1, 0, 1].tolist()[::7] == [255, 0]
        assert (x[2] == GREY).all()


def transparent(mode: str, level: int, mask: np.ndarray) -> Image.Image:
    """Ink of that level where the mask is, on nothing."""
    image = Image.new("L", mask.shape[::-1], level).convert("RGB" if "RGB" in mode else "L")
    image.putalpha(Image.fromarray(mask))
    return image


@pytest.mark.parametrize("ink", [0, 255, 250])
@pytest.mark.parametrize(("mode", "ending"), [("LA", "png"), ("RGBA", "png"), ("RGBA", "webp"), ("RGBA", "tiff")])
def test_ink_on_nothing_is_dark_on_white_whatever_its_colour(mode: str, ending: str, ink: int, tmp_path: Path) -> None:
    options = {"lossless": True} if ending == "webp" else {}
    for at in (1, 3, 5):
        save(tmp_path / f"{at}/a.{ending}", transparent(mode, ink, shape(at=at)), **options)
    x = read_image_folder(tmp_path, "all").x
    assert x.shape == (3, 1 if mode == "LA" else 3, 12, 10)
    for each, at in zip(x, (1, 3, 5), strict=True):
        assert np.abs(each.astype(int) - (255 - shape(at=at).astype(int))).max() <= 5


def test_a_palette_s_transparent_colour_is_no_ink(tmp_path: Path) -> None:
    for name, ending in (("a", "gif"), ("b", "png")):
        for at in (1, 4):
            image = Image.fromarray((shape(at=at) > 0).astype(np.uint8), "P")
            image.putpalette([255] * 6)  # white, and white
            save(tmp_path / f"{at}/{name}.{ending}", image, transparency=0)
    x = read_image_folder(tmp_path, "all", channels=1).x[:, 0]
    assert np.array_equal(x, [255 - shape(at=at) for at in (1, 1, 4, 4)])


def test_transparency_that_is_the_same_all_over_does_not_count(tmp_path: Path) -> None:
    for k, alpha in enumerate((255, 0, 100)):
        image = Image.fromarray(shape(at=k + 1)).convert("LA")
        image.putalpha(alpha)
        save(tmp_path / f"0/{k}.png", image)
    assert np.array_equal(read_image_folder(tmp_path, "all").x[:, 0], [shape(at=k + 1) for k in range(3)])


def test_a_light_page_with_clear_corners_stays_light(tmp_path: Path) -> None:
    page = np.full((12, 10), 255, np.uint8) - shape()
    corners = np.full((12, 10), 255, np.uint8)
    corners[0, 0] = corners[-1, -1] = 0
    image = Image.fromarray(page).convert("LA")
    image.putalpha(Image.fromarray(corners))
    save(tmp_path / "0/a.png", image)
    assert np.array_equal(read_image_folder(tmp_path, "all").x[0, 0], page)


@pytest.mark.parametrize(
    ("dtype", "full", "white"),
    [
        *[("i4", 1, 1), ("i4", 255, 255), ("u2", 255, 255), ("u2", 4095, 4095), ("u2", 3000, 4095)],
        *[("i4", 65535, 65535), ("i4", 10**6, 10**6)],
        *[("f4", 1, 1), ("f4", 0.5, 1), ("f4", 255, 255), ("f4", 200.5, 255)],
    ],
)
def test_wide_pixels_are_scaled_by_the_largest_of_all(dtype: str, full: float, white: float, tmp_path: Path) -> None:
    ramp = np.linspace(0, 1, 60).reshape(6, 10)
    for k, part in enumerate((1, 0.5)):  # the second is darker, and stays so
        save(tmp_path / f"{k}/a.tiff", Image.fromarray((ramp * full * part).astype(dtype)))
    save(tmp_path / "1/b.png", Image.fromarray(np.rint(ramp * 255).astype(np.uint8)))
    data = read_image_folder(tmp_path, "all")
    assert data.white == white
    expected = [(ramp * full * part).astype(dtype) / white * 255 for part in (1, 0.5)]
    assert np.abs(data.x[:2, 0] - np.array(expected)).max() <= 0.51
    assert np.array_equal(data.x[2, 0], np.rint(ramp * 255))


def test_a_later_picture_is_read_with_the_training_s_white(tmp_path: Path) -> None:
    dim = tmp_path / "dim.tiff"
    save(dim, Image.fromarray(np.full((5, 6), 200, np.uint16)))
    for white, level in ((0, 200), (255, 200), (4095, 12), (65535, 1)):
        assert (read_images([dim], Form(1, (5, 6), white), resize=True) == level).all()
    save(dim, Image.fromarray(np.full((5, 6), 0.5, np.float32)))
    assert (read_images([dim], Form(1, (5, 6), 255), resize=True) == 128).all()
