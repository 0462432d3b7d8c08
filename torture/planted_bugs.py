"""Bugs are planted, one after the other, in a copy of the package; its own tests must find each."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from torture.bugs import BUGS, Bug
from torture.campaign import Tally, campaign

ROOT = Path(__file__).parent.parent
FAILED = 1  # pytest's exit code where tests ran, and one failed
LIMIT = 600  # seconds; tests that hang have found the bug, too


@campaign("Planted bugs in backward passes, kernels and optimizers are all caught", tries=len(BUGS), few=1)
def planted_bugs(tally: Tally) -> None:
    with tempfile.TemporaryDirectory(prefix="chainrule-bugs-") as folder:
        for name in ("src", "tests"):
            shutil.copytree(ROOT / name, Path(folder, name), ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "pyproject.toml", folder)
        for k in tally:
            bug = BUGS[k % len(BUGS)]
            tally.check(is_caught(bug, Path(folder)), f"{bug.file}: {bug.name}")
    tally.notes["of them in kernels"] = sum(bug.file.startswith("engine/") for bug in BUGS[: tally.made])


def is_caught(bug: Bug, tree: Path) -> bool:
    """Plant the bug, run its tests, and take it out again. False, too, where its text is no longer there, once."""
    path = tree / "src" / "chainrule" / bug.file
    source = path.read_text(encoding="utf-8")
    if source.count(bug.old) != 1:
        return False
    path.write_text(source.replace(bug.old, bug.new), encoding="utf-8")
    file, _, chosen = bug.tests.partition(" ")
    tests = [f"tests/{file}", *(("-k", chosen) if chosen else ())]
    here = {"PYTHONPATH": str(tree / "src"), "PYTHONDONTWRITEBYTECODE": "1", "CHAINRULE_CACHE_DIR": str(tree / "cache")}
    line = [sys.executable, "-m", "pytest", "-x", "-p", "no:cacheprovider", *tests]
    try:
        done = subprocess.run(line, cwd=tree, env=os.environ | here, capture_output=True, timeout=LIMIT, check=False)
        return done.returncode == FAILED
    except subprocess.TimeoutExpired:
        return True
    finally:
        path.write_text(source, encoding="utf-8")
