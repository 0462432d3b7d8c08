"""Python on an emulated ARM processor: `python tests/arm FOLDER ARGUMENTS`, FOLDER as `set_up.py` leaves it.

QEMU emulates one process, not a machine: what that starts, other than by forking, runs on this machine's processor.
"""

import os
import sys
from pathlib import Path

from set_up import PROJECT, check_tools, python_of

folder = Path(sys.argv[1]).absolute()
check_tools()
sources = PROJECT / "src", PROJECT, folder / "lib"
os.environ |= {
    "PYTHONPATH": os.pathsep.join(map(str, sources)),
    "CHAINRULE_CACHE_DIR": str(folder / "cache"),  # of kernels, which take minutes to compile
}
os.execvp("qemu-aarch64", ["qemu-aarch64", "-L", str(folder / "root"), str(python_of(folder / "root")), *sys.argv[2:]])
