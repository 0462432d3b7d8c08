"""Commands, executed in this process: what came of them, and whether that is as promised."""

import io
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path

import numpy as np

import chainrule
from chainrule.cli import run
from chainrule.exchange import to_pytorch

CODES = 0, 1, 2, 3, 4
SECONDS = 5.0
"""The CPU time that a command may take which is given something wrong."""
SEEN = "\x1b\x9b\u202e\u200b\x07"
"""What no terminal may be sent by a name."""


@contextmanager
def workplace() -> Iterator[Path]:
    """A folder with small data, a model and a run of them, in which commands are executed."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            make(Path(folder))
            yield Path(folder)
        finally:
            os.chdir(before)


def make(folder: Path) -> None:
    """t.csv, run/, state.safetensors (of PyTorch) and net.toml."""
    rng = np.random.default_rng(0)
    rows = [f"{a:.3f},{b:.3f},{'big' if a > 0 else 'small'}" for a, b in rng.normal(size=(40, 2))]
    (folder / "t.csv").write_text("\n".join(["length,width,size", *rows]) + "\n")
    (folder / "net.toml").write_text("input_shape = [3]\nlayers = [{ type = 'Linear', out_features = 2 }]\n")
    (folder / "folder").mkdir()
    if hasattr(os, "mkfifo"):
        os.mkfifo(folder / "pipe")
    to_pytorch(chainrule.Network([chainrule.Linear(2)], 3), folder / "state.safetensors")
    trained = ["train", "--data", "t.csv", "--network", "net2.toml", "--epochs", "2", "--engine", "reference"]
    (folder / "net2.toml").write_text("input_shape = [2]\nlayers = [{ type = 'Linear', out_features = 2 }]\n")
    code, _, said = executed([*trained, "--validation", "0.2", "--early-stopping", "9", "--out", "run"])
    if code:
        raise AssertionError(f"no run to begin with: {said}")


def executed(arguments: list[str]) -> tuple[int, str, str]:
    """The exit code, stdout and stderr of a command line."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = run(arguments)
    return code, out.getvalue(), err.getvalue()


def fault(arguments: list[str], codes: tuple[int, ...] = CODES, seconds: float = SECONDS) -> str | None:
    """What is wrong with how a command line ends; None for an answer, or a line that says why there is none."""
    began = time.process_time()
    try:
        code, out, err = executed(arguments)
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        return f"{type(error).__name__}: {error}"
    took = time.process_time() - began
    lines = [line for line in err.splitlines() if "warning: " not in line and "compiling kernels" not in line]
    if code not in codes:
        return f"ends with {code}: {err[-200:]!r}"
    if code and not (lines and lines[-1].startswith("chainrule: ") and len(lines[-1]) > len("chainrule: ")):
        return f"ends with {code} and says {err[-200:]!r}"
    if "Traceback" in err or any(each in out + err for each in SEEN):
        return f"says {(out + err)[-300:]!r}"
    return f"takes {took:.1f} s" if took > seconds and "compiling kernels" not in err else None
