"""Files: the cache folder, reading whole, and what may be written to."""

import tempfile
from pathlib import Path

import platformdirs
import pytest

from chainrule.base.errors import DataError, UsageError
from chainrule.base.files import cache_folder, check_writable, read_bytes
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


@pytest.mark.parametrize("found", ["~/.cache/chainrule", None])  # by an older and a newer platformdirs
def test_a_user_without_a_home_has_one_among_the_temporary_files(found, monkeypatch: pytest.MonkeyPatch) -> None:
    def folder(*_: object, **__: object) -> str:
        if found is None:
            raise RuntimeError("could not determine the home directory")
        return found

    monkeypatch.delenv("CHAINRULE_CACHE_DIR", raising=False)
    monkeypatch.setattr("platformdirs.user_cache_dir", folder)
    monkeypatch.setattr("os.getuid", lambda: 7, raising=False)
    assert cache_folder() == Path(tempfile.gettempdir(), "chainrule-7")


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
