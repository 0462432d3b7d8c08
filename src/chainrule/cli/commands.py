"""What Typer calls a command, made of a dataclass: its fields are the options, and `execute` does it."""

import inspect
from dataclasses import MISSING
from typing import Annotated, Any

import typer

from chainrule.base import signals
from chainrule.base.errors import Interrupted
from chainrule.cli.settings import Argument, Leaf, Option, build, leaves

HELP_ALL = Leaf("help_all", bool, False, Option("Show all options and leave."), None)


def add_command(app: typer.Typer, kind: Any) -> None:
    """Let an app have the command."""
    found = list(leaves(kind))
    parameters, rare = [parameter(leaf) for leaf in found], not all(leaf.option.common for leaf in found)
    if rare:
        parameters.append(parameter(HELP_ALL, callback=shows({leaf.name: leaf.panel for leaf in found})))

    def command(**values: Any) -> int | None:
        try:
            return build(kind, values).execute()
        except KeyboardInterrupt:  # of which Typer would say nothing
            raise Interrupted(signals.WORD, signals.exit_code()) from None

    command.__doc__ = "\n\n".join(paragraphs(kind))
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    app.command(name_of(kind), epilog="--help-all shows all options." if rare else None)(command)


def name_of(kind: Any) -> str:
    """What a command is called: as its class in small letters, unless it says another name."""
    return getattr(kind, "called", kind.__name__.lower())


def paragraphs(kind: Any) -> list[str]:
    """What its docstring says, for any width of line."""
    return [" ".join(each.split()) for each in (kind.__doc__ or "").split("\n\n")]


def parameter(leaf: Leaf, callback: Any = None) -> inspect.Parameter:
    """A parameter of a function, of which Typer makes an option or an argument; `callback` comes before all others."""
    option, eager = leaf.option, callback is not None
    more: dict[str, Any] = {"help": option.help, "metavar": option.metavar, "callback": callback, "is_eager": eager}
    more["readable"] = False  # it may be a file to write; who reads one says what is wrong with it
    if isinstance(option, Argument):
        more["metavar"] = leaf.metavar
        how: Any = typer.Argument(**more)
    else:
        flags = [f"{leaf.flags[0]}/{option.contrary}"] if option.contrary else leaf.flags
        how = typer.Option(*flags, hidden=not leaf.option.common, **more)
    default = inspect.Parameter.empty if leaf.default is MISSING else leaf.default
    keyword, annotation = inspect.Parameter.KEYWORD_ONLY, Annotated[leaf.type, how]
    return inspect.Parameter(leaf.name, keyword, default=default, annotation=annotation)


def shows(panels: dict[str, str | None]) -> Any:
    """What --help-all calls: all options are shown, those of a panel together."""

    def show(context: typer.Context, asked: bool) -> None:
        if asked:
            for each in context.command.params:
                each.hidden, each.rich_help_panel = False, panels.get(each.name or "")  # type: ignore[attr-defined]
            context.command.epilog = None
            print(context.get_help(), end="")
            raise typer.Exit

    return show
