"""All commands in one app. `run` executes one of them and returns its exit code; `main` leaves the process with it."""

import gc
import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from signal import SIGINT
from typing import Annotated, Any, NoReturn

import typer

from chainrule.base import signals
from chainrule.base.errors import ChainruleError, DataWarning, reason
from chainrule.base.printable import in_a_line
from chainrule.base.typed import called
from chainrule.base.version import __version__
from chainrule.cli.bench import Bench
from chainrule.cli.commands import add_command, name_of
from chainrule.cli.evaluate import Evaluate
from chainrule.cli.exchange import Export, Import
from chainrule.cli.explain import Explain
from chainrule.cli.gradcheck import Gradcheck
from chainrule.cli.info import Info
from chainrule.cli.on_ranks import run_on_ranks
from chainrule.cli.predict import Predict
from chainrule.cli.regress import Regress
from chainrule.cli.reproduce import Reproduce
from chainrule.cli.runs import Runs
from chainrule.cli.settings import leaves
from chainrule.cli.streams import usable_streams
from chainrule.cli.train import Train
from chainrule.cli.verify import Verify
from chainrule.cli.vgg20 import Vgg20
from chainrule.distribution.ending import START, Ending

INTERRUPTED = 130  # what Typer makes of a KeyboardInterrupt outside a command
COMMANDS = (
    Train, Evaluate, Predict, Explain, Runs, Verify, Reproduce, Export, Import, Regress, Gradcheck, Info, Bench, Vgg20,
)  # fmt: skip

app = typer.Typer(
    name="chainrule",
    help="Neural networks you can read like the lecture: train, evaluate, predict, export, check gradients.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in COMMANDS:
    add_command(app, command)


def _version(asked: bool) -> None:
    if asked:
        print(f"chainrule {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    """Options of no particular command."""


def run(arguments: Sequence[str] | None = None) -> int:
    """Execute one command line (default: the process's) and return its exit code; an error is one line on stderr."""
    with usable_streams():
        ending = _run(sys.argv[1:] if arguments is None else list(arguments))
        if ending.message:
            print(ending.message, file=sys.stderr)
        return ending.code


def _run(arguments: list[str]) -> Ending:
    try:
        with warnings_in_lines():
            code = app(arguments, standalone_mode=False) or 0
        if code == INTERRUPTED:  # Typer, without a word
            raise KeyboardInterrupt
        sys.stdout.flush()  # here it can still be told that a disk is full
        return Ending(code)
    except ChainruleError as error:
        return _fail(str(error), error.exit_code)
    except typer.TyperException as error:
        message = _no_number(error, arguments) or " ".join(error.format_message().split())
        return _fail(message, error.exit_code) if message else Ending(error.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        return _fail(signals.WORD, signals.exit_code())
    except MemoryError as error:
        return _fail(f"out of memory: {error}; try a smaller --batch-size", 1)
    except OSError as error:
        return _fail(f"{error.filename or 'the system'}: {reason(error)}", 1)
    except Exception:
        if not signals.CAUGHT.last:
            raise
        return _fail(signals.WORD, signals.exit_code())


@contextmanager
def warnings_in_lines() -> Iterator[None]:
    """Meanwhile what is doubtful is a line on stderr, once."""
    with warnings.catch_warnings():
        warnings.simplefilter("always", DataWarning)
        others, said = warnings.showwarning, set()

        def show(message: Warning | str, category: type[Warning], *place: Any, **more: Any) -> None:
            line = f"chainrule: warning: {in_a_line(str(message))}"
            if not issubclass(category, DataWarning | RuntimeWarning):  # such as the kernels' folder
                others(message, category, *place, **more)
            elif line not in said:
                said.add(line)
                print(line, file=sys.stderr, flush=True)

        warnings.showwarning = show
        yield


def main() -> NoReturn:
    """The entry point of `chainrule` and of `python -m chainrule`."""
    sys.unraisablehook = signals.pass_over
    signals.handle(signals.interrupt)
    try:
        beside = signals.BESIDE
        code = run_on_ranks(_run, beside, distributes(sys.argv[1:])) if beside else run()
        signals.ignore()
    except KeyboardInterrupt:  # in one of the few lines above that are not for this
        signals.leave(signals.CAUGHT.signum or SIGINT)
    if signals.CAUGHT.signum:  # sys.exit might leave with SIGINT's code, where a library has seen the interrupt pass
        os._exit(code)
    gc.freeze()  # the last collection would walk all that Numba made: 0.3 s, for nothing that outlives us
    sys.exit(code)


def distributes(arguments: Sequence[str]) -> bool:
    """Whether that is a command which several ranks execute as one; any other is the first's alone."""
    name = next((each for each in arguments if not each.startswith("-")), "")
    return any(name_of(command) == name and getattr(command, "distributes", False) for command in COMMANDS)


def _no_number(error: typer.TyperException, arguments: Sequence[str]) -> str:
    """What an error says of an option that takes a number and was given something else; nothing of other errors."""
    names = getattr(getattr(error, "param", None), "opts", ())
    kinds = {flag: leaf.kind for command in COMMANDS for leaf in leaves(command) for flag in leaf.flags}
    for argument, value in reversed([*zip(arguments, [*arguments[1:], ""], strict=True)]):  # the last one counts
        name, equals, attached = argument.partition("=")
        if isinstance(error, typer.BadParameter) and name in names and kinds.get(name) in (int, float):
            return f"{name} is {attached if equals else value!r}; expected {called(kinds[name])}"
    return ""


def _fail(message: str, code: int) -> Ending:
    signals.ignore()  # so that no second word follows this one
    if signals.CAUGHT.last and code != signals.exit_code():  # an interrupt got lost: what fails after it is its doing
        message, code = signals.WORD, signals.exit_code()
    return Ending(code, f"{START}{in_a_line(message)}")
