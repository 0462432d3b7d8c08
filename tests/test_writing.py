"""Files written whole or not at all: what faults, links, modes, long names, devices and other processes make of it."""

import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from torture.faults import ERRORS, STEPS, fault

from chainrule.base.errors import ChainruleError, UsageError, WriteError
from chainrule.base.locks import is_left, take
from chainrule.base.temporary import part_of, remove_left
from chainrule.base.writing import append, put_in_place, write_atomically, write_bytes
from messages import exactly

LEFT = f".{'0123456789abcdef' * 2}.part"  # how a temporary file's name ends


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_file_of_a_users_choice(tmp_path: Path) -> None:
    name = "a" * 300
    with pytest.raises(ChainruleError, match=f"{name}: cannot be written: File name too long"):
        write_bytes(tmp_path / name, b"")
    with pytest.raises(UsageError, match="is a folder"):
        write_bytes(tmp_path, b"")
    write_bytes(tmp_path / "file", b"new")
    assert contents(tmp_path) == {"file": b"new"}


def test_writing_replaces_the_file_and_leaves_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a" / "new" / "file.bin"
    write_atomically(path, b"old")
    write_atomically(path, b"new" * 10**6)
    assert contents(path.parent) == {"file.bin": b"new" * 10**6}


def test_the_older_one_is_kept(tmp_path: Path) -> None:
    path, previous = tmp_path / "file", tmp_path / "previous"
    for k in range(3):
        write_atomically(path, b"%d" % k, previous=previous)
        assert contents(tmp_path) == {"file": b"%d" % k, **({"previous": b"%d" % (k - 1)} if k else {})}


def test_the_older_one_is_kept_where_a_file_has_only_one_name(tmp_path: Path, monkeypatch) -> None:
    def refused(*_):
        raise PermissionError(1, "Operation not permitted")  # as on FAT

    monkeypatch.setattr("os.link", refused)
    test_the_older_one_is_kept(tmp_path)
    test_writing_replaces_the_file_and_leaves_nothing_else(tmp_path / "b")


@pytest.mark.parametrize("error", ERRORS, ids=os.strerror)
@pytest.mark.parametrize("step", STEPS)
def test_a_fault_keeps_both_files_and_leaves_nothing_else(tmp_path: Path, step: str, error: int) -> None:
    path, previous = tmp_path / "file", tmp_path / "previous"
    before = {"file": b"old", "previous": b"older"}
    for name, content in before.items():
        (tmp_path / name).write_bytes(content)
    for kept in (None, previous):
        with fault(step, error), pytest.raises(WriteError, match=exactly(
            f"{path}: cannot be written: {os.strerror(error)}"
        )):  # fmt: skip
            write_atomically(path, b"newest", previous=kept)
        assert contents(tmp_path) == before
    with fault(step, error), pytest.raises(WriteError):
        write_atomically(tmp_path / "another", b"newest")
    assert contents(tmp_path) == before
    write_atomically(path, b"newest", previous=previous)
    assert contents(tmp_path) == {"file": b"newest", "previous": b"old"}


@pytest.mark.parametrize("step", ["open", "write", "short write", "fsync"])
def test_a_fault_in_appending_takes_back_what_was_added(tmp_path: Path, step: str) -> None:
    path = tmp_path / "lines"
    path.write_bytes(b"1\n")
    for error in ERRORS:
        with fault(step, error), pytest.raises(WriteError, match=exactly(
            f"{path}: cannot be written: {os.strerror(error)}"
        )):  # fmt: skip
            append(path, b"2" * 100 + b"\n")
        assert path.read_bytes() == b"1\n"
    append(path, b"2\n")
    assert path.read_bytes() == b"1\n2\n"


def test_what_is_read_back_is_compared(tmp_path: Path, monkeypatch) -> None:
    write = os.write
    for damaged in (b"", b"goox", b"goodx"):  # a disk that says it took what it did not
        monkeypatch.setattr("os.write", lambda file, left, taken=damaged: (write(file, taken), len(left))[1])
        with pytest.raises(WriteError, match="cannot be written: what is read back is not what was written"):
            write_atomically(tmp_path / "file", b"good")
    assert contents(tmp_path) == {}


def test_file_and_folder_are_on_the_disk_in_the_right_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    fsync, replace = os.fsync, os.replace

    def noted(file: int) -> None:
        status = os.fstat(file)
        done.append("folder" if stat.S_ISDIR(status.st_mode) else f"{status.st_size} bytes")
        fsync(file)

    monkeypatch.setattr("os.fsync", noted)
    monkeypatch.setattr("os.replace", lambda part, path: (done.append("name"), replace(part, path)))
    write_atomically(tmp_path / "file", b"new")
    assert done == ["3 bytes", "name", "folder"]


def test_a_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    for target in ("there/file", "there/none yet"):
        link = tmp_path / "link"
        link.symlink_to(target)
        write_atomically(link, b"new")
        assert link.is_symlink()
        assert (tmp_path / target).read_bytes() == b"new"
        link.unlink()


def test_a_loop_of_links_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(WriteError, match=r"a: cannot be written: Too many levels of symbolic links"):
        write_atomically(tmp_path / "a", b"")


@pytest.mark.skipif(sys.platform == "win32", reason="it has no modes")
def test_a_new_file_has_the_usual_mode_and_an_old_one_keeps_its_own(tmp_path: Path) -> None:
    def mode() -> int:
        return stat.S_IMODE(path.stat().st_mode)

    path, before = tmp_path / "file", os.umask(0o027)
    try:
        write_atomically(path, b"a")
        assert mode() == 0o640
        for own in (0o600, 0o666, 0o755, 0o200):
            path.chmod(own)
            write_atomically(path, b"b")
            assert mode() == own
    finally:
        os.umask(before)


def test_a_name_may_be_as_long_as_names_can_be(tmp_path: Path) -> None:
    for name in ("a" * 255, "日" * 85, "é" * 127, os.fsdecode(b"\xff" * 255), "-", " ", "a\nb"):
        write_atomically(tmp_path / name, b"a")
        write_atomically(tmp_path / name, b"b")
        assert contents(tmp_path) == {name: b"b"}
        (tmp_path / name).unlink()


def test_what_a_dead_process_left_goes_and_what_a_living_one_writes_stays(tmp_path: Path) -> None:
    path, long = tmp_path / "file", tmp_path / ("日" * 85)
    stale = [tmp_path / f"file{LEFT}", tmp_path / f"{'日' * 72}{LEFT}"]
    others = [tmp_path / f"other{LEFT}", tmp_path / f"file{LEFT}.txt", tmp_path / "file.part", tmp_path / "a file"]
    for each in (*stale, *others):
        each.write_bytes(b"half")
    with part_of(path, b"slow", None) as living:
        write_atomically(path, b"new")
        write_atomically(long, b"new")
        assert not any(each.exists() for each in stale)
        assert all(each.exists() for each in others)
        assert living.read_bytes() == b"slow"
        remove_left(tmp_path)
        assert living.read_bytes() == b"slow"
        assert [each.exists() for each in others] == [False, True, True, True]
    assert not living.exists()


def test_where_there_are_no_locks_what_is_a_day_old_goes(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("chainrule.base.locks.take", lambda *_, **__: None)
    new, old = tmp_path / f"a{LEFT}", tmp_path / f"b{LEFT}"
    for each in (new, old):
        each.write_bytes(b"")
    os.utime(old, (0, 0))
    with is_left(str(new)) as is_new, is_left(str(old)) as is_old:
        assert (is_new, is_old) == (False, True)
    remove_left(tmp_path)
    assert list(tmp_path.iterdir()) == [new]


def test_what_is_made_while_others_look_for_what_is_left_is_not_taken_from_its_writer(tmp_path: Path, monkeypatch):
    """Its writer locks it between their look and the removal: he is told that he is too late, and makes another."""
    remove, writers = os.unlink, []

    def slowly(path: str) -> None:
        if not writers:
            descriptor = os.open(path, os.O_RDWR)
            writers.append(take(descriptor))
            os.close(descriptor)
        remove(path)

    (tmp_path / f"file{LEFT}").write_bytes(b"just made, and not locked yet")
    monkeypatch.setattr("chainrule.base.temporary.os.unlink", slowly)
    remove_left(tmp_path)
    assert writers == [False]
    assert not contents(tmp_path)


def test_threads_that_write_the_same_file(tmp_path: Path) -> None:
    path, failed = tmp_path / "file", []

    def writing(content: bytes) -> None:
        try:
            for _ in range(20):
                write_atomically(path, content)
                assert path.read_bytes()[1:] in (b"a" * 10**5, b"b" * 10**5)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=writing, args=(b"." + letter * 10**5,)) for letter in (b"a", b"b") * 2]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert not failed
    assert list(tmp_path.iterdir()) == [path]


WRITE = (
    "import sys; from chainrule.base.writing import write_bytes; print('first'); write_bytes(sys.argv[1], b'new\\n')"
)


@pytest.mark.skipif(not os.path.exists("/dev/stdout"), reason="there are no such devices")
@pytest.mark.skipif(sys.platform == "win32", reason="it has no modes, and few links")
def test_what_takes_a_place_has_its_mode_and_follows_no_link(tmp_path: Path) -> None:
    path, target = tmp_path / "file", tmp_path / "target"
    target.write_bytes(b"kept")
    path.symlink_to(target)
    before = os.umask(0)
    try:
        put_in_place(path, b"new", 0o644)
    finally:
        os.umask(before)
    assert not path.is_symlink()
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert contents(tmp_path) == {"file": b"new", "target": b"kept"}


def test_many_may_put_a_file_in_one_place(tmp_path: Path) -> None:
    path, failed = tmp_path / "file", []

    def put(content: bytes) -> None:
        try:
            for _ in range(50):
                put_in_place(path, content, 0o644)
        except OSError as error:
            failed.append(error)

    threads = [threading.Thread(target=put, args=(bytes([k]) * 1000,)) for k in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert contents(tmp_path)["file"] in [bytes([k]) * 1000 for k in range(8)]
    assert len(contents(tmp_path)) == 1


def test_a_stream_a_device_and_a_pipe_are_written_to_as_they_are(tmp_path: Path) -> None:
    line = [sys.executable, "-c", WRITE]
    assert subprocess.run([*line, "/dev/stdout"], stdout=subprocess.PIPE, check=True).stdout == b"first\nnew\n"
    with (tmp_path / "file").open("wb") as file:  # is not replaced, as the stream goes on in it
        subprocess.run([*line, "/dev/stdout"], stdout=file, check=True)
    assert contents(tmp_path) == {"file": b"first\nnew\n"}
    write_bytes(os.devnull, b"new")
    assert stat.S_ISCHR(os.stat(os.devnull).st_mode)
    os.mkfifo(tmp_path / "pipe")
    read = []
    reader = threading.Thread(target=lambda: read.append((tmp_path / "pipe").read_bytes()))
    reader.start()
    write_bytes(tmp_path / "pipe", b"new")
    reader.join()
    assert read == [b"new"]
    with pytest.raises(WriteError, match=exactly("/dev/full: cannot be written: No space left on device")):
        write_bytes("/dev/full", b"new")
