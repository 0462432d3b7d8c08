"""chainrule explain: a page on this machine that shows back propagation at work, on the reader's own digits."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from chainrule.base.errors import ChainruleError
from chainrule.cli.console import Output
from chainrule.cli.explain_subject import subject_of
from chainrule.cli.settings import Argument, Option

MODEL_HELP = "A model.safetensors, or the folder of a run (default: the last run, or a preset, trained at once)."


@dataclass(frozen=True)
class Explain:
    """Show in the browser how the network computes, and how back propagation finds every gradient.

    The page is this machine's own: nothing leaves it, and nobody else comes in. Ctrl-C ends it.
    """

    model: Annotated[Path | None, Argument(MODEL_HELP)] = None
    preset: Annotated[str | None, Option("Train this preset's network for it, at once, on a part of MNIST.")] = None
    port: Annotated[int | None, Option("Where the page is (default: any port that is free).", least=1, most=65535)] = (
        None
    )
    browser: Annotated[bool, Option("Open the page in the browser.", contrary="--no-browser")] = True
    output: Output = field(default_factory=Output)

    def execute(self) -> None:
        serving = server()
        subject = subject_of(self.model, self.preset, self.output)

        def ready(address: Any) -> None:
            self.output.result({"address": address.page}, f"{subject.name} is explained at {address.page}")
            if self.browser:
                serving.open_browser(address.visit)

        serving.serve(subject, self.port, ready)


def server() -> Any:
    """The room that serves the page; ChainruleError where what it needs is not installed."""
    try:
        from chainrule.server import serving
    except ImportError:
        raise ChainruleError('explain needs starlette and uvicorn: pip install "chainrule[explain]"') from None
    return serving
