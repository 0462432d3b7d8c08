import re
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chainrule import Adam, Linear, Network, Training, evaluate, fit
from chainrule.base.errors import DataError, DataWarning, UsageError
from chainrule.data import Dataset, array_files, npy, read_data, split
from chainrule.data.array_files import read_arrays

X, T = np.arange(60.0).reshape(30, 2), np.arange(30) % 3


def saved(folder: Path, compressed: bool = False, **arrays: Any) -> Path:
    path = folder / "data.npz"
    (np.savez_compressed if compressed else np.savez)(path, **arrays)
    return path


@pytest.fixture
def little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever can be mapped takes more of the memory than it should."""
    monkeypatch.setattr(npy, "SHARE", 0)


def is_mapped(x: np.ndarray) -> bool:
    """Whether the numbers lie in a file."""
    base: Any = x
    while isinstance(base, np.ndarray) and not isinstance(base, np.memmap):
        base = base.base
    return isinstance(base, np.memmap)


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize(
    "names",
    [
        ("x_train", "t_train", "x_test", "t_test"),
        ("X_train", "y_train", "X_test", "y_test"),
        ("train_images", "train_labels", "test_images", "test_labels"),
        ("train_x", "train_y", "valid_x", "valid_y"),
        ("images", "targets", "images_val", "targets_val"),
    ],
)
def test_both_parts_by_every_usual_name(names: tuple[str, ...], compressed: bool, tmp_path: Path) -> None:
    arrays = dict(zip(names, (X, T, X[:3] + 1, T[:3]), strict=True))
    path = saved(tmp_path, compressed, **arrays, other=np.zeros(2))
    train, test = read_arrays(path), read_arrays(path, "test")
    assert np.array_equal(train.x, X)
    assert np.array_equal(train.t, T)
    assert np.array_equal(test.x, X[:3] + 1)
    assert np.array_equal(test.t, T[:3])
    assert not is_mapped(train.x)
    with pytest.raises(UsageError, match="has a training and a test part; expected one of them, not 'all'"):
        read_arrays(path, "all")


@pytest.mark.parametrize(("x_name", "t_name"), [("x", "t"), ("X", "y"), ("images", "labels"), ("data", "target")])
def test_one_piece_by_every_usual_name(x_name: str, t_name: str, tmp_path: Path) -> None:
    path = saved(tmp_path, **{x_name: X, t_name: T})
    train, test = read_arrays(path), read_arrays(path, "test")
    assert (len(train), len(test)) == (25, 5)
    assert sorted([*train.x[:, 0], *test.x[:, 0]]) == X[:, 0].tolist()
    assert np.array_equal(read_arrays(path, "all").x, X)


def test_a_folder_of_arrays(tmp_path: Path) -> None:
    np.save(tmp_path / "x_train.npy", np.asfortranarray(X))
    np.save(tmp_path / "t_train.npy", T)
    np.save(tmp_path / "x_test.npy", X[:2].astype(">f4"))
    np.save(tmp_path / "t_test.npy", T[:2])
    train, test = read_arrays(tmp_path), read_arrays(tmp_path, "test")
    assert np.array_equal(train.x, X)
    assert np.array_equal(test.x, X[:2])


@pytest.mark.parametrize("dtype", ["?", "u1", ">i2", "f2", "f4", "f8"])
@pytest.mark.parametrize("columns", [False, True])
@pytest.mark.usefixtures("little_memory")
def test_what_is_mapped_is_what_was_saved(dtype: str, columns: bool, tmp_path: Path) -> None:
    x = np.random.default_rng(0).integers(0, 2, (7, 5, 4)).astype(dtype)
    path = saved(tmp_path, pad=np.zeros(3, np.uint8), x=np.asfortranarray(x) if columns else x, t=np.zeros(7))
    data = read_arrays(path, "all")
    assert is_mapped(data.x)
    assert data.x.dtype == np.dtype(dtype)
    assert np.array_equal(data.x[:, 0], x)


def test_a_long_header(tmp_path: Path) -> None:
    with (tmp_path / "x.npy").open("wb") as file:
        np.lib.format.write_array(file, X, version=(2, 0))
    np.save(tmp_path / "t.npy", T)
    assert np.array_equal(read_arrays(tmp_path, "all").x, X)
    with zipfile.ZipFile(tmp_path / "data.npz", "w") as file:
        file.write(tmp_path / "x.npy", "x.npy")
        file.write(tmp_path / "t.npy", "t.npy")
    data = read_arrays(tmp_path / "data.npz", "all")
    assert np.array_equal(data.x, X)


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((6, 8, 9), (6, 1, 8, 9)),
        ((6, 8, 9, 3), (6, 3, 8, 9)),
        ((6, 8, 9, 1), (6, 1, 8, 9)),
        ((6, 3, 8, 9), (6, 3, 8, 9)),
        ((6, 3, 8, 3), (6, 3, 8, 3)),
        ((6, 16, 4, 4), (6, 4, 16, 4)),
        ((6, 5, 7, 6), (6, 5, 7, 6)),
    ],
)
def test_where_the_channels_are(shape: tuple[int, ...], expected: tuple[int, ...], tmp_path: Path) -> None:
    images = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    data = read_arrays(saved(tmp_path, x=images, t=np.arange(6.0)), "all")
    assert data.x.shape == expected
    assert data.x.flags.c_contiguous
    if len(shape) == 4 and expected != shape:
        assert np.array_equal(data.x[:, 0], images[..., 0])


@pytest.mark.usefixtures("little_memory")
def test_large_images_are_not_copied_to_move_their_channels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = saved(tmp_path, x=np.zeros((6, 8, 9, 3), np.uint8), t=np.arange(6.0))
    monkeypatch.setattr(array_files, "LARGE", 1)
    assert is_mapped(read_arrays(path, "all").x)


def test_labels_of_other_kinds(tmp_path: Path) -> None:
    text = np.array(["b", "a", "b"])
    data = read_arrays(saved(tmp_path, x=X[:3], y=text), "all")
    assert (data.t.tolist(), data.classes) == ([1, 0, 1], ("a", "b"))
    path = saved(tmp_path, x=X[:3], y=np.array([[2], [1], [2]], np.uint8))
    assert read_arrays(path, "all").t.tolist() == [1, 0, 1]
    assert read_arrays(path, "all", regression=True).t.tolist() == [2.0, 1.0, 2.0]
    assert read_arrays(path, "all", classes=("0", "1", "2")).t.tolist() == [2, 1, 2]
    path = saved(tmp_path, x=X[:3], y=[1.0, 2.0, 1.0])
    assert read_arrays(path, "all").t.dtype == np.float64
    assert read_arrays(path, "all", regression=False).t.tolist() == [0, 1, 0]


def test_the_parts_have_the_same_classes(tmp_path: Path) -> None:
    path = saved(tmp_path, x_train=X, t_train=T + 1, x_test=X[:1], t_test=[3])
    assert read_arrays(path).classes == ("1", "2", "3")
    assert read_arrays(path, "test").t.tolist() == [2]


def refuses(path: Path, message: str) -> "pytest.RaisesExc[DataError]":
    return pytest.raises(DataError, match=f"^{re.escape(str(path))}: {message}")


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    path = saved(tmp_path, x_train=X, b=X)
    expected = "expected x and t, or x_train, t_train, x_test and t_test$"
    with refuses(path, f"holds b, x_train; {expected}"):
        read_arrays(path)
    with refuses(tmp_path / "nothing.npz", "no such file$"):
        read_arrays(tmp_path / "nothing.npz")
    with refuses(tmp_path, f"holds nothing; {expected}"):
        read_arrays(tmp_path)
    with refuses(path := saved(tmp_path, x=X[:2], t=T[:2]), "2 samples are too few to hold some out"):
        read_arrays(path, "test")


def test_what_does_not_fit_is_said(tmp_path: Path) -> None:
    with refuses(path := saved(tmp_path, x=X, t=T[:3]), "30 inputs but 3 true values; expected as many$"):
        read_arrays(path)
    with refuses(path := saved(tmp_path, x=[["a"]], t=[1]), "x holds <U1; expected numbers$"):
        read_arrays(path)
    with refuses(path := saved(tmp_path, x=X, t=T.astype(str)), "t: holds text; expected numbers$"):
        read_arrays(path, regression=True)


@pytest.mark.parametrize("compressed", [False, True])
def test_python_objects_are_refused(compressed: bool, tmp_path: Path) -> None:
    path = saved(tmp_path, compressed, x=np.array([{}, []], object), t=[1, 2])
    with refuses(path, r"x\.npy: cannot be read as an array: "):
        read_arrays(path)


@pytest.mark.parametrize("compressed", [False, True])
def test_a_damaged_file_is_data_or_one_line(compressed: bool, tmp_path: Path) -> None:
    path = saved(tmp_path, compressed, x=X, t=T)
    good, rng = path.read_bytes(), np.random.default_rng(0)
    damaged = [good[:length] for length in rng.integers(0, len(good), 100)]
    damaged += [good[:at] + bytes([byte]) + good[at + 1 :] for at, byte in enumerate(rng.bytes(len(good)))][::3]
    for data in damaged:
        path.write_bytes(data)
        message = f"{path}: arrays"
        try:
            assert read_arrays(path, "all").t.shape == (30,)
        except DataError as error:
            message = str(error)
        assert message.startswith(f"{path}: ")
        assert "\n" not in message


def test_a_damaged_npy_file(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", X)
    np.save(tmp_path / "t.npy", T)
    path = tmp_path / "x.npy"
    good = path.read_bytes()
    for content in (b"", b"\x93NUMPY", good[:-1], b"no array"):
        path.write_bytes(content)
        with refuses(path, "cannot be read as an array: "):
            read_arrays(tmp_path)


@pytest.mark.usefixtures("little_memory")
def test_training_on_a_mapped_array_never_holds_it_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From reading to evaluating, with a test part held out, 64 MiB of inputs take less than 16 MiB at any time."""
    monkeypatch.setattr(split, "LARGE", 1 << 20)
    features = 4096
    x = np.lib.format.open_memmap(tmp_path / "x.npy", "w+", np.float32, (4096, features))
    x[:, 0] = np.arange(4096) % 2
    x.flush()
    np.save(tmp_path / "t.npy", np.arange(4096) % 2)
    network, training = Network([Linear(2)], features), Training(Adam(1e-2), epochs=1, batch_size=64)
    warm_up = Dataset(np.zeros((64, features), np.float32), np.zeros(64, np.int64))
    fit(Network([Linear(2)], features), warm_up, training, threads=2)  # kernels are compiled
    evaluate(Network([Linear(2)], features), warm_up, threads=2)
    tracemalloc.start()
    try:
        train, test = read_arrays(tmp_path), read_arrays(tmp_path, "test")
        fit(network, train, training, threads=2)  # each thread has buffers of its own
        accuracy = evaluate(network, test, threads=2).accuracy
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert train.x.nbytes + test.x.nbytes == 64 << 20
    assert accuracy == 1
    assert peak < 16 << 20  # of which 10 may be the block that buffers of the engine are cut from


def test_arrays_with_a_file_each_as_kmnist_has_them(tmp_path: Path) -> None:
    images = np.random.default_rng(0).integers(0, 256, (30, 4, 4), np.uint8)
    for part, n in (("train", 30), ("test", 6)):
        np.savez_compressed(tmp_path / f"kmnist-{part}-imgs.npz", images[:n])
        np.savez_compressed(tmp_path / f"kmnist-{part}-labels.npz", T[:n])
    train, test = read_data(tmp_path), read_data(tmp_path, "test")
    assert np.array_equal(train.x[:, 0], images)
    assert np.array_equal(train.t, T)
    assert len(test) == 6
    one = tmp_path / "kmnist-train-imgs.npz"
    with refuses(one, "holds arr_0; expected .*; of files with one array each, give the folder$"):
        read_data(one)


def test_medmnist(tmp_path: Path) -> None:
    images = np.random.default_rng(0).integers(0, 256, (30, 8, 8, 3), np.uint8)
    arrays = {f"{part}_{kind}": value for part in ("train", "val", "test") for kind, value in
              (("images", images), ("labels", T[:, np.newaxis].astype(np.uint8)))}  # fmt: skip
    data = read_arrays(saved(tmp_path, compressed=True, **arrays), "test")
    assert (data.x.shape, data.t.tolist()) == ((30, 3, 8, 8), T.tolist())


def test_several_labels_a_sample_are_kept_and_said(tmp_path: Path) -> None:
    t = np.random.default_rng(0).integers(0, 2, (30, 4))
    for dtype in (np.uint8, np.float32):
        with pytest.warns(DataWarning, match=r"data\.npz: t: 4 numbers of 0 and 1 a sample are kept as such values"):
            data = read_arrays(saved(tmp_path, x=X, t=t.astype(dtype)), "all")
        assert (data.t.tolist(), data.t.dtype, data.classes) == (t.tolist(), np.float64, None)


def test_what_a_mac_adds_to_an_archive_is_no_array(tmp_path: Path) -> None:
    path = saved(tmp_path, x=X, t=T)
    with zipfile.ZipFile(path, "a") as file:
        file.writestr("__MACOSX/._x.npy", b"junk")
    assert len(read_arrays(path, "all")) == 30


def test_class_labels_in_reals_are_classes_and_it_is_said(tmp_path: Path) -> None:
    path = saved(tmp_path, x=X, y=T.astype(np.float32))
    with pytest.warns(
        DataWarning, match=r"y, 3 different whole numbers, is taken as classes \(as values: --regression"
    ):
        data = read_arrays(path, "all")
    assert (data.t.dtype, data.t.tolist(), data.classes) == (np.int64, T.tolist(), None)
    assert read_arrays(path, "all", regression=True).t.dtype == np.float64
    assert read_arrays(path, "all", classes=("0", "1", "2")).t.dtype == np.int64


def test_prices_that_happen_to_be_whole_are_values(tmp_path: Path) -> None:
    for t in (np.arange(1.0, 301), np.arange(300.0) % 7 * 1e5, np.random.default_rng(0).integers(0, 9999, 300) * 1.0):
        assert read_arrays(saved(tmp_path, x=np.zeros((300, 2)), y=t), "all").t.dtype == np.float64


def test_counts_are_values_and_it_is_said(tmp_path: Path) -> None:
    t = np.random.default_rng(0).poisson(40, 500)
    with pytest.warns(DataWarning, match=r"is taken as values \(as classes: --classification"):
        assert read_arrays(saved(tmp_path, x=np.zeros((500, 2)), y=t), "all").t.dtype == np.float64
    assert read_arrays(saved(tmp_path, x=np.zeros((500, 2)), labels=t), "all").t.dtype == np.int64
    assert read_arrays(saved(tmp_path, x=np.zeros((500, 8, 8)), y=t), "all").t.dtype == np.int64
