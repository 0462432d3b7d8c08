"""chainrule info: the networks, the data, the versions, the machine."""

import os
import platform
from collections.abc import Iterable
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from typing import Annotated

from chainrule.base.version import __version__
from chainrule.cli.console import Output, table
from chainrule.cli.network_options import NetworkOptions
from chainrule.cli.settings import Option
from chainrule.data import cache_folder, mnist, stopping_distance
from chainrule.engine import ENGINES
from chainrule.tasks.presets import PRESETS

PACKAGES = (
    "numba", "numpy", "pillow", "rich", "safetensors", "typer", "matplotlib", "onnx", "scikit-learn", "tensorboardX",
)  # fmt: skip


@dataclass(frozen=True)
class Info:
    """Show what is here: networks, data, versions, machine.

    Of a network that is named: its layers, or how they are executed.
    """

    network: NetworkOptions = field(default_factory=NetworkOptions)
    plan: Annotated[bool, Option("Show how the compiled engine executes it.")] = False
    output: Output = field(default_factory=Output)

    def execute(self) -> None:
        if self.network == NetworkOptions() and not self.plan:
            return show_all(self.output)
        chosen = self.network.chosen()
        network, name = chosen.network(), {"preset" if chosen.preset else "network": chosen.name}
        if not self.plan:
            parameters = {p.name: list(p.shape) for p in network.parameters}
            return self.output.result({**name, "parameters": parameters, "size": network.size}, str(network))
        from chainrule.engine.compiled import Compiled  # Numba is loaded where it is used

        stages = Compiled(network, threads=1).plan(chosen.training.batch_size or 1)
        return self.output.result({**name, "stages": stages.rows()}, str(stages))


def show_all(output: Output) -> None:
    """Of everything a line."""
    networks = {name: (preset.about, preset.network()) for name, preset in PRESETS.items()}
    train, test, cars = mnist("train"), mnist("test"), stopping_distance()
    facts = {
        "Data": {
            "mnist": f"{len(train):,} training and {len(test):,} test images of digits, 28x28, embedded",
            "stopping_distance": f"{len(cars.values)} rows of {', '.join(cars.columns)}, embedded",
            "cache": str(cache_folder()),
        },
        "Versions": {"chainrule": __version__, "python": platform.python_version(), **versions(PACKAGES)},
        "Machine": {
            "system": f"{platform.system()} {platform.release()}",
            "processor": platform.processor() or platform.machine(),
            "cores": str(os.cpu_count()),
            "engines": ", ".join(sorted(ENGINES)),
        },
    }
    sizes = {
        name: {"about": about, "parameters": network.size, "multiply_adds": network.work}
        for name, (about, network) in networks.items()
    }
    lines = {
        name: f"{about}: {network.size:,} parameters, {network.work:,} multiply-adds a sample"
        for name, (about, network) in networks.items()
    }
    values = {"networks": sizes, **{title.lower(): rows for title, rows in facts.items()}}
    shown = {"Networks (--preset NAME shows the layers)": lines, **facts}
    output.result(values, *(table(title, rows) for title, rows in shown.items()))


def versions(packages: Iterable[str]) -> dict[str, str]:
    """Of each package that is installed."""
    found = {}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found
