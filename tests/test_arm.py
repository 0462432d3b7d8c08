"""What `make test-arm` says where no ARM processor can be emulated."""

import subprocess
import sys
from pathlib import Path

ARM = Path(__file__).parent / "arm"


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    for command in ([ARM / "set_up.py", tmp_path / "folder"], [ARM, tmp_path / "folder", "-c", "0"]):
        run = subprocess.run([sys.executable, *command], env={"PATH": ""}, capture_output=True, text=True)
        assert run.returncode == 1
        expected = "an emulated ARM processor needs qemu-user, apt, dpkg: apt-get install qemu-user apt dpkg\n"
        assert run.stderr == expected
    assert not (tmp_path / "folder").exists()
