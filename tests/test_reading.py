"""Only files are opened: nothing that blocks, never ends, or is a folder."""

import errno
import io
import os
import socket
from pathlib import Path

import numpy as np
import pytest

from chainrule.base import memory, reading
from chainrule.base.errors import DataError, ModelError
from chainrule.base.files import read_bytes
from chainrule.base.reading import opened, size_of
from chainrule.data import read_csv, read_data, read_digit, read_idx
from chainrule.data.npy import read_npy
from chainrule.data.npz import read_npz
from chainrule.exchange.model_file import load
from chainrule.tasks.input_files import read_array


def asked(path: Path) -> np.ndarray:
    """As a model's input."""
    return read_array(path, "array")


READERS = [
    read_bytes,
    read_csv,
    read_data,
    read_digit,
    read_idx,
    read_npy,
    read_npz,
    lambda path: read_array(path, "array"),
]


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("name", ["data.csv", "data.npz", "data.npy", "data.png"])
def test_a_pipe_that_nobody_writes_is_refused_and_not_waited_for(read, name, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / name)
    with pytest.raises(DataError, match=r"data\.\w+: is a (pipe; expected a file|file of another kind)"):
        read(tmp_path / name)


def test_what_is_no_file_is_named(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "s"))
        with pytest.raises(DataError, match=r"s: is a socket; expected a file$"):
            opened(tmp_path / "s")
    with pytest.raises(DataError, match=r"^/dev/zero: is a device; expected a file$"):
        opened("/dev/zero")
    with pytest.raises(DataError, match=r": is a folder; expected a file$"):
        opened(tmp_path)
    with pytest.raises(DataError, match=r"nothing: no such file$"):
        opened(tmp_path / "nothing")
    with pytest.raises(DataError, match=r"cannot be read: embedded null"):
        opened("a\0b")


def piped(content: bytes) -> str:
    """A path of this process's own, at which so much is piped in."""
    end, begin = os.pipe()
    os.write(begin, content)
    os.close(begin)
    return f"/dev/fd/{end}"


def test_what_is_piped_in_is_read_up_to_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_csv(piped(b"a,b\n1,2\n3,4\n")).values.tolist() == [[1, 2], [3, 4]]
    monkeypatch.setattr(reading, "PIPED", 3)
    assert read_bytes(piped(b"123")) == b"123"
    with pytest.raises(DataError, match=r"more than 3 bytes are piped in; expected a file of so many$"):
        read_bytes(piped(b"1234"))
    with pytest.raises(ModelError, match="more than 3 bytes"):
        load(piped(b"1234"))


def test_a_disk_that_fails_while_it_is_read_is_an_error_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(reading, "opened", lambda *given: Broken())
    with pytest.raises(DataError, match=r"^data\.csv: cannot be read: Input/output error$"):
        read_bytes("data.csv")


def test_the_size_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"12345")
    with opened(tmp_path / "a") as file:
        assert size_of(file) == 5
        assert file.read() == b"12345"


def test_what_there_is_no_memory_for_is_refused_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "available", lambda: 1 << 20)
    for name in ("x.csv", "x.npy"):
        (tmp_path / name).touch()
        os.truncate(tmp_path / name, 1 << 25)
        header = b"a,b\n" if name == "x.csv" else npy_header("|V1", (1 << 25) - 128)
        with (tmp_path / name).open("r+b") as file:
            file.write(header)
    with pytest.raises(DataError, match=r"x\.csv: 33,554,432 bytes; expected no more than there is memory for"):
        read_csv(tmp_path / "x.csv")
    with pytest.raises(DataError, match=r"x\.npy: .*its numbers: 33,554,304 bytes; expected no more"):
        read_npy(tmp_path / "x.npy")


def npy_header(descr: str, count: int) -> bytes:
    text = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': ({count},), }}".ljust(117) + "\n"
    return b"\x93NUMPY\1\0" + len(text).to_bytes(2, "little") + text.encode()


def test_the_memory_that_there_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert memory.available() > 1 << 26
    (tmp_path / "info").write_text("MemTotal: 9 kB\nMemAvailable:   100000 kB\n")
    (tmp_path / "max").write_text("max\n")
    monkeypatch.setattr(memory, "MEMORY", tmp_path / "info")
    monkeypatch.setattr(memory, "GROUP_LIMIT", tmp_path / "max")
    assert memory.available() == 100000 << 10
    (tmp_path / "max").write_text("50000000\n")
    assert memory.available() == 50_000_000
    memory.check_room(50_000_000, "it")
    with pytest.raises(DataError, match=r"^it: 50,000,001 bytes; expected no more than .*: 50,000,000$"):
        memory.check_room(50_000_001, "it")
    monkeypatch.setattr(memory, "MEMORY", tmp_path / "nothing")
    monkeypatch.setattr(memory, "GROUP_LIMIT", tmp_path / "nothing")
    assert memory.available() >= 1 << 26  # all that the machine has


def test_a_predictors_array_is_read_by_the_same_door(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", x=np.arange(3.0))
    np.save(tmp_path / "x.npy", np.arange(3.0))
    assert read_array(tmp_path / "x.npz", "array").tolist() == [0, 1, 2]
    assert read_array(tmp_path / "x.npy", "array").tolist() == [0, 1, 2]
    np.savez(tmp_path / "x.npz", a=np.arange(3.0), b=1)
    with pytest.raises(DataError, match=r"x\.npz: holds a, b; expected one array, or one called x$"):
        read_array(tmp_path / "x.npz", "array")
