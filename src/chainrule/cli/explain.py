"""chainrule explain: a page on this machine that shows back propagation at work, on the reader's own digits."""

from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from chainrule.base.errors import ChainruleError, UsageError
from chainrule.base.files import check_writable
from chainrule.cli.console import Output
from chainrule.cli.explain_model import subject_of
from chainrule.cli.settings import Argument, Option

if TYPE_CHECKING:
    from chainrule.server.subject import Subject

MODEL_HELP = "A model.safetensors, or the folder of a run (default: the last run, or a preset, trained at once)."


@dataclass(frozen=True)
class Explain:
    """Show in the browser how the network computes, and how back propagation finds every gradient.

    The page is this machine's own: nothing leaves it, and nobody else comes in. Ctrl-C ends it. With --export one pass
    becomes a file, to be opened and stepped through without a server.
    """

    model: Annotated[Path | None, Argument(MODEL_HELP)] = None
    preset: Annotated[str | None, Option("Train this preset's network for it, at once, on a part of MNIST.")] = None
    data: Annotated[
        Path | None, Option("What the model is tried on: as of evaluate (default: its run's own test data).", "PATH")
    ] = None
    port: Annotated[int | None, Option("Where the page is (default: any port that is free).", least=1, most=65535)] = (
        None
    )
    browser: Annotated[bool, Option("Open the page in the browser.", contrary="--no-browser")] = True
    export: Annotated[Path | None, Option("Record one pass into this .html file, and serve nothing.", "FILE")] = None
    digit: Annotated[int | None, Option("With --export: of this sample of the test data (default: 0).", "N")] = None
    picture: Annotated[Path | None, Option("With --export: of the digit in this picture.", "FILE")] = None
    true: Annotated[int | None, Option("With --export: the picture's true class.", "CLASS")] = None
    output: Output = field(default_factory=Output)

    def execute(self) -> None:
        self._check()
        serving = needed("chainrule.server.serving")
        if self.export:
            return self._export(self._subject(), self.export)
        with serving.listening(self.port) as listener:  # before a network is trained for a page that cannot be
            subject = self._subject()

            def ready(address: Any) -> None:
                self.output.result({"address": address.page}, f"{subject.name} is explained at {address.page}")
                if self.browser:
                    serving.open_browser(address.visit)

            return serving.serve(subject, listener, ready)

    def _subject(self) -> "Subject":
        return subject_of(self.model, self.preset, self.output, self.data)

    def _check(self) -> None:
        """UsageError for what does not go together."""
        if self.export is None:
            for name in ("digit", "picture", "true"):
                if getattr(self, name) is not None:
                    raise UsageError(f"--{name} is given without --export; expected both")
        elif self.port is not None:
            raise UsageError("--port is given with --export, which serves nothing; expected one of them")
        if self.digit is not None and self.picture is not None:
            raise UsageError("--digit is given with --picture; expected one of them")
        if (self.picture is None) != (self.true is None):
            given, missing = ("--picture", "--true") if self.true is None else ("--true", "--picture")
            raise UsageError(f"{given} is given without {missing}; expected both")
        if self.export:
            check_writable(self.export)

    def _export(self, subject: "Subject", path: Path) -> None:
        """The page of one pass."""
        inputs, page = needed("chainrule.server.inputs"), needed("chainrule.server.recorded_page")
        if self.picture is None:
            found = inputs.sample(subject, "test", self.digit or 0)
        else:
            found = {**inputs.read_picture(subject, self.picture), "t": self.true}
        size = page.write_recorded_page(path, subject, {key: found[key] for key in ("image", "t")})
        self.output.result({"page": str(path), "bytes": size}, f"{path}: {size / 1e6:.1f} MB, for any browser")


def needed(name: str) -> Any:
    """A module of the room that serves the page; ChainruleError where what it needs is not installed."""
    try:
        return import_module(name)
    except ImportError as error:
        if (error.name or "").startswith("chainrule"):
            raise
        raise ChainruleError('explain needs starlette and uvicorn: pip install "chainrule[explain]"') from None
