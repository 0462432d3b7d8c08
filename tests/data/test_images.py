import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from chainrule.base.errors import DataError, DataWarning
from chainrule.data import prepare_digit, read_digit
from chainrule.data.image_folder import read_image_folder
from chainrule.data.images import FORMATS, read_digits, read_seen


def drawn_seven() -> Image.Image:
    """A seven, black on white, on a page of 120 x 160."""
    page = Image.new("L", (120, 160), 255)
    ImageDraw.Draw(page).line([(30, 40), (90, 40), (50, 130)], fill=0, width=12)
    return page


SEVEN = prepare_digit(np.asarray(drawn_seven()))


def difference(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.abs(a.astype(float) - b).mean())


def transparent(seven: Image.Image) -> Image.Image:
    """Black ink on nothing."""
    image = Image.new("RGBA", seven.size, (0, 0, 0, 0))
    image.putalpha(seven.point(lambda level: 255 - level))
    return image


def on_nothing(mode: str, ink: int) -> Image.Image:
    """The seven in ink of a level, on nothing."""
    image = Image.new("L", drawn_seven().size, ink).convert("RGB" if mode == "RGBA" else "L")
    image.putalpha(drawn_seven().point(lambda level: 255 - level))
    return image


def in_a_palette(ink: int) -> Image.Image:
    """The seven as colour 0 of a palette, in which all colours are its ink."""
    image = drawn_seven().convert("P")
    image.putpalette([ink] * 768)
    return image


def real(seven: Image.Image, scale: float, dtype: str) -> Image.Image:
    return Image.fromarray((np.asarray(seven, np.float64) * scale).astype(dtype))


@pytest.mark.parametrize(
    ("name", "image"),
    [
        ("grey.png", drawn_seven()),
        ("inverted.png", drawn_seven().point(lambda level: 255 - level)),
        ("colour.png", drawn_seven().convert("RGB")),
        ("palette.png", drawn_seven().convert("P")),
        ("bits.png", drawn_seven().convert("1")),
        ("cmyk.tiff", drawn_seven().convert("CMYK")),
        ("transparent.png", transparent(drawn_seven())),
        ("transparent_grey.png", transparent(drawn_seven()).convert("LA")),
        ("transparent.webp", transparent(drawn_seven())),
        ("16 bits.png", real(drawn_seven(), 257, "u2")),
        ("32 bits.tiff", real(drawn_seven(), 1e6, "i4")),
        ("reals.tiff", real(drawn_seven(), 1 / 255, "f4")),
        ("grey.bmp", drawn_seven()),
        ("photo.jpg", drawn_seven()),
        ("large.png", drawn_seven().resize((1200, 1600), Image.Resampling.NEAREST)),
    ],
)
def test_every_kind_of_image(name: str, image: Image.Image, tmp_path: Path) -> None:
    image.save(tmp_path / name)
    digit = read_digit(tmp_path / name)
    assert digit.shape == (1, 28, 28)
    assert digit.dtype == np.uint8
    assert difference(digit, SEVEN) < 2


@pytest.mark.parametrize("ink", [0, 120, 255])
@pytest.mark.parametrize(("mode", "ending"), [("LA", "png"), ("RGBA", "png"), ("RGBA", "webp"), ("RGBA", "tiff")])
def test_ink_on_nothing_is_ink_whatever_its_colour(mode: str, ending: str, ink: int, tmp_path: Path) -> None:
    path = tmp_path / f"seven.{ending}"
    on_nothing(mode, ink).save(path)
    assert difference(read_digit(path), SEVEN) < 2


@pytest.mark.parametrize("ink", [0, 255])
@pytest.mark.parametrize("ending", ["png", "gif"])
def test_a_transparent_colour_of_a_palette_is_paper(ending: str, ink: int, tmp_path: Path) -> None:
    path = tmp_path / f"seven.{ending}"
    in_a_palette(ink).save(path, transparency=255)
    assert difference(read_digit(path), SEVEN) < 2


@pytest.mark.parametrize("alpha", [0, 100, 255])
def test_transparency_that_is_the_same_all_over_does_not_count(alpha: int, tmp_path: Path) -> None:
    image = drawn_seven().convert("RGBA")
    image.putalpha(alpha)
    image.save(tmp_path / "seven.png")
    assert difference(read_digit(tmp_path / "seven.png"), SEVEN) < 2


@pytest.mark.parametrize(
    ("scale", "dtype"), [(1, "i4"), (1, "u2"), (4095 / 255, "u2"), (3, "u2"), (257, "i4"), (1, "f4"), (0.001, "f4")]
)
def test_wide_pixels_that_do_not_fill_their_type(scale: float, dtype: str, tmp_path: Path) -> None:
    real(drawn_seven(), scale, dtype).save(tmp_path / "seven.tiff")
    assert difference(read_digit(tmp_path / "seven.tiff"), SEVEN) < 2


def test_what_is_doubtful_is_a_warning_that_names_the_file(tmp_path: Path) -> None:
    two = Image.new("L", (300, 160), 255)
    two.paste(drawn_seven(), (0, 0))
    two.paste(drawn_seven(), (150, 0))
    two.save(tmp_path / "two.png")
    said = f"{tmp_path / 'two.png'}: it shows more than one digit (--many reads each of several)"
    with pytest.warns(DataWarning, match=f"^{re.escape(said)}$"):
        read_digit(tmp_path / "two.png")
    assert read_seen(tmp_path / "two.png").doubts
    apart = read_digits(tmp_path / "two.png")
    assert [difference(each.x, SEVEN) < 2 for each in apart] == [True, True]
    assert len(read_digits(np.asarray(two))) == 2
    with pytest.raises(DataError, match=r"none\.png: no such file"):
        read_digits(tmp_path / "none.png")


def test_heic_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "seven.png").write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic")
    with pytest.raises(DataError, match=r"seven\.png: is a HEIC picture; .*pillow-heif"):
        read_digit(tmp_path / "seven.png")


def test_a_turned_photograph_is_turned_back(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # orientation: turn by 90 degrees clockwise to view
    drawn_seven().rotate(90, expand=True).save(tmp_path / "seven.jpg", exif=exif)
    assert difference(read_digit(tmp_path / "seven.jpg"), SEVEN) < 2


def test_nothing_drawn(tmp_path: Path) -> None:
    Image.new("RGBA", (30, 30), (0, 0, 0, 0)).save(tmp_path / "empty.png")
    with pytest.raises(DataError, match=r"empty\.png: the image is blank: its grey levels go from 255 to 255"):
        read_digit(tmp_path / "empty.png")
    Image.fromarray(np.full((30, 30), np.nan, np.float32)).save(tmp_path / "nan.tiff")
    with pytest.raises(DataError, match=r"nan\.tiff: the image is blank"):
        read_digit(tmp_path / "nan.tiff")


def test_no_image(tmp_path: Path) -> None:
    (tmp_path / "text.png").write_text("not an image", encoding="utf-8")
    with pytest.raises(
        DataError, match=r"text\.png: cannot be read as an image: of no known kind; expected one of: PNG, "
    ):
        read_digit(tmp_path / "text.png")
    with pytest.raises(DataError, match=r"nothing\.png: no such file"):
        read_digit(tmp_path / "nothing.png")


@pytest.mark.parametrize("kind", FORMATS)
def test_the_content_tells_the_kind_whatever_the_name(kind: str, tmp_path: Path) -> None:
    path = tmp_path / ("digit.eps" if kind == "PNG" else "digit.png")
    drawn_seven().save(path, kind)
    assert difference(read_digit(path), SEVEN) < 2


EPS = b"""%!PS-Adobe-3.0 EPSF-3.0
%%BoundingBox: 0 0 28 28
%%EndComments
(executed) (w) file closefile
14 0 moveto 14 28 lineto 4 setlinewidth stroke showpage
%%EOF
"""


@pytest.mark.parametrize(
    "read", [read_digit, lambda path: read_image_folder(path.parent.parent, "all")], ids=["digit", "folder"]
)
def test_what_pillow_would_execute_is_refused(
    read: Callable[[Path], Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("PIL.EpsImagePlugin.Ghostscript", lambda *_, **__: pytest.fail("Ghostscript was started"))
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "class" / "digit.png"
    path.parent.mkdir()
    path.write_bytes(EPS)
    with pytest.raises(DataError) as caught:
        read(path)
    assert str(caught.value) == f"{path}: is a PostScript file; save it as .png"
    assert not (tmp_path / "executed").exists()


@pytest.mark.parametrize("limit", [10_000, 1_000])  # Pillow warns above its limit and refuses above twice that
def test_too_many_pixels(limit: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
    drawn_seven().save(tmp_path / "bomb.png")
    with pytest.raises(DataError, match=r"bomb\.png: too many pixels: Image size \(19200 pixels\) exceeds limit"):
        read_digit(tmp_path / "bomb.png")


@pytest.mark.filterwarnings("ignore::chainrule.DataWarning")
@pytest.mark.parametrize(
    ("name", "options"),
    [("a.png", {}), ("a.jpg", {"quality": 30}), ("a.gif", {}), ("a.tiff", {"compression": "tiff_lzw"}), ("a.bmp", {})],
)
def test_a_damaged_file_is_a_digit_or_one_line(name: str, options: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / name
    drawn_seven().save(path, **options)
    good = path.read_bytes()
    rng = np.random.default_rng(0)
    for length in rng.integers(0, len(good), 60):
        expect_digit_or_error(path, good[:length])
    for position, byte in zip(rng.integers(0, len(good), 60), rng.bytes(60), strict=True):
        expect_digit_or_error(path, good[:position] + bytes([byte]) + good[position + 1 :])


def expect_digit_or_error(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    message = f"{path}: a digit"
    try:
        assert read_digit(path).shape == (1, 28, 28)
    except DataError as error:
        message = str(error)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
