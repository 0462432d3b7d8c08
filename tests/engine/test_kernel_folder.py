"""What lies in the cache of kernels is executed: only what we wrote, for this key, where no stranger can write."""

import hashlib
import logging
import os
import shutil
import stat
import warnings
from pathlib import Path

import pytest

from chainrule.base.files import cache_folder
from chainrule.engine.runtime import jit, kernel_cache, kernel_folder
from chainrule.engine.runtime.kernel_folder import read_ours

pytestmark = pytest.mark.skipif(not hasattr(os, "getuid"), reason="access rights of POSIX")


def seven_times(x):
    return 7 * x


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """A folder of kernels of this test's own, and none in memory."""
    monkeypatch.setenv("CHAINRULE_CACHE_DIR", str(tmp_path / "cache"))
    forget()
    yield tmp_path / "cache"
    forget()


def forget() -> None:
    """As in a new process."""
    for each in (kernel_folder.kernel_folder, kernel_folder.say_they_are_lost, kernel_cache.say_once):
        each.cache_clear()


def found() -> bool:
    """Whether the kernel, which is right in any case, was found in the cache by a process that begins now."""
    forget()
    seven_times.__qualname__ = "seven_times"
    run = jit.kernel(seven_times)
    assert run(6) == 42
    return sum(run.stats.cache_hits.values()) == 1


def the_file(cache: Path) -> Path:
    (file,) = cache.rglob("seven_times-*.nbc")
    return file


def put_link(file: Path) -> None:
    file.rename(file.with_suffix(".elsewhere"))
    file.symlink_to(file.with_suffix(".elsewhere"))


def put_pipe(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)


def put_open_file(file: Path) -> None:
    file.chmod(0o666)


def put_gigabytes(file: Path) -> None:
    os.truncate(file, 1 << 33)  # a hole


def put_other_key(file: Path) -> None:
    """A whole file, but another function's, version's or processor's."""
    rest = bytes(32) + file.read_bytes()[64:]
    file.write_bytes(hashlib.sha256(rest).digest() + rest)


@pytest.mark.parametrize("put", [put_link, put_pipe, put_open_file, put_gigabytes, put_other_key])
def test_what_is_not_ours_is_compiled_again_and_replaced(cache, put):
    assert not found()
    assert found()
    file = the_file(cache)
    put(file)
    assert not found()
    assert stat.S_ISREG(file.lstat().st_mode)
    assert not file.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    assert found()


def test_a_file_of_ours_that_stands_elsewhere_too_is_used(cache, tmp_path):
    found()
    os.link(the_file(cache), tmp_path / "same")
    assert found()


def test_a_strangers_file_is_not_read(tmp_path, monkeypatch):
    (tmp_path / "file").write_bytes(b"code")
    assert read_ours(tmp_path / "file") == b"code"
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 4321)
    if os.getuid() == 0:  # root's are trusted
        assert read_ours(tmp_path / "file") == b"code"
        os.chown(tmp_path / "file", 54321, 54321)
    with pytest.raises(OSError, match="belongs to another user"):
        read_ours(tmp_path / "file")


def test_a_folder_in_a_files_place_is_one_warning(cache):
    found()
    file = the_file(cache)
    file.unlink()
    file.mkdir()
    with pytest.warns(RuntimeWarning, match="Is a directory; kernels are compiled in memory, at every start") as said:
        assert not found()
    assert len(said) == 1


def write_protected(monkeypatch: pytest.MonkeyPatch) -> None:
    """All folders, from now on, as on a disk that is mounted to be read only; also for root."""

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(kernel_cache, "put_in_place", refuse)
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)


def test_kernels_that_can_only_be_read_are_used(cache, monkeypatch):
    found()
    write_protected(monkeypatch)
    for folder in (the_file(cache).parent, cache / "kernels", cache):
        folder.chmod(0o555)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert found()


def test_a_kernel_that_lacks_where_nothing_can_be_written_is_one_warning(cache, monkeypatch, caplog):
    found()
    the_file(cache).unlink()
    caplog.clear()
    write_protected(monkeypatch)
    with caplog.at_level(logging.WARNING), pytest.warns(RuntimeWarning, match="Permission denied; kernels") as said:
        assert not found()
    assert (len(said), caplog.messages) == (1, [])


@pytest.mark.parametrize("stranger", [0o777, 0o775])
def test_kernels_where_others_can_write_are_not_executed(cache, stranger):
    found()
    (cache / "kernels").chmod(stranger)
    with pytest.warns(RuntimeWarning, match="others can write to it; kernels are compiled in memory"):
        assert not found()


@pytest.mark.parametrize("umask", [0, 0o002, 0o077])
def test_any_umask_leaves_a_folder_that_only_we_write_to(cache, umask):
    before = os.umask(umask)
    try:
        assert not found()
        assert found()
    finally:
        os.umask(before)


@pytest.mark.parametrize("name", ["a\nb", "日本語", "-leading", " spaced ", "x" * 255, "file/inside", "x" * 300])
def test_odd_places(cache, name, monkeypatch, recwarn):
    cache.mkdir()
    (cache / "file").touch()
    monkeypatch.setenv("CHAINRULE_CACHE_DIR", str(cache / name))
    unusable = name in ("file/inside", "x" * 300)
    assert not found()
    assert sum("compiled in memory" in str(each.message) for each in recwarn) == unusable
    assert found() is not unusable


def test_a_folder_that_vanishes_is_made_again(cache):
    found()
    seven_times.__qualname__ = "seven_times"
    run = jit.kernel(seven_times)
    shutil.rmtree(cache)
    assert run(6) == 42
    assert found()


def test_sources_that_are_no_files_do_not_name_a_folder(cache, monkeypatch, tmp_path):
    monkeypatch.setattr(kernel_folder, "ENGINE", tmp_path / "archive.zip")
    kernel_folder.fingerprint.cache_clear()
    try:
        with pytest.warns(RuntimeWarning, match="the engine's sources are no files"):
            assert not found()
    finally:
        kernel_folder.fingerprint.cache_clear()


def test_a_user_without_a_home_has_a_folder_among_the_temporary_files(monkeypatch, tmp_path):
    import pwd

    def nobody(_: int) -> None:
        raise KeyError

    for name in ("HOME", "XDG_CACHE_HOME", "CHAINRULE_CACHE_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(pwd, "getpwuid", nobody)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert cache_folder() == tmp_path / f"chainrule-{os.getuid()}"
