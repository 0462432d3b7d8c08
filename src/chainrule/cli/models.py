"""A model that a command is about: its file, and all that it holds, looked at before the command begins."""

from pathlib import Path

from chainrule.base.errors import DataError, ModelError
from chainrule.cli.data_options import DataOptions
from chainrule.cli.run_folder import model_file
from chainrule.cli.settings import restored
from chainrule.exchange.model_file import Checkpoint, load_checkpoint


def opened_model(path: Path) -> tuple[Path, Checkpoint]:
    """The model at that path, or of the run in that folder; ModelError if there is none, or it cannot be right."""
    file = model_file(path)
    checkpoint = load_checkpoint(file)
    try:
        restored(DataOptions(), checkpoint.configuration)
    except DataError as error:
        raise ModelError(f"{file}: configuration.{error}") from None
    return file, checkpoint
