"""chainrule info: the networks, the data, the versions, the machine."""

import os
import platform
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated, Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from chainrule.base.errors import UsageError
from chainrule.base.machine import processor
from chainrule.base.version import __version__
from chainrule.cli.console import Output, grid, table
from chainrule.cli.models import opened_model
from chainrule.cli.network_options import NetworkOptions
from chainrule.cli.settings import Option
from chainrule.data import cache_folder, mnist, stopping_distance
from chainrule.data.schema_rows import schema_rows
from chainrule.engine import ENGINES
from chainrule.exchange.model_file import Checkpoint
from chainrule.exchange.training_description import build_training
from chainrule.network.network import Network
from chainrule.tasks.presets import PRESETS
from chainrule.training.optimizers import Optimizer
from chainrule.views.diagram import diagram_file, diagram_text
from chainrule.views.diagram.text import COLUMNS

PACKAGES = (
    "numba", "numpy", "pillow", "rich", "safetensors", "typer", "matplotlib", "onnx", "scikit-learn", "tensorboardX",
)  # fmt: skip


@dataclass(frozen=True)
class Info:
    """Show what is here: networks, data, versions, machine.

    Of a network that is named: its layers, a picture of them, or how they are executed. Of a trained model also what it
    was trained on.
    """

    model: Annotated[Path | None, Option("What a trained model knows of itself.", "MODEL.safetensors")] = None
    network: NetworkOptions = field(default_factory=NetworkOptions)
    plan: Annotated[bool, Option("Show how the compiled engine executes it.")] = False
    diagram: Annotated[bool, Option("Show it as a picture of blocks.")] = False
    svg: Annotated[Path | None, Option("Also write that picture into this file.", "FILE.svg")] = None
    output: Output = field(default_factory=Output)

    def execute(self) -> None:
        if self.model is not None:
            return self._show_model(self.model)
        if self.network == NetworkOptions() and not (self.plan or self.diagram or self.svg):
            return show_all(self.output)
        chosen = self.network.chosen()
        network, name = chosen.network(), {"preset" if chosen.preset else "network": chosen.name}
        self._write_svg(network)
        if self.plan:
            return self._show_plan(name, network, chosen.training.batch_size)
        return self.output.result({**name, **sizes(network)}, *self._shown(network))

    def _show_model(self, path: Path) -> None:
        if self.network != NetworkOptions():
            raise UsageError("--model is given with another network; expected one of them")
        (_, checkpoint), name = opened_model(path), {"model": str(path)}
        network, configuration = checkpoint.network, checkpoint.configuration
        self._write_svg(network)
        if self.plan:
            return self._show_plan(name, network, batch_size_of(configuration))
        schema = network.schema and asdict(network.schema)
        done = {"epochs": checkpoint.epoch, "updates": checkpoint.step, "configuration": configuration}
        values = {**name, **sizes(network), "schema": schema, "training": done}
        trained_on = table("What it was trained on", schema_rows(network.schema))
        shown = trained_on, table("Its training", training_rows(checkpoint))
        return self.output.result(values, *self._shown(network), *shown)

    def _shown(self, network: Network) -> list[RenderableType]:
        """Its layers, or its picture."""
        if not self.diagram:
            return [str(network)]
        stdout = self.output.stdout
        drawn = diagram_text(network, min(stdout.width, COLUMNS), ascii_only=stdout.options.ascii_only)
        return [Text(drawn, no_wrap=True, overflow="ignore")]

    def _write_svg(self, network: Network) -> None:
        if self.svg is not None:
            diagram_file(self.svg, network)
            self.output.note(f"the picture is in {self.svg}")

    def _show_plan(self, name: dict[str, str], network: Network, batch_size: int | None) -> None:
        from chainrule.engine.compiled import Compiled  # Numba is loaded where it is used

        rows = Compiled(network, threads=1).plan(batch_size or 1).rows()
        self.output.result({**name, "stages": rows}, plan_table(rows, batch_size or 1))


def plan_table(rows: Sequence[dict[str, Any]], samples: int) -> Table:
    """A line a stage."""
    cells = [(Text(r["stage"]), Text(r["kernel"]), f"{r['multiply_adds']:,}", f"{r['bytes']:,}") for r in rows]
    heads = "stage", "kernel", "multiply-adds", f"bytes for {samples:,}"
    return grid("What is executed as one", heads, cells, words=2)


def sizes(network: Network) -> dict[str, Any]:
    """Its parameters' shapes, and how many numbers they are."""
    return {"parameters": {p.name: list(p.shape) for p in network.parameters}, "size": network.size}


def batch_size_of(configuration: dict[str, Any]) -> int | None:
    """What a run was trained by, as far as it says."""
    with suppress(UsageError):  # of another version
        return build_training(configuration.get("training", {})).batch_size
    return None


def training_rows(checkpoint: Checkpoint) -> dict[str, str]:
    """How it was trained, as far as the run that wrote it says."""
    configuration = checkpoint.configuration
    if not configuration:
        return {"training": "not known: the file was written without a run"}
    rows = {
        "run": str(configuration.get("name", "without a name")),
        "data": str(configuration.get("data", "the embedded MNIST")),
        "done": f"{checkpoint.epoch} epochs, {checkpoint.step:,} updates",
    }
    with suppress(UsageError):  # of another version
        training = build_training(configuration.get("training", {}))
        batches = f"batches of {training.batch_size}" if training.batch_size else "one batch of all samples"
        rows |= {"settings": f"{training.epochs} epochs in {batches}", "optimizer": told(training.optimizer)}
    return rows | {"chainrule": str(configuration.get("chainrule", "not known"))}


def told(optimizer: Optimizer) -> str:
    """Its name and its settings, in four digits."""
    settings = [(field.name, getattr(optimizer, field.name)) for field in fields(optimizer)]
    return f"{type(optimizer).__name__}({', '.join(f'{name}={value:.4g}' for name, value in settings)})"


def show_all(output: Output) -> None:
    """Of everything a line."""
    networks = {name: (preset, preset.network()) for name, preset in PRESETS.items()}
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
            "processor": processor(),
            "cores": str(os.cpu_count()),
            "engines": ", ".join(sorted(ENGINES)),
        },
    }
    costs = {
        name: {"about": of.about, "reaches": of.reaches, "parameters": network.size, "multiply_adds": network.work}
        for name, (of, network) in networks.items()
    }
    lines = {
        name: f"{of.about}; {network.size:,} parameters, {network.work:,} multiply-adds. {of.reaches}".strip()
        for name, (of, network) in networks.items()
    }
    values = {"networks": costs, **{title.lower(): rows for title, rows in facts.items()}}
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
