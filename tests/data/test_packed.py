"""What is packed is unpacked no further than its header announces; checksums are checked."""

import gzip
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest

from chainrule.base.errors import DataError
from chainrule.data import mapped, npy, read_idx, write_idx
from chainrule.data.array_files import read_arrays
from chainrule.data.dataset import Dataset
from chainrule.data.npz import read_npz
from chainrule.data.packed import FREE, TIMES, check_growth
from chainrule.data.tables import parse_csv

X, T = np.arange(12.0).reshape(4, 3), np.array([0, 1, 0, 1])


def test_growth() -> None:
    check_growth(1, FREE, "it")
    check_growth(FREE, FREE * TIMES, "it")
    with pytest.raises(DataError, match=r"^it: 1,000,000 bytes that become 100,000,001 or more"):
        check_growth(10**6, 10**8 + 1, "it")


def test_an_idx_file_with_more_than_it_announces(tmp_path: Path) -> None:
    path = tmp_path / "x.gz"
    write_idx(path, np.arange(6, dtype=np.uint8))
    good = gzip.decompress(path.read_bytes())
    for more, problem in (
        (b"\0", "too long: 7 bytes"),
        (bytes(1 << 20), "too long: 7 bytes"),
        (None, "truncated: 5 bytes"),
    ):
        path.write_bytes(gzip.compress(good + more if more else good[:-1]))
        with pytest.raises(DataError, match=f"{problem} follow the header; expected 6$"):
            read_idx(path)
    path.write_bytes(gzip.compress(good)[:-8] + bytes(8))  # its checksum
    with pytest.raises(DataError, match=r"corrupt gzip data: CRC check failed"):
        read_idx(path)
    path.write_bytes(gzip.compress(good) + b"rubbish")
    with pytest.raises(DataError, match=r"corrupt gzip data: Not a gzipped file"):
        read_idx(path)


def test_a_table_that_grows_too_much() -> None:
    with pytest.raises(DataError, match=r"^it: [0-9,]+ bytes that become 3[0-9,]+ or more"):
        parse_csv(gzip.compress(b"1,2\n" * (1 << 24)), "it")
    assert len(parse_csv(gzip.compress(b"1,2\n" * 1000), "it")) == 1000


@pytest.mark.parametrize("share", [npy.SHARE, 0])
def test_every_bit_of_a_stored_member_counts(share: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also of one that is mapped."""
    monkeypatch.setattr(npy, "SHARE", share)
    path = tmp_path / "data.npz"
    np.savez(path, x=X, t=T)
    good = path.read_bytes()
    begins = good.index(X.tobytes())
    for at in range(begins, begins + X.nbytes):
        path.write_bytes(good[:at] + bytes([good[at] ^ 1 << at % 8]) + good[at + 1 :])
        with pytest.raises(DataError, match=r"data\.npz: x\.npy: cannot be read as an array: Bad CRC-32"):
            read_arrays(path, "all")


def stored(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.npy", content)
    return path


@pytest.mark.parametrize(("cut", "problem"), [(slice(-1), "truncated: 95"), (slice(None), "too long: 97")])
def test_a_member_that_is_a_byte_short_or_long(cut: slice, problem: str, tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", X)
    whole = (tmp_path / "x.npy").read_bytes()
    path = stored(tmp_path / "data.npz", x=whole[cut] if cut.stop else whole + b"\0", t=whole)
    with pytest.raises(DataError, match=rf"x\.npy: .*: {problem} bytes follow the header; expected 96$"):
        read_npz(path)["x"]()


def test_a_name_that_occurs_twice(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", X)
    with zipfile.ZipFile(tmp_path / "data.npz", "w") as archive:
        archive.write(tmp_path / "x.npy", "x.npy")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.write(tmp_path / "x.npy", "x.npy")
    with pytest.raises(DataError, match=r"data\.npz: holds 'x\.npy' 2 times; expected different names$"):
        read_npz(tmp_path / "data.npz")


def test_truth_values_and_text_that_are_none(tmp_path: Path) -> None:
    for array, byte, problem in ((np.array([True]), 2, "truth values"), (np.array(["a"]), 0xFF, "text has characters")):
        np.save(tmp_path / "x.npy", array)
        data = bytearray((tmp_path / "x.npy").read_bytes())
        data[-1] = byte
        (tmp_path / "x.npy").write_bytes(data)
        with pytest.raises(DataError, match=f"cannot be read as an array: its {problem}"):
            npy.read_npy(tmp_path / "x.npy")


@pytest.mark.parametrize("kind", ["npy", "npz"])
def test_a_file_that_shrinks_while_it_is_used(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was read stays as it was; what is mapped is refused, before anyone touches what is no longer there."""
    path = tmp_path / f"data.{kind}"
    (np.savez if kind == "npz" else np.save)(path, X)
    read = (lambda: read_npz(path)["arr_0"]()) if kind == "npz" else (lambda: npy.read_npy(path))
    copied = read()
    monkeypatch.setattr(npy, "SHARE", 0)
    data = Dataset(read(), T)
    assert np.array_equal(data.take(slice(2)).x, X[:2])
    os.truncate(path, 100)
    with pytest.raises(DataError, match=rf"data\.{kind}.*: has changed while it was used"):
        data.take(slice(2))
    assert np.array_equal(copied, X)
    del data
    mapped.check_mapped()  # nobody uses it any longer
