"""What a command can be told: the fields of one frozen dataclass, from which all that has to agree with them is made.

    mistakes: Annotated[int, Option("Show the N worst mistakes.", "N", least=0)] = 5
    data: Annotated[DataOptions, "Data"] = field(default_factory=DataOptions)    # more settings; how help titles them

`commands` makes the options of them, `build` the object of what was typed, `kept` and `restored` what a run's
config.toml holds of it, `manual` the tables of the docs; `refuse_with_resume` says what a run that goes on cannot take.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from operator import attrgetter
from pathlib import Path
from typing import Annotated, Any, NamedTuple, TypeVar, get_args, get_type_hints

from chainrule.base.errors import DataError, UsageError, reason
from chainrule.base.showing import one_line
from chainrule.base.typed import Typed, Within, takes

T = TypeVar("T")
LONGEST = 4096
"""Characters of what is typed for one option."""


@dataclass(frozen=True)
class Option:
    """What a field says of itself to whoever types a command."""

    help: str
    metavar: str | None = None
    flags: tuple[str, ...] = ()  # default: as the field is called
    contrary: str | None = None  # the flag that says no
    common: bool = True  # --help shows it, not only --help-all
    kept: bool = False  # in a run's config.toml
    resumes: bool = False  # a run that goes on takes it anew
    least: int = 0
    most: int = 2**31 - 1


class Argument(Option):
    """An option that has no flag: it is known by its place."""


class Leaf(NamedTuple):
    """A field that holds no more settings."""

    path: str  # as in "training.batch_size"
    type: Any
    default: Any
    option: Option
    panel: str | None

    @property
    def kind(self) -> Any:
        """The type of what is given; None, where nothing is, left out."""
        return (get_args(self.type) or (self.type,))[0]

    @property
    def flags(self) -> tuple[str, ...]:
        return self.option.flags or (f"--{self.path.rpartition('.')[2].replace('_', '-')}",)

    @property
    def metavar(self) -> str:
        """What stands for an argument in the usage."""
        return self.option.metavar or self.path.upper()

    @property
    def name(self) -> str:
        """Of Typer's parameter, and in config.toml."""
        return self.flags[0].lstrip("-").replace("-", "_")


def leaves(kind: Any, path: str = "", panel: str | None = None) -> Iterator[Leaf]:
    """All that such settings can be told, in their order."""
    hints = get_type_hints(kind, include_extras=True)
    for each in fields(kind):
        hint, *about = get_args(hints[each.name]) or (hints[each.name],)
        if about and isinstance(about[0], Option):
            yield Leaf(path + each.name, hint, each.default, about[0], panel)
        else:
            yield from leaves(hint, f"{path}{each.name}.", *about)


def build(kind: type[T], values: Mapping[str, Any]) -> T:
    """The settings with these values by name, if each is in its range; the others have their defaults."""
    own = {leaf: at_home(values[leaf.name]) for leaf in leaves(kind) if "." not in leaf.path and leaf.name in values}
    for leaf, value in own.items():
        for each in value if isinstance(value, list | tuple) else [value]:
            check_value(leaf, each)
    hints = get_type_hints(kind)
    groups = {
        name: build(hint, values) for name, hint in hints.items() if isinstance(hint, type) and is_dataclass(hint)
    }
    return kind(**{leaf.path: value for leaf, value in own.items()}, **groups)


def at_home(value: Any) -> Any:
    """A path, or each of several, with the user's home folder in the place of a ~ that no shell has replaced."""
    if isinstance(value, list):
        return [at_home(each) for each in value]
    if not isinstance(value, Path) or not value.parts or not value.parts[0].startswith("~"):
        return value
    found = Path(os.path.expanduser(value))
    if found == value and value.parts[0] == "~":
        raise UsageError(f"{value}: there is no home folder; expected a path without ~, or HOME set")
    return found


def check_value(leaf: Leaf, value: Any) -> None:
    """UsageError for a number out of its range, or no number, and for a path that nothing can be called by."""
    typed = Typed(leaf.flags[0], UsageError)
    if takes(int, value):
        typed.read(Annotated[int, Within(leaf.option.least, leaf.option.most)], value)
    elif takes(float, value):
        typed.read(float, value)
    elif isinstance(value, str | Path):
        typed.read(Annotated[str, Within(0, LONGEST)], str(value))
        try:
            if isinstance(value, Path):
                os.lstat(value)
        except FileNotFoundError:
            pass
        except (OSError, ValueError) as error:
            if not isinstance(error, PermissionError | NotADirectoryError):  # which whoever opens it says better
                shown = one_line(repr(str(value)), 60)
                raise UsageError(f"{leaf.flags[0]} is {shown}; expected a path: {reason(error)}") from None


def values_of(settings: Any) -> dict[str, Any]:
    """What `build` makes the same settings of."""
    return {leaf.name: attrgetter(leaf.path)(settings) for leaf in leaves(type(settings))}


def kept(settings: Any) -> dict[str, Any]:
    """What a run's configuration holds of the settings: those that are given; paths from the root."""
    values, names = values_of(settings), [leaf.name for leaf in leaves(type(settings)) if leaf.option.kept]
    found = {name: values[name] for name in names if values[name] is not None}
    return {name: str(value.resolve()) if isinstance(value, Path) else value for name, value in found.items()}


def restored(settings: T, configuration: Mapping[str, Any]) -> T:
    """The settings with what a run's configuration holds of them, except what is given anew.

    DataError naming what no run can have held.
    """
    values = values_of(settings)
    try:
        for leaf in leaves(type(settings)):
            given_anew = leaf.option.resumes and values[leaf.name] != leaf.default
            if leaf.option.kept and not given_anew and (value := configuration.get(leaf.name)) is not None:
                values[leaf.name] = Typed(leaf.name, DataError).read(leaf.type, value)
        return build(type(settings), values)
    except UsageError as error:
        raise DataError(str(error)) from None


def refuse_with_resume(settings: Any) -> None:
    """UsageError for a setting that a run which goes on cannot take."""
    values = values_of(settings)
    for leaf in leaves(type(settings)):
        if values[leaf.name] != leaf.default and not leaf.option.resumes:
            resumed = "with --resume, which goes on with the run's own settings"
            *others, last = (
                each.flags[0] for each in leaves(type(settings)) if each.option.resumes and each.name != "resume"
            )
            raise UsageError(f"{leaf.flags[0]} is given {resumed}; expected only {', '.join(others)} and {last}")


def one_of(values: Mapping[str, object]) -> None:
    """UsageError unless exactly one of two flags is given; `values` are theirs."""
    found = [flag for flag, value in values.items() if value is not None]
    if len(found) != 1:
        what = f"both {' and '.join(values)} are" if found else f"neither {' nor '.join(values)} is"
        raise UsageError(f"{what} given; expected one of them")
