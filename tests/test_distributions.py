"""What is given out: the wheel and the sdist are the same bytes wherever they are built, and hold nothing astray."""

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PARTS = """
    src tests torture docs README.md SECURITY.md LICENSE Makefile pyproject.toml .gitignore
""".split()  # noqa: SIM905
ASTRAY = """
    src/chainrule/.env src/chainrule/data/mine.csv src/chainrule/run.npz src/chainrule/losses/nll.py.orig
    src/chainrule/losses/__pycache__/nll.cpython-311.pyc src/note.txt credentials tests/runs/w.npz docs/notes.txt
""".split()  # noqa: SIM905
DATA = ["data/embedded/LICENSE", "data/embedded/README.md", "data/embedded/mnist.xz",
        "data/embedded/stopping_distance.csv", "py.typed", "server/built/SOURCES.sha256", "server/built/app.css",
        "server/built/app.js", "server/built/index.html",
        "tasks/reproduction/published.json", "views/report/report.css"]  # fmt: skip


def built(kind: str, tree: Path, to: Path, umask: int = 0o022, **variables: str) -> Path:
    """A wheel or an sdist of a tree, made without network."""
    to.mkdir(parents=True)
    environment = {name: value for name, value in os.environ.items() if name != "SOURCE_DATE_EPOCH"} | variables
    line = [sys.executable, "-m", "hatchling", "build", "--target", kind, "--directory", str(to)]
    subprocess.run(line, cwd=tree, env=environment, umask=umask, check=True, capture_output=True)
    return next(to.iterdir())


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory) -> Path:
    """The tree in another folder, its files of another time and mode, beside some that are nobody's business."""
    tree = tmp_path_factory.mktemp("another place")
    for part in PARTS:
        source, target = ROOT / part, tree / part
        shutil.copytree(source, target) if source.is_dir() else shutil.copyfile(source, target)
    for path in tree.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)
        os.utime(path, (1e9, 1e9))
    for name in ASTRAY:
        (tree / name).parent.mkdir(exist_ok=True)
        (tree / name).write_text("secret")
    return tree


@pytest.fixture(scope="module")
def here(tmp_path_factory) -> dict[str, Path]:
    """Wheel and sdist of this tree."""
    return {kind: built(kind, ROOT, tmp_path_factory.mktemp("here") / kind) for kind in ("wheel", "sdist")}


@pytest.mark.parametrize("kind", ["wheel", "sdist"])
def test_it_is_the_same_bytes_wherever_and_whenever_it_is_built(kind, here, elsewhere, tmp_path):
    other = {"TZ": "Asia/Tokyo", "LC_ALL": "C", "PYTHONHASHSEED": "7", "HOME": str(tmp_path)}
    again = built(kind, elsewhere, tmp_path / "again", umask=0o077, **other)
    assert again.name == here[kind].name
    assert again.read_bytes() == here[kind].read_bytes()


def test_the_wheel_of_the_sdist_is_the_wheel_of_the_tree(here, tmp_path):
    with tarfile.open(here["sdist"]) as archive:
        archive.extractall(tmp_path, filter="data")
    (tree,) = tmp_path.iterdir()
    assert built("wheel", tree, tmp_path / "wheel").read_bytes() == here["wheel"].read_bytes()


def test_source_date_epoch_is_the_time_of_every_file(elsewhere, tmp_path):
    sdist = built("sdist", elsewhere, tmp_path / "dated", SOURCE_DATE_EPOCH="1700000000")
    with tarfile.open(sdist) as archive:
        assert {member.mtime for member in archive} == {1700000000}


def test_a_wheel_holds_python_the_named_data_and_both_licences(here):
    wheel = zipfile.ZipFile(here["wheel"])
    ours = [name for name in wheel.namelist() if ".dist-info/" not in name]
    assert sorted(name for name in ours if not name.endswith(".py")) == [f"chainrule/{name}" for name in DATA]
    assert {name for name in ours if name.endswith(".py")} == {
        path.relative_to(ROOT / "src").as_posix() for path in (ROOT / "src").rglob("*.py")
    }
    told = {name.partition(".dist-info/")[2]: name for name in wheel.namelist() if name not in ours}
    assert told.keys() == {
        *("METADATA", "WHEEL", "RECORD", "entry_points.txt"),
        *("licenses/LICENSE", "licenses/src/chainrule/data/embedded/LICENSE"),
    }
    assert "License-Expression: MIT AND CC-BY-SA-3.0" in wheel.read(told["METADATA"]).decode()


def test_an_sdist_holds_nothing_astray(here):
    with tarfile.open(here["sdist"]) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert names.isdisjoint(ASTRAY)
    suffixes = {Path(name).suffix for name in names if name.startswith(("tests/", "torture/"))}
    assert suffixes == {".py", ".safetensors", ".txt"}
    assert {
        "SECURITY.md",
        "Makefile",
        "tests/models/version-1.safetensors",
        "src/chainrule/data/embedded/mnist.xz",
    } < names
