"""What code a process runs: ranks that run different code would make different bits."""

import hashlib
from importlib.metadata import version
from pathlib import Path

from chainrule.base.errors import PACKAGE
from chainrule.base.version import __version__

COMPILERS = "numpy", "numba", "llvmlite"


def versions() -> dict[str, str]:
    """By what it is of."""
    own = {"the version of chainrule": __version__, "the hash of chainrule's sources": sources()}
    return own | {f"the version of {name}": version(name) for name in COMPILERS}


def sources() -> str:
    """16 hexadecimal digits, of all of the package's files of Python, kernels included."""
    digest, package = hashlib.sha256(), Path(PACKAGE)
    for path in sorted(package.rglob("*.py")):
        digest.update(path.relative_to(package).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]
