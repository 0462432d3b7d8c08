"""chainrule export and chainrule import: a model as PyTorch's or ONNX's, and one of PyTorch's as a model."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, Any

from chainrule.base.errors import UsageError
from chainrule.base.files import check_writable
from chainrule.cli.console import Output, table
from chainrule.cli.models import MODEL_HELP, opened_model
from chainrule.cli.network_options import NetworkOptions
from chainrule.cli.settings import Argument, Option, one_of
from chainrule.exchange.meaning import module_ends
from chainrule.exchange.onnx_ends import End, Wanted
from chainrule.exchange.onnx_file import IR_VERSION, OPSET, ends, to_onnx
from chainrule.exchange.pytorch import by_torch_name, from_pytorch, to_pytorch
from chainrule.network.network import Network
from chainrule.network.target_units import in_target_units

Contents = tuple[dict[str, Any], dict[str, str]]  # of a file: for a program, and for a person
SHOWN = 8
"""Inputs of a graph that have a line each."""


@dataclass(frozen=True)
class Export:
    """Write a model for other programs: for PyTorch, or for ONNX runtimes."""

    model: Annotated[Path, Argument(MODEL_HELP)]
    pytorch: Annotated[Path | None, Option("Write a state_dict for PyTorch's load_state_dict.", "FILE.safetensors")] = (
        None
    )
    onnx: Annotated[Path | None, Option("Write the network for ONNX runtimes.", "FILE.onnx")] = None
    preprocess: Annotated[bool, Option("ONNX: take the bytes of images, and scale them in the graph.")] = False
    probabilities: Annotated[bool, Option("ONNX: give probabilities of the classes instead of scores.")] = False
    labels: Annotated[bool, Option("ONNX: also give the class, by its name.")] = False
    columns: Annotated[bool, Option("ONNX: take a table's columns one by one, by their names.")] = False
    output: Output = field(default_factory=Output)

    def execute(self) -> None:
        wanted = Wanted(self.preprocess, self.probabilities, self.labels, self.columns)
        one_of({"--pytorch": self.pytorch, "--onnx": self.onnx})
        for name, asked in asdict(wanted).items():
            if asked and self.pytorch:
                raise UsageError(f"--{name}, which changes a graph, is given with --pytorch; expected it with --onnx")
        model, checkpoint = opened_model(self.model)
        for target, kind in ((self.pytorch, ".safetensors"), (self.onnx, ".onnx")):
            if target:
                check_writable(target, kinds=(kind, ""), source=model)
        network = checkpoint.network
        if self.pytorch:
            to_pytorch(network, self.pytorch)
            contents = torch_contents(in_target_units(network))
            report(self.output, model, self.pytorch, "a state_dict of PyTorch", contents=contents)
        if self.onnx:
            to_onnx(network, self.onnx, **asdict(wanted))
            holds = f"ONNX, opset {OPSET}, IR version {IR_VERSION}"
            report(self.output, model, self.onnx, holds, contents=onnx_contents(network, wanted))


@dataclass(frozen=True)
class Import:
    """Make a model of parameters that PyTorch trained, for evaluate, predict and the rest.

    They are matched by name, else by shape and order; what was done is said.
    """

    file: Annotated[Path, Argument("A state_dict of PyTorch, saved by safetensors.torch.save_file.")]
    out: Annotated[Path, Option("The model to write.", "MODEL.safetensors")]
    network: NetworkOptions = field(default_factory=NetworkOptions)
    output: Output = field(default_factory=Output)

    def execute(self) -> None:
        check_writable(self.out, kinds=(".safetensors", ""), source=self.file)
        network = from_pytorch(self.file, self.network.chosen().network())
        network.save(self.out)
        report(self.output, self.file, self.out, "a model of chainrule", contents=torch_contents(network))


def torch_contents(network: Network) -> Contents:
    """What a module of PyTorch takes and gives, and its parameters by PyTorch's names."""
    shapes, said = {name: p.shape for name, p in by_torch_name(network).items()}, module_ends(network)
    values = {"parameters": {name: list(shape) for name, shape in shapes.items()}, "size": network.size, **said}
    return values, said | {name: " x ".join(map(str, shape)) for name, shape in shapes.items()}


def onnx_contents(network: Network, wanted: Wanted) -> Contents:
    """The graph's inputs and outputs."""
    given, made = ends(network, wanted)
    values: dict[str, Any] = {"opset": OPSET, "ir_version": IR_VERSION}
    values |= {"inputs": [end.values() for end in given], "outputs": [end.values() for end in made]}
    return values, {"input": _lines(given), "output": _lines(made)}


def _lines(ends: list[End]) -> str:
    """A line for each; of many, the first."""
    return "\n".join([*map(str, ends[:SHOWN]), *(["..."] if len(ends) > SHOWN else [])])


def report(output: Output, source: Path, written: Path, holds: str, *, contents: Contents) -> None:
    values, rows = contents
    size = written.stat().st_size
    head = {"source": str(source), "holds": holds, "size": f"{size:,} bytes"}
    output.result(
        {"file": str(written), "source": str(source), "bytes": size, **values}, table(str(written), head | rows)
    )
