"""chainrule info: the networks, the data, the versions, the machine."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Annotated, Any

import typer

from chainrule.base.errors import UsageError
from chainrule.base.version import __version__
from chainrule.cli.console import Json, Output, Quiet, table
from chainrule.data import cache_folder, mnist, stopping_distance
from chainrule.engine import ENGINES
from chainrule.tasks.presets import PRESETS, preset

PACKAGES = (
    "numba",
    "numpy",
    "pillow",
    "rich",
    "safetensors",
    "typer",
    "matplotlib",
    "onnx",
    "scikit-learn",
    "tensorboardX",
)


def info(
    preset_name: Annotated[str | None, typer.Option("--preset", help="Show this network layer by layer.")] = None,
    plan: Annotated[bool, typer.Option("--plan", help="Show how the compiled engine executes it.")] = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Show what is here: networks, data, versions, machine."""
    output = Output(json, quiet)
    if preset_name is not None:
        chosen = preset(preset_name)
        network = chosen.network()
        if plan:
            from chainrule.engine.compiled import Compiled  # Numba is loaded where it is used

            stages = Compiled(network, threads=1).plan(chosen.training.batch_size or 1)
            output.result({"preset": preset_name, "stages": stages.rows()}, str(stages))
            return
        parameters = {p.name: list(p.shape) for p in network.parameters}
        output.result({"preset": preset_name, "parameters": parameters, "size": network.size}, str(network))
        return
    if plan:
        raise UsageError("--plan shows how a network is executed; name it with --preset")
    networks, data, versions, machine = _networks(), _data(), _versions(), _machine()
    values = {"networks": networks, "data": data, "versions": versions, "machine": machine}
    shown = {
        "Networks (--preset NAME shows the layers)": {
            name: f"{n['about']}: {n['parameters']:,} parameters, {n['multiply_adds']:,} multiply-adds a sample"
            for name, n in networks.items()
        },
        "Data": data,
        "Versions": versions,
        "Machine": machine,
    }
    output.result(values, *(table(title, {k: str(v) for k, v in rows.items()}) for title, rows in shown.items()))


def _networks() -> dict[str, dict[str, Any]]:
    rows = {}
    for name, chosen in PRESETS.items():
        network = chosen.network()
        work = sum(layer.multiply_adds(s) for layer, s in zip(network.layers, network.shapes, strict=False))
        rows[name] = {"about": chosen.about, "parameters": network.size, "multiply_adds": work}
    return rows


def _data() -> dict[str, str]:
    train, test, cars = mnist("train"), mnist("test"), stopping_distance()
    return {
        "mnist": f"{len(train):,} training and {len(test):,} test images of digits, 28x28, embedded",
        "stopping_distance": f"{len(cars.values)} rows of {', '.join(cars.columns)}, embedded",
        "cache": str(cache_folder()),
    }


def _versions() -> dict[str, str]:
    versions = {"chainrule": __version__, "python": platform.python_version()}
    for package in PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            versions[package] = "not installed"
    return versions


def _machine() -> dict[str, str]:
    return {
        "system": f"{platform.system()} {platform.release()}",
        "processor": platform.processor() or platform.machine(),
        "cores": str(os.cpu_count()),
        "engines": ", ".join(ENGINES),
    }
