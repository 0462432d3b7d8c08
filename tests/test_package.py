"""The package as a whole: what importing it loads, what a wheel of it holds."""

import subprocess
import sys
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

from chainrule import augmentation, data, losses, regression

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize("module", ["chainrule", "chainrule.cli"])
def test_importing_it_loads_nothing_heavy(module):
    heavy = "numba", "matplotlib", "torch", "sklearn", "pandas", "scipy", "onnx", "tensorboardX"
    script = f"import sys, {module}; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, encoding="utf-8", check=True)
    assert done.stdout == "[]\n"


def test_every_source_file_says_what_it_is_for():
    for path in (ROOT / "src").rglob("*.py"):
        assert path.read_text(encoding="utf-8").startswith('"""'), path


@pytest.mark.parametrize("package", [augmentation, data, losses, regression], ids=lambda package: package.__name__)
def test_no_public_name_is_a_file_or_folder_and_something_else(package):
    for path in Path(package.__path__[0]).glob("[!_]*"):
        assert isinstance(getattr(package, path.stem, package), ModuleType), path


def test_a_wheel_holds_the_data_and_both_licences(tmp_path):
    line = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--wheel-dir",
        str(tmp_path),
        str(ROOT),
    ]
    subprocess.run(line, check=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    for name in ("mnist.xz", "LICENSE", "stopping_distance.csv"):
        assert f"chainrule/data/embedded/{name}" in names
    assert "chainrule/py.typed" in names
    assert sum("licenses/" in name for name in names) == 2
    metadata = next(name for name in names if name.endswith("METADATA"))
    assert "License-Expression: MIT AND CC-BY-SA-3.0" in zipfile.ZipFile(wheel).read(metadata).decode()
