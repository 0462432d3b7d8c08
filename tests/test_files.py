"""Files: the cache folder, reading whole, what may be written to, and writing whole or not at all."""

import os
from pathlib import Path
from typing import IO

import platformdirs
import pytest

from chainrule.base.errors import ChainruleError, DataError, UsageError
from chainrule.base.files import cache_folder, check_writable, read_bytes, write_atomically, write_bytes
from messages import exactly


def test_the_environment_variable_chooses_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAINRULE_CACHE_DIR", str(tmp_path / "mine"))
    assert cache_folder() == tmp_path / "mine"


@pytest.mark.parametrize("value", [None, ""])
def test_without_it_the_folder_is_the_users(value: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    if value is None:
        monkeypatch.delenv("CHAINRULE_CACHE_DIR", raising=False)
    else:
        monkeypatch.setenv("CHAINRULE_CACHE_DIR", value)
    assert cache_folder() == Path(platformdirs.user_cache_dir("chainrule", appauthor=False))


def test_reads_the_bytes(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"\0\r\n")
    assert read_bytes(tmp_path / "file") == b"\0\r\n"


def test_a_missing_file_and_a_folder_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nothing: no such file$"):
        read_bytes(tmp_path / "nothing")
    with pytest.raises(DataError, match=r": is a folder; expected a file$"):
        read_bytes(tmp_path)


def test_a_path_that_no_file_can_have() -> None:
    with pytest.raises(DataError, match="cannot be read: embedded null"):
        read_bytes("a\0b")


def test_what_may_be_written_to(tmp_path: Path) -> None:
    assert check_writable(str(tmp_path / "file")) == tmp_path / "file"
    assert check_writable(tmp_path / "plot.PNG", kinds=(".png", ".svg")) == tmp_path / "plot.PNG"
    assert check_writable(tmp_path / "a", source=tmp_path / "b") == tmp_path / "a"
    assert list(tmp_path.iterdir()) == []


def test_what_may_not_be_written_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("folder.png").mkdir()
    for path, message in (
        ("plot.gif", "plot.gif: is of the kind '.gif'; expected .png, .svg"),
        ("plot", "plot: is of the kind ''; expected .png, .svg"),
        ("none/plot.png", "none/plot.png: there is no folder none; expected one that exists"),
        ("folder.png", "folder.png: is a folder; expected the name of a file"),
        ("./same.png", "same.png: is the file that is read; expected another one to write"),
    ):
        with pytest.raises(UsageError, match=exactly(message)):
            check_writable(path, kinds=(".png", ".svg"), source="same.png")


def test_what_turns_out_not_to_be_writable(tmp_path: Path) -> None:
    name = "a" * 300
    with pytest.raises(ChainruleError, match=f"{name}: cannot be written: File name too long"):
        write_bytes(tmp_path / name, b"")
    with pytest.raises(UsageError, match="is a folder"):
        write_bytes(tmp_path, b"")
    write_bytes(tmp_path / "file", b"new")
    assert (tmp_path / "file").read_bytes() == b"new"


def test_writing_replaces_the_file_and_leaves_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "new" / "file.bin"
    write_atomically(path, lambda file: file.write(b"old"))
    write_atomically(path, lambda file: file.write(b"new"))
    assert path.read_bytes() == b"new"
    assert list(path.parent.iterdir()) == [path]


def test_a_failure_keeps_the_old_file_and_leaves_nothing_else(tmp_path: Path) -> None:
    def fail(file: IO[bytes]) -> None:
        file.write(b"half")
        raise OSError("disk full")

    path = tmp_path / "file.bin"
    path.write_bytes(b"old")
    with pytest.raises(OSError, match="disk full"):
        write_atomically(path, fail)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_bytes_are_on_the_disk_before_the_name_is_theirs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    fsync, replace = os.fsync, os.replace
    monkeypatch.setattr("os.fsync", lambda file: (done.append(f"{os.fstat(file).st_size} bytes"), fsync(file)))
    monkeypatch.setattr("os.replace", lambda part, path: (done.append("name"), replace(part, path)))
    write_atomically(tmp_path / "file", lambda file: file.write(b"new"))
    assert done == ["3 bytes", "name"]
