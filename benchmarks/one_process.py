"""A whole process: train `mnist` for some steps, then print when that was done, and the peak memory.

`one_process LIBRARY FOLDER STEPS`; its parent knows when it began.
chainrule reads its embedded digits, PyTorch the same digits from two .npy files in FOLDER.
"""

import sys
import time
from pathlib import Path
from typing import Any


def chainrule_steps(steps: int) -> None:
    import chainrule as cr
    from chainrule.training.events import Event

    def stop(event: Event) -> None:
        if isinstance(event, cr.BatchEvent) and event.progress.state.step >= steps:
            raise cr.StopTraining("enough")

    network, data = cr.preset("mnist").network(), cr.data.mnist("train")
    cr.fit(network, data, cr.Training(cr.AdaDelta(1.0), epochs=1), threads=2, listeners=[stop])


def torch_steps(folder: Path, steps: int, compiled: bool) -> None:
    import numpy as np
    import torch
    from torch import nn

    torch.set_num_threads(2)
    x = torch.from_numpy(np.load(folder / "x.npy", mmap_mode="c"))
    t = torch.from_numpy(np.load(folder / "t.npy"))
    module: Any = nn.Sequential(
        nn.Conv2d(1, 32, 3), nn.ReLU(), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Dropout(0.25),
        nn.Flatten(), nn.Linear(9216, 128), nn.ReLU(), nn.Dropout(0.5), nn.Linear(128, 10),
    )  # fmt: skip
    module.to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adadelta(module.parameters(), lr=1.0)
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
    library, folder, steps = sys.argv[1:]
    if library == "chainrule":
        chainrule_steps(int(steps))
    else:
        torch_steps(Path(folder), int(steps), compiled=library == "torch-compile")
    print(time.time(), peak_bytes(), flush=True)
