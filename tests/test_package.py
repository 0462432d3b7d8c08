"""The package as a whole: what importing it loads, and how its files are named."""

import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from chainrule import augmentation, data, losses, regression

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize("module", ["chainrule", "chainrule.cli"])
def test_importing_it_loads_nothing_heavy(module):
    heavy = "numba", "matplotlib", "torch", "sklearn", "pandas", "scipy", "onnx", "starlette", "tensorboardX", "uvicorn"
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
