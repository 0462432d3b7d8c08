"""A whole process: train a network for some steps, then print when that was done, and the peak memory.

`one_process LIBRARY NETWORK FOLDER STEPS`, NETWORK being mnist or vgg20; its parent knows when it began.
chainrule reads its embedded digits for mnist; else both read two .npy files in FOLDER.
"""

import sys
import time
from pathlib import Path
from typing import Any


def chainrule_steps(name: str, folder: Path, steps: int) -> None:
    import chainrule as cr
    from chainrule.training.events import Event

    def stop(event: Event) -> None:
        if isinstance(event, cr.BatchEvent) and event.progress.state.step >= steps:
            raise cr.StopTraining("enough")

    if name == "mnist":
        network, data = cr.preset("mnist").network(), cr.data.mnist("train")
        optimizer: Any = cr.AdaDelta(1.0)
    else:
        import numpy as np

        from benchmarks.networks import network as new_network

        network, optimizer = new_network(name, 0), cr.SGD(0.01)
        data = cr.Dataset(*(np.load(folder / f"{name}-{each}.npy", mmap_mode="r") for each in "xt"))
    cr.fit(network, data, cr.Training(optimizer, epochs=1), threads=2, listeners=[stop])


def torch_steps(name: str, folder: Path, steps: int, compiled: bool) -> None:
    import numpy as np
    import torch
    from torch import nn

    from benchmarks import torch_plain

    torch.set_num_threads(2)
    x = torch.from_numpy(np.load(folder / f"{name}-x.npy", mmap_mode="c"))
    t = torch.from_numpy(np.load(folder / f"{name}-t.npy"))
    module: Any = torch_plain.mnist() if name == "mnist" else torch_plain.vgg20()
    module.to(memory_format=torch.channels_last)
    weights = module.parameters()
    optimizer: Any = torch.optim.Adadelta(weights, lr=1.0) if name == "mnist" else torch.optim.SGD(weights, lr=0.01)
    f = torch.compile(module) if compiled else module
    for where in torch.randperm(len(x)).split(64)[:steps]:
        optimizer.zero_grad(set_to_none=True)
        y = f((x[where].float() / 255 - 0.1307) / 0.3081)
        nn.functional.cross_entropy(y, t[where]).backward()
        optimizer.step()


def peak_bytes() -> int:
    """The most memory this process had in use: on Linux its own, not what its parent had when it forked."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))
    except (OSError, StopIteration):
        import resource

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024


if __name__ == "__main__":
    library, name, folder, steps = sys.argv[1:]
    if library == "chainrule":
        chainrule_steps(name, Path(folder), int(steps))
    else:
        torch_steps(name, Path(folder), int(steps), compiled=library == "torch-compile")
    print(time.time(), peak_bytes(), flush=True)
