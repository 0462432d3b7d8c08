"""Pictures that are damaged, too large, or of a kind that is not to be opened; on white paper, strip by strip."""

import io
import os
import struct
import subprocess
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import EpsImagePlugin, Image, ImageFile

from chainrule.base.errors import DataError, DataWarning
from chainrule.data import levels, read_data, read_digit
from chainrule.data.images import FORMATS, PIXELS
from chainrule.data.levels import flat
from chainrule.data.libtiff import libtiff_quiet
from chainrule.data.pixels import common_form, read_images

DRAWN = np.full((40, 40), 255, np.uint8)
DRAWN[8:32, 18:23] = 0


def encoded(kind: str, mode: str = "L", **options: Any) -> bytes:
    file = io.BytesIO()
    Image.fromarray(DRAWN).convert(mode).save(file, kind, **options)
    return file.getvalue()


@pytest.mark.parametrize("kind", FORMATS)
def test_a_picture_short_of_its_last_twentieth(kind: str, tmp_path: Path) -> None:
    good, path = encoded(kind, "RGB" if kind == "WEBP" else "L"), tmp_path / "digit.png"
    path.write_bytes(good)
    assert read_digit(path).shape == (1, 28, 28)
    for short in (good[: len(good) * 19 // 20], good[:-12] if kind == "PNG" else good[: len(good) // 2]):
        path.write_bytes(short)
        with pytest.raises(DataError, match=r"digit\.png: (cannot be read as an image|is a picture)"):
            read_digit(path)
    assert not ImageFile.LOAD_TRUNCATED_IMAGES


def test_a_png_without_its_end_or_with_another_byte_is_refused(tmp_path: Path) -> None:
    good, path = encoded("PNG"), tmp_path / "digit.png"
    path.write_bytes(good[:-12])
    with pytest.raises(DataError, match=r"truncated: the PNG ends too early, without its last chunk \(IEND\)$"):
        read_digit(path)
    at = good.index(b"IDAT") + 10
    path.write_bytes(good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :])
    with pytest.raises(DataError, match=r"damaged: the checksum of the PNG's chunk 'IDAT' is wrong$"):
        read_digit(path)
    path.write_bytes(good + b"more")  # which a phone may append
    assert read_digit(path).any()


def test_a_folder_with_a_picture_cut_short(tmp_path: Path) -> None:
    for name, turned in (("a", DRAWN), ("b", DRAWN.T)):
        (tmp_path / name).mkdir()
        for k in range(3):
            Image.fromarray(np.roll(turned, k)).save(tmp_path / name / f"{k}.png")
    cut = tmp_path / "a" / "0.png"
    cut.write_bytes(cut.read_bytes()[:-12])
    with pytest.raises(DataError, match=r"a/0\.png: cannot be read as an image: truncated"):
        read_data(tmp_path, "all")
    os.mkfifo(tmp_path / "b" / "pipe.png")
    with pytest.warns(DataWarning, match=r"2 of 7 files are left out, .*: a/0\.png, b/pipe\.png$"):
        assert len(read_data(tmp_path, "all", skip_bad=True)) == 5


def others() -> dict[str, bytes]:
    """A picture in each format that Pillow opens, and we do not; of those that it cannot write, how one begins."""
    Image.init()
    found = {"WMF": b"\xd7\xcd\xc6\x9a\0\0", "BUFR": b"BUFR", "GRIB": b"GRIB\0\0\0\1", "HDF5": b"\x89HDF\r\n\x1a\n"}
    for kind in {*Image.OPEN} & {*Image.SAVE} - {*FORMATS, "MPO", "DIB", *found}:
        for mode in ("L", "RGB", "1", "P"):
            with suppress(Exception):
                found[kind] = encoded(kind, mode)
    return found


@pytest.mark.parametrize(("kind", "data"), sorted(others().items()), ids=sorted(others()))
def test_no_other_kind_is_opened(kind: str, data: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By no name, and no program is started."""
    monkeypatch.setattr(subprocess, "Popen", None)
    monkeypatch.setattr(EpsImagePlugin, "Ghostscript", None)
    (tmp_path / "digit.png").write_bytes(data)
    with pytest.raises(DataError, match=r"digit\.png: (is |cannot be read as an image: of no known kind)"):
        read_digit(tmp_path / "digit.png")


def png_of(width: int, height: int) -> bytes:
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    end = b"IEND"
    chunks = (len(each[4:]).to_bytes(4) + each + zlib.crc32(each).to_bytes(4) for each in (header, b"IDAT", end))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


@pytest.mark.parametrize(("width", "height"), [(PIXELS + 1, 1), (8193, 8192), (2**31 - 1, 2**31 - 1)])
def test_too_many_pixels_whatever_pillow_allows(width: int, height: int, tmp_path: Path, monkeypatch: Any) -> None:
    path = tmp_path / "large.png"
    path.write_bytes(png_of(width, height))
    for limit in (Image.MAX_IMAGE_PIXELS, None):
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
        with pytest.raises(DataError, match=r"large\.png: too many pixels: "):
            common_form([path], None, None)


def test_what_libtiff_says_of_a_damaged_file_is_not_seen(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path, good = tmp_path / "a.tif", encoded("TIFF", compression="tiff_lzw")
    path.write_bytes(good.replace(good[8:40], bytes(32)))
    with pytest.raises(DataError, match="cannot be read as an image"):
        read_digit(path)
    assert capfd.readouterr() == ("", "")


def test_errors_are_printed_again_after_two_tiffs_are_read_at_once(capfd: pytest.CaptureFixture[str]) -> None:
    tiff, png = io.BytesIO(encoded("TIFF")), io.BytesIO(encoded("PNG"))
    first, second = libtiff_quiet(tiff), libtiff_quiet(io.BytesIO(encoded("TIFF")))
    first.__enter__()
    second.__enter__()
    os.write(2, b"lost")
    first.__exit__(None, None, None)  # each thread is done when it is
    os.write(2, b"lost")
    second.__exit__(None, None, None)
    with libtiff_quiet(png):
        os.write(2, b"seen")
    assert capfd.readouterr().err == "seen"
    assert tiff.tell() == png.tell() == 0


@pytest.mark.parametrize("mode", ["I;16", "F", "RGBA", "LA", "P"])
def test_strips_give_what_the_whole_image_gives(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    grey = rng.integers(0, 200, (30, 20)).astype(np.uint8)
    image = Image.fromarray(grey.astype(np.uint16) * 20 if mode == "I;16" else grey)
    if mode in ("RGBA", "LA"):
        image = image.convert(mode)
        image.putalpha(Image.fromarray(rng.integers(0, 256, (30, 20)).astype(np.uint8)))
    elif mode != "I;16":
        image = image.convert(mode)
    if mode == "P":
        image.info["transparency"] = 7
    whole = np.asarray(flat(image, "L"))
    monkeypatch.setattr(levels, "STRIP", 70)
    assert np.array_equal(np.asarray(flat(image, "L")), whole)


def test_a_quantile_by_counts() -> None:
    for numbers in ([3], [0, 1], [5] * 9 + [200], [*range(101)], [7, 7, 9, 30]):
        counts = np.bincount(numbers, minlength=256)
        for q in (0, 0.5, 0.99, 1):
            assert levels.quantile(counts, q) == pytest.approx(np.quantile(numbers, q))


def test_white_on_nothing_is_drawn_dark(tmp_path: Path) -> None:
    """All that is drawn is white, and would not be seen on white paper."""
    image = Image.new("RGBA", (30, 30), (255, 255, 255, 0))
    image.paste((255, 255, 255, 255), (10, 5, 14, 25))
    image.save(tmp_path / "a.png")
    x = read_images([tmp_path / "a.png"], common_form([tmp_path / "a.png"], 1, None), resize=False)
    assert x[0, 0, 15, 12] == 0
    assert x[0, 0, 0, 0] == 255
