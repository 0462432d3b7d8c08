"""A model that a command is about: its file, and all that it holds, looked at before the command begins."""

from pathlib import Path

from chainrule.base.errors import DataError, ModelError
from chainrule.cli.data_options import DataOptions
from chainrule.cli.run_folder import RunFolder
from chainrule.cli.settings import restored
from chainrule.exchange.model_file import Checkpoint, load_checkpoint

MODEL_HELP = "A model.safetensors, or the folder of a run."


def opened_model(path: Path) -> tuple[Path, Checkpoint]:
    """The model at that path, or of the run in that folder; ModelError if there is none, or it cannot be right."""
    file = model_file(path)
    checkpoint = load_checkpoint(file)
    try:
        restored(DataOptions(), checkpoint.configuration)
    except DataError as error:
        raise ModelError(f"{file}: configuration.{error}") from None
    return file, checkpoint


def model_file(path: Path) -> Path:
    """The model at that path: of a run's folder, the run's. ModelError for a folder that holds no model."""
    if not path.is_dir():
        return path
    found = RunFolder(path).model
    if found.exists():
        return found
    expected = "expected a model.safetensors, or the folder of a run that has one"
    runs = sorted(path.glob(f"*/{found.name}"), key=lambda each: each.stat().st_mtime)
    raise ModelError(f"{path}: there is no {found.name} in it; {expected}{f', as {runs[-1].parent}' if runs else ''}")
