"""Python for ARM's 64 bits, unpacked into a folder, and what chainrule needs of packages: `python set_up.py FOLDER`.

The interpreter and its libraries are the Debian release's that this machine runs, from wherever this machine has its
packages; NumPy, Numba and the others have the versions that are installed here.

    FOLDER/packages      apt's own state and files, apart from the system's
    FOLDER/root          the packages of Debian, unpacked: nothing is installed
    FOLDER/lib           the packages of Python
"""

import re
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path
from shutil import rmtree, which

PROJECT = Path(__file__).parents[2]
DEBIAN = "python3", "libstdc++6"
TESTS = "hypothesis", "pytest"
GLIBC = range(17, 37)
"""Versions 2.x of the C library that packages may be built for: Debian 12 has 2.36."""
NEEDED = {"qemu-aarch64": "qemu-user", "apt-get": "apt", "dpkg-deb": "dpkg"}
"""Commands, by the package of Debian's that has them."""


def check_tools() -> None:
    """End with one line that says what is missing here."""
    missing = [package for command, package in NEEDED.items() if which(command) is None]
    if missing:
        sys.exit(f"an emulated ARM processor needs {', '.join(missing)}: apt-get install {' '.join(missing)}")


def run(*command: Path | str) -> None:
    """End, too, where the command fails, which says why."""
    if subprocess.run(command).returncode:
        sys.exit(f"{Path(command[0]).name} could not fetch, or unpack, what an emulated ARM processor needs")


def unpack_debian(packages: Path, root: Path) -> None:
    """Fetch what apt would install on an ARM machine that has nothing yet, and unpack it."""
    for folder in ("state/lists/partial", "cache/archives/partial"):
        (packages / folder).mkdir(parents=True, exist_ok=True)
    status = packages / "state" / "status"  # of no installed packages
    status.touch()
    own = {
        "APT::Architecture": "arm64",
        "APT::Architectures": "arm64",
        "APT::Sandbox::User": "",  # who may write to this folder
        "Dir::State": packages / "state",
        "Dir::State::status": status,
        "Dir::Cache": packages / "cache",
    }
    apt = ["apt-get", "-qq", *(f"--option={name}={value}" for name, value in own.items())]
    run(*apt, "update")
    run(*apt, "install", "--download-only", "--no-install-recommends", "--yes", *DEBIAN)
    for package in sorted((packages / "cache" / "archives").glob("*.deb")):
        run("dpkg-deb", "--extract", package, root)


def python_of(root: Path) -> Path:
    """The interpreter in there."""
    (found,) = (path for path in (root / "usr" / "bin").iterdir() if re.fullmatch(r"python3\.\d+", path.name))
    return found


def install_python_packages(root: Path, lib: Path) -> None:
    """What the project depends on, in the versions that are installed here."""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    names = [*(re.split("[^a-z-]", each)[0] for each in project["dependencies"]), *TESTS]
    platforms = ["manylinux2014_aarch64", *(f"manylinux_2_{minor}_aarch64" for minor in GLIBC)]
    how = ["--only-binary=:all:", "--implementation=cp", f"--python-version={python_of(root).name[len('python') :]}"]
    run(
        *(sys.executable, "-m", "pip", "install", "--quiet", f"--target={lib}", *how),
        *(f"--platform={each}" for each in platforms),
        *(f"{name}=={version(name)}" for name in names),
    )


if __name__ == "__main__":
    folder = Path(sys.argv[1]).absolute()
    check_tools()
    for part in ("packages", "root", "lib"):  # perhaps of another release
        rmtree(folder / part, ignore_errors=True)
    unpack_debian(folder / "packages", folder / "root")
    install_python_packages(folder / "root", folder / "lib")
