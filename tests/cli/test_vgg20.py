"""chainrule 20vgg against runs of the C++ program itself: every line, the losses as rounding lets them be compared."""

import hashlib
import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import chainrule as cr
from chainrule.base.errors import UsageError
from chainrule.network.engine import ENGINES
from chainrule.tasks.drand48 import Stream
from chainrule.tasks.vgg20 import layers, scaled, shuffled
from chainrule.tasks.vgg20_program import Program, Settings

TRACES = Path(__file__).parents[1] / "traces"
SHA256 = "e72ed2dea044bc381d43417bce74c426415c6938bd63a0811c03cb8f07b564bb"
WIDE = "dev", "dev_drop"
FEW_COMPARED = {"dev": [5e-6, 1e-3], "dev16": [5e-6, 1e-3]}
"""Relative bounds of the first losses in float32; without dropout rounding grows until they cannot be compared."""
ALL_COMPARED = 5e-6
EXACT = 1e-8


@cache
def coloured_digits(n: int = 1024, seed: int = 20) -> bytes:
    """MNIST's first training digits, coloured, shifted and noisy, as records of CIFAR-10."""
    digits, draw = cr.data.mnist("train").head(n), np.random.RandomState(seed)
    out = np.empty((n, 3073), np.uint8)
    for record, digit, t in zip(out, np.asarray(digits.x)[:, 0].astype(int), np.asarray(digits.t), strict=True):
        dy, dx = draw.randint(0, 5, 2)
        paper = draw.randint(0, 100, 3)
        ink = 140 + draw.randint(0, 60, 3) + np.array([5 * t, 45 - 5 * t, 9 * (t % 5)])
        noise = draw.randint(-12, 13, (3, 32, 32))
        p = np.zeros((32, 32), int)
        p[dy : dy + 28, dx : dx + 28] = digit
        image = paper[:, None, None] + (ink - paper)[:, None, None] * p // 255 + noise
        record[0], record[1:] = t, np.clip(image, 0, 255).ravel()
    return out.tobytes()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Where digits10.bin lies, and the program is run."""
    monkeypatch.chdir(tmp_path)
    Path("digits10.bin").write_bytes(coloured_digits())
    return tmp_path


def test_the_data_are_those_of_the_traces():
    assert hashlib.sha256(coloured_digits()).hexdigest() == SHA256


def losses(lines: list[str]) -> np.ndarray:
    return np.array([float(line.rsplit(" ", 1)[1]) for line in lines if " loss = " in line])


def unguessed(line: str) -> str:
    """A line without what the network predicted."""
    return re.sub(r"pred \d|accuracy .*", "", line)


def compare(cli, name: str, bounds: list[float] | float, *options: str) -> None:
    """Run as a trace was, and hold every line against its own; the losses within bounds."""
    arguments, *expected = (TRACES / f"20vgg_{name}.txt").read_text().splitlines()
    ran = cli("20vgg", *arguments.split(), *options)
    assert ran.code == 0, ran.err
    lines = [line.split(": ", 1)[1] for line in ran.out.splitlines()]
    lines = lines[lines.index("training starts") + 1 :]
    want, got = losses(expected), losses(lines)
    assert len(want) == len(got)
    compared = len(bounds) if isinstance(bounds, list) else len(want)
    assert np.all(np.abs(got / want - 1)[:compared] <= bounds)
    plain = [line for line in expected if " loss = " not in line]
    ours = [line for line in lines if " loss = " not in line and line != "training ends"]
    if compared == len(want):
        assert ours == plain
    assert [unguessed(line) for line in ours] == [unguessed(line) for line in plain]


@pytest.mark.parametrize(
    ("name", "engine"),
    [
        *(pytest.param("dev16", engine, marks=pytest.mark.heavy) for engine in ENGINES),
        *(("dev16b1", engine) for engine in ENGINES),
    ],
)
def test_float32_as_far_as_rounding_lets_it_be_compared(name, engine, cli, folder):
    compare(cli, name, FEW_COMPARED.get(name, ALL_COMPARED), "--engine", engine)


@pytest.mark.parametrize("name", ["dev16b1", pytest.param("dev16", marks=pytest.mark.heavy)])
def test_float64_to_the_last_digit(name, cli, folder):
    compare(cli, f"{name}.f64", EXACT, "--real", "float64", "--engine", "reference")


@pytest.mark.heavy
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", WIDE)
def test_the_wide_network_in_float32(name, engine, cli, folder):
    compare(cli, name, FEW_COMPARED.get(name, ALL_COMPARED), "--engine", engine)


@pytest.mark.heavy
@pytest.mark.parametrize("name", WIDE)
def test_the_wide_network_in_float64(name, cli, folder):
    compare(cli, f"{name}.f64", EXACT, "--real", "float64", "--engine", "reference")


def test_the_sizes_of_the_networks():
    for channels, size, work in ((64, 14_987_200, 313.5e6), (16, 939_760, 19.9e6)):
        network = cr.Network(layers(channels, True, np.dtype(np.float32)), (3, 32, 32))
        assert network.size == size
        assert abs(network.work - work) < 0.06e6 * channels


def test_a_stream_is_walked_through_in_order():
    one, two = Stream(5), Stream(5)
    whole = one.uniform(10)
    np.testing.assert_array_equal(np.concatenate([two.uniform(3), two.uniform(7)]), whole)
    one.rewind()
    words = (whole * 2**48).astype(np.int64)
    np.testing.assert_array_equal(one.below(np.array([1, 7, 1000])), (words[:3] >> 17) % [1, 7, 1000])


def test_the_shuffle_moves_every_record_and_is_always_the_same():
    order = shuffled(100, 1)
    np.testing.assert_array_equal(np.sort(order), np.arange(100))
    np.testing.assert_array_equal(order, shuffled(100, 1))
    assert (order != shuffled(100, 2)).any()


def test_images_are_scaled_by_their_largest_byte():
    x = np.zeros((2, 3, 32, 32), np.uint8)
    x[0, 0, 0, :2], x[1] = (7, 3), 255
    found = scaled(x)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found[0, 0, 0, :2], np.array([7, 3], np.float32) * (np.float32(1) / np.float32(7)))
    np.testing.assert_array_equal(found[1], np.float32(255) * (np.float32(1) / np.float32(255)))


def test_without_validation_it_is_said_and_the_log_has_all_lines(cli, folder):
    ran = cli("20vgg", "-d", "digits10.bin", "-b", 2, "-m", 1, "--channels", 1, "--partial_data", 4,
              "--validate_ratio", 0, "-D", "image")  # fmt: skip
    assert ran.code == 0, ran.err
    said = [line.split(": ", 1)[1] for line in ran.out.splitlines()]
    assert said[:6] == [
        "model building starts",
        "model building ends",
        "loading 4/0 training/validation data from digits10.bin starts",
        "warning: no data left for validation (validation not performed)",
        "loading data ends",
        "training starts",
    ]
    assert said[-1] == "training ends"
    log = [line.split(": ", 1)[1] for line in Path("vgg.log").read_text().splitlines()]
    assert [line for line in log if line in said] == said
    assert {"batch_sz=2", "validate_ratio=0.0"} <= {*log}
    assert sum(line.startswith("train: ") for line in log) == 1
    assert sorted(path.name for path in folder.glob("*.ppm")) == [f"image{k:04}.ppm" for k in range(4)]


def test_the_same_batch_again(folder):
    data = cr.data.read_data("digits10.bin", "all")
    settings = Settings(channels=1, batch_size=4, iterations=3, samples=20, same_batch=True)
    images = [each.images.tolist() for each in Program(settings, data.x, data.t).run() if each.training]
    assert images[0] == images[1] == images[2]


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (("-b", 65), 2, "--batch_sz is 65; expected a whole number from 1 to 64"),
        (("--validate_ratio", 2), 2, "the fraction to validate by is 2.0; expected 0 to 1"),
        (("-l", 0), 2, "the learning rate is 0.0; expected a number above 0"),
        (("--validate_interval", 0), 2, "the interval is 0.0; expected a number above 0"),
        (("--real", "half"), 2, "--real is 'half'; expected one of: float32, float64"),
        (("-a", "gpu_base"), 2, "--algo is 'gpu_base'; expected one of: cpu_base"),
        (("--engine", "none"), 2, "--engine is 'none'"),
        (("-d", "nothing.bin"), 4, "nothing.bin: no such file"),
    ],
)
def test_what_is_wrong_is_said_and_leaves_an_older_log_alone(options, code, message, cli, folder):
    Path("vgg.log").write_text("of an older run")
    ran = cli("20vgg", "-d", "digits10.bin", *options)
    assert ran.code == code
    assert message in ran.err
    assert not ran.out
    assert Path("vgg.log").read_text() == "of an older run"


def test_a_class_beyond_the_ten_is_told_by_its_place_in_the_file(cli, folder):
    records = np.zeros((4, 3074), np.uint8)  # of CIFAR-100
    records[2, 1] = 10
    Path("hundred.bin").write_bytes(records.tobytes())
    ran = cli("20vgg", "-d", "hundred.bin", "--channels", 1)
    assert ran.code == 4
    assert "label 10 of sample 2; expected 0 to 9" in ran.err


def test_images_that_cannot_be_written(cli, folder):
    ran = cli("20vgg", "-d", "digits10.bin", "--channels", 1, "-D", "nowhere/image")
    assert ran.code == 1
    assert "nowhere/image: cannot be written: No such file or directory" in ran.err


def test_settings_are_checked():
    with pytest.raises(UsageError, match="the batch size is 0; expected 1 to 64"):
        Settings(batch_size=0)
