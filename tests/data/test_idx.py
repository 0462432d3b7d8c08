import gzip
import struct
from pathlib import Path

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule.base.errors import DataError, UsageError
from chainrule.data import parse_idx, read_idx, write_idx

SMALL = bytes([0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6])
"""[[1 2 3] [4 5 6]], uint8"""

arrays = st.sampled_from(["u1", "i1", "<i2", ">i2", "<i4", ">i4", "<f4", ">f4", "<f8", ">f8"]).flatmap(
    lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=4))
)


@settings(deadline=None)
@given(array=arrays, compressed=st.booleans())
def test_what_was_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, array: np.ndarray, compressed: bool
) -> None:
    path = tmp_path_factory.getbasetemp() / ("array.gz" if compressed else "array")
    write_idx(path, array)
    read = read_idx(path)
    assert read.dtype == array.dtype.newbyteorder("=")
    assert read.dtype.isnative
    np.testing.assert_array_equal(read, array)


def test_the_bytes_are_those_of_the_format(tmp_path: Path) -> None:
    array = np.arange(1, 7, dtype=np.uint8).reshape(2, 3)
    write_idx(tmp_path / "raw", array.copy(order="F"))
    write_idx(tmp_path / "packed.gz", array)
    assert (tmp_path / "raw").read_bytes() == SMALL
    assert gzip.decompress((tmp_path / "packed.gz").read_bytes()) == SMALL


def test_the_content_decides_not_the_name(tmp_path: Path) -> None:
    (tmp_path / "raw.gz").write_bytes(SMALL)
    (tmp_path / "packed").write_bytes(gzip.compress(SMALL))
    assert read_idx(tmp_path / "raw.gz").tolist() == [[1, 2, 3], [4, 5, 6]]
    assert read_idx(tmp_path / "packed").tolist() == [[1, 2, 3], [4, 5, 6]]


@pytest.mark.parametrize("length", range(len(SMALL)))
def test_truncated_at_every_byte(length: int) -> None:
    with pytest.raises(DataError, match=r"^file: truncated: \d+ bytes"):
        parse_idx(SMALL[:length], "file")


def test_gzip_truncated_at_every_byte(tmp_path: Path) -> None:
    packed = gzip.compress(SMALL)
    for length in range(len(packed)):
        (tmp_path / "file").write_bytes(packed[:length])
        with pytest.raises(DataError):
            read_idx(tmp_path / "file")


@settings(deadline=None)
@given(position=st.integers(0, len(gzip.compress(SMALL)) - 1), byte=st.integers(0, 255))
def test_corrupt_gzip_is_an_error_or_the_right_data(
    tmp_path_factory: pytest.TempPathFactory, position: int, byte: int
) -> None:
    packed = bytearray(gzip.compress(SMALL, mtime=0))
    packed[position] = byte
    path = tmp_path_factory.getbasetemp() / "corrupt.gz"
    path.write_bytes(packed)
    try:
        array = read_idx(path)
    except DataError as error:
        message = str(error)
    else:
        message = ""
        assert array.tolist() == [[1, 2, 3], [4, 5, 6]]
    assert "\n" not in message


@settings(deadline=None)
@given(st.binary(max_size=40) | st.binary(max_size=40).map(lambda tail: b"\0\0" + tail))
def test_any_bytes_are_an_array_or_one_line(data: bytes) -> None:
    message = "file: an array"
    try:
        parse_idx(data, "file")
    except DataError as error:
        message = str(error)
    assert message.startswith("file: ")
    assert "\n" not in message


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "truncated: 0 bytes; expected an IDX header of 8 or more"),
        (SMALL + b"\0", "too long: 7 bytes follow the header; expected 6"),
        (SMALL[:-1], "truncated: 5 bytes follow the header; expected 6"),
        (SMALL[:8], "truncated: 8 bytes; expected a header of 12"),
        (
            b"\x89PNG",
            "not an IDX file: it begins with 89 50 4e 47; "
            "expected 00 00, a type (08 09 0b 0c 0d 0e) and the number of axes",
        ),
        (bytes([0, 0, 10, 1, 0, 0, 0, 0]), "not an IDX file: it begins with 00 00 0a 01; expected "),
        (bytes([0, 0, 8, 0]), "not an IDX file: it begins with 00 00 08 00; expected "),
        (bytes([0, 0, 8, 65]) + bytes(4 * 65), "not an IDX file: it begins with 00 00 08 41; expected "),
        (struct.pack(">BBBB4I", 0, 0, 8, 4, 0, *[2**32 - 1] * 3), "the shape is (0, "),
    ],
)
def test_what_is_wrong_is_said(data: bytes, message: str) -> None:
    with pytest.raises(DataError) as caught:
        parse_idx(data, "file")
    assert str(caught.value).startswith(f"file: {message}")


def test_gzip_errors_are_said(tmp_path: Path) -> None:
    path = tmp_path / "file.gz"
    path.write_bytes(gzip.compress(SMALL)[:-3])
    with pytest.raises(DataError, match="truncated: the gzip data ends too early"):
        read_idx(path)
    path.write_bytes(gzip.compress(SMALL) + b"more")
    with pytest.raises(DataError, match="corrupt gzip data: "):
        read_idx(path)


@pytest.mark.parametrize("array", [np.zeros(2, np.int64), np.zeros(2, bool), np.zeros((), np.uint8)])
def test_what_idx_cannot_hold(array: np.ndarray, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=f"IDX cannot hold {array.dtype} of shape"):
        write_idx(tmp_path / "file", array)
    assert not (tmp_path / "file").exists()


def test_what_is_masked_is_not_written(tmp_path: Path) -> None:
    pixels = np.arange(4, dtype=np.uint8)
    with pytest.raises(DataError, match="the array has masked values; expected none missing"):
        write_idx(tmp_path / "file", np.ma.masked_equal(pixels, 2))
    assert not (tmp_path / "file").exists()
    write_idx(tmp_path / "file", np.ma.MaskedArray(pixels))
    np.testing.assert_array_equal(read_idx(tmp_path / "file"), pixels)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"there is no folder .*nowhere; expected one that exists"):
        write_idx(tmp_path / "nowhere" / "file", np.zeros(2, np.uint8))
