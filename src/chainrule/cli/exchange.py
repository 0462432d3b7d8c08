"""chainrule export and chainrule import: a model as PyTorch's or ONNX's, and one of PyTorch's as a model."""

from pathlib import Path
from typing import Annotated, Any

import typer

from chainrule.base.errors import UsageError
from chainrule.cli.console import Json, Output, Quiet, table
from chainrule.exchange.description import load_network
from chainrule.exchange.model_file import load
from chainrule.exchange.onnx_file import IR_VERSION, OPSET, ends, to_onnx
from chainrule.exchange.pytorch import by_torch_name, from_pytorch, to_pytorch
from chainrule.exchange.target import check_target
from chainrule.network.network import Network
from chainrule.tasks.presets import PRESETS, preset

Contents = tuple[dict[str, Any], dict[str, str]]  # of a file: for a program, and for a person


def export(
    model: Annotated[Path, typer.Argument(help="A model.safetensors of a training run.")],
    pytorch: Annotated[
        Path | None, typer.Option(metavar="FILE.safetensors", help="Write a state_dict for PyTorch's load_state_dict.")
    ] = None,
    onnx: Annotated[Path | None, typer.Option(metavar="FILE.onnx", help="Write the network for ONNX runtimes.")] = None,
    preprocess: Annotated[
        bool, typer.Option("--preprocess", help="ONNX: take the bytes of images, and scale them in the graph.")
    ] = False,
    probabilities: Annotated[
        bool, typer.Option("--probabilities", help="ONNX: give probabilities of the classes instead of scores.")
    ] = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Write a model for other programs: for PyTorch, or for ONNX runtimes."""
    output = Output(json, quiet)
    target = onnx if pytorch is None else pytorch
    if target is None:
        raise UsageError("export to what? expected --pytorch FILE.safetensors or --onnx FILE.onnx")
    if pytorch is not None and onnx is not None:
        raise UsageError("both --pytorch and --onnx are given; expected one of them")
    if pytorch is not None and (preprocess or probabilities):
        option = "--preprocess" if preprocess else "--probabilities"
        raise UsageError(f"{option} changes a graph; a state_dict has none, use --onnx")
    check_target(target, model)
    network = load(model)
    if pytorch is not None:
        to_pytorch(network, target)
        _report(output, model, target, "a state_dict of PyTorch", torch_contents(network))
    else:
        to_onnx(network, target, preprocess=preprocess, probabilities=probabilities)
        holds = f"ONNX, opset {OPSET}, IR version {IR_VERSION}"
        _report(output, model, target, holds, onnx_contents(network, preprocess, probabilities))


def import_model(
    file: Annotated[Path, typer.Argument(help="A state_dict of PyTorch, saved by safetensors.torch.save_file.")],
    out: Annotated[Path, typer.Option(metavar="MODEL.safetensors", help="The model to write.")],
    preset_name: Annotated[str | None, typer.Option("--preset", help=f"The network: {', '.join(PRESETS)}.")] = None,
    network: Annotated[Path | None, typer.Option(metavar="FILE.toml", help="A network of your own.")] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Make a model of parameters that PyTorch trained, for evaluate, predict and the rest."""
    output = Output(json, quiet)
    check_target(out, file)
    model = from_pytorch(file, named_network(preset_name, network))
    model.save(out)
    _report(output, file, out, "a model of chainrule", torch_contents(model))


def named_network(preset_name: str | None, file: Path | None) -> Network:
    """The network that a state_dict belongs to; the file does not say it."""
    if preset_name is not None and file is not None:
        raise UsageError("both --preset and --network are given; expected one of them")
    if file is not None:
        return load_network(file)
    if preset_name is None:
        raise UsageError("parameters of which network? expected --preset NAME or --network FILE.toml")
    return preset(preset_name).network()


def torch_contents(network: Network) -> Contents:
    """The parameters by PyTorch's names."""
    shapes = {name: p.shape for name, p in by_torch_name(network).items()}
    values = {"parameters": {name: list(shape) for name, shape in shapes.items()}, "size": network.size}
    return values, {name: " x ".join(map(str, shape)) for name, shape in shapes.items()}


def onnx_contents(network: Network, preprocess: bool, probabilities: bool) -> Contents:
    """The graph's input and output."""
    given, made = ends(network, preprocess, probabilities)
    values = {"opset": OPSET, "ir_version": IR_VERSION, "input": given.values(), "output": made.values()}
    return values, {"input": str(given), "output": str(made)}


def _report(output: Output, source: Path, written: Path, holds: str, contents: Contents) -> None:
    values, rows = contents
    size = written.stat().st_size
    head = {"source": str(source), "holds": holds, "size": f"{size:,} bytes"}
    output.result(
        {"file": str(written), "source": str(source), "bytes": size, **values}, table(str(written), head | rows)
    )
