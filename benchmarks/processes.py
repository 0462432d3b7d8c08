"""Works of a whole process: how soon it trains, with and without compiled kernels, and how much memory it takes."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

import chainrule as cr
from benchmarks.inputs import SEED
from benchmarks.machine import busy
from benchmarks.made import pictures
from benchmarks.qualify import Options
from benchmarks.results import Result, Runs
from benchmarks.worker import ROOT, CannotRun, environment

MEMORY_STEPS = {"mnist": {"chainrule": 937, "torch": 100}, "vgg20": {"chainrule": 10, "torch": 10}}
"""Of `mnist` chainrule an epoch; PyTorch's memory does not grow any more."""
PICTURES = 640


def run(
    what: tuple[str, str], folder: Path, steps: int, patience: float, caches: Path | None = None
) -> tuple[float, int]:
    """Seconds from the start of a process to its last step, and its peak memory in bytes.

    what : library, and which network it trains
    caches : empty ones
    """
    variables = environment(2)
    if caches is not None:
        variables |= {
            "CHAINRULE_CACHE_DIR": str(caches / "chainrule"),
            "TORCHINDUCTOR_CACHE_DIR": str(caches / "torch"),
        }
    command = [sys.executable, "-m", "benchmarks.one_process", *what, str(folder), str(steps)]
    began = time.time()
    with subprocess.Popen(
        command, cwd=ROOT, env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            line, errors = process.communicate(timeout=patience)
        except subprocess.TimeoutExpired:
            process.kill()
            raise CannotRun(f"no answer in {patience:g} s") from None
    if process.returncode:
        raise CannotRun((errors.strip().splitlines() or ["it failed"])[-1][:200])
    ended, peak = line.split()[-2:]
    return float(ended) - began, int(peak)


def start_up(options: Options) -> Result:
    """From the start of a process to the end of its first training step, kernels cached."""
    title = "A process trains `mnist`, kernels cached: from its start to the end of the first step"
    return _rounds(title, "s", ("chainrule", "torch"), options, lambda library, x, _: _run(library, x, 1, options)[0])


def first_run(options: Options) -> Result:
    """The same where nothing was ever compiled, nor the digits unpacked."""
    title = "The same on a fresh machine: no kernels, no unpacked digits, nothing compiled by PyTorch in the cache"
    libraries = "chainrule", "torch", "torch-compile"
    return _rounds(
        title, "s", libraries, options, lambda library, x, c: _run(library, x, 1, options, c)[0], again=False
    )


def memory(options: Options) -> Result:
    """The most memory of a process that trains `mnist` on all of MNIST."""
    return _memory("mnist", "`mnist` on all of MNIST", options)


def memory_vgg20(options: Options) -> Result:
    """The same of 20vgg, on made data."""
    return _memory("vgg20", "`20vgg`, 64 first channels, on 3x32x32", options)


PROCESSES: dict[str, Callable[[Options], Result]] = {
    "start": start_up,
    "first-run": first_run,
    "memory": memory,
    "memory-vgg20": memory_vgg20,
}


def _memory(network: str, about: str, options: Options) -> Result:
    def peak(library: str, folder: Path, _: Path) -> float:
        steps = MEMORY_STEPS[network][library] if options.samples is None else -(-options.samples // 64)
        return run((library, network), folder, steps, options.patience)[1] / 2**20

    title = f"Peak memory of a process that trains {about}, batch 64, 2 threads"
    return _rounds(title, "MiB", ("chainrule", "torch"), options, peak, again=False)


def _run(library: str, folder: Path, steps: int, options: Options, caches: Path | None = None) -> tuple[float, int]:
    return run((library, "mnist"), folder, steps, options.patience, caches)


def _rounds(
    title: str,
    unit: str,
    libraries: tuple[str, ...],
    options: Options,
    value: Callable[[str, Path, Path], float],
    again: bool = True,
) -> Result:
    """Alternating rounds of whole processes; `again`: after one round that only fills caches."""
    print(title, flush=True)
    runs, tried = {library: Runs(library) for library in libraries}, []
    others_use: list[float] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for network, data in ("mnist", cr.data.mnist("train")), ("vgg20", pictures(PICTURES, SEED)):
            np.save(folder / f"{network}-x.npy", data.x)
            np.save(folder / f"{network}-t.npy", data.t)
        for k in range(-1 if again else 0, options.rounds):
            others_use += filter(None, [busy()])
            for library in list(runs):
                caches = folder / f"{library}-{k}"
                os.mkdir(caches)
                try:
                    found = value(library, folder, caches)
                except CannotRun as error:
                    tried.append((library, f"not timed: {error}"))
                    del runs[library]
                    continue
                if k >= 0:
                    runs[library].values.append(found)
                    print(f"  round {k + 1}: {library}: {found:.4g} {unit}", flush=True)
    if "chainrule" not in runs:
        raise CannotRun(f"chainrule: {tried[0][1]}")
    return Result(title, unit, "lower", runs.pop("chainrule"), list(runs.values()), tried, others_use)
