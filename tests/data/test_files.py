from pathlib import Path

import pytest

from chainrule.base.errors import DataError
from chainrule.base.reading import read_bytes


def test_reads_the_bytes(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"\0\r\n")
    assert read_bytes(tmp_path / "file") == b"\0\r\n"


def test_a_missing_file_and_a_folder_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nothing: no such file$"):
        read_bytes(tmp_path / "nothing")
    with pytest.raises(DataError, match=r": is a folder, expected a file$"):
        read_bytes(tmp_path)


def test_a_path_that_no_file_can_have() -> None:
    with pytest.raises(DataError, match="cannot be read: embedded null"):
        read_bytes("a\0b")
