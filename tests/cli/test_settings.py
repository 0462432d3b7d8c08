"""Commands are made of settings: options, help, what a run keeps, what it refuses, and the page of the docs."""

import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import pytest
import tomli_w

from chainrule.base.errors import UsageError
from chainrule.cli import manual
from chainrule.cli.app import COMMANDS
from chainrule.cli.commands import name_of
from chainrule.cli.settings import (
    Argument,
    Option,
    build,
    kept,
    leaves,
    one_of,
    refuse_with_resume,
    restored,
    values_of,
)
from chainrule.cli.train import Train
from chainrule.cli.train_settings import TrainSettings

COMMON = {
    "--preset", "--network", "--epochs", "--batch-size", "--lr", "--early-stopping",
    "--data", "--target", "--validation", "--resume", "--out", "--json", "--quiet", "--checkpoint-every",
}  # fmt: skip


@dataclass(frozen=True)
class Inner:
    where: Annotated[Path | None, Option("Where.", "PATH", kept=True)] = None
    size: Annotated[int, Option("How many.", flags=("--how-many", "-n"), least=1, kept=True)] = 3
    loud: Annotated[bool, Option("Loudly.", resumes=True, common=False)] = False


@dataclass(frozen=True)
class Outer:
    file: Annotated[Path, Argument("What.")]
    inner: Annotated[Inner, "Inner"] = field(default_factory=Inner)


def options_in(text: str) -> set[str]:
    """The flags that a help names first in its lines."""
    return set(re.findall(r"^│ +(?:\* +)?(--[\w-]+)", text, re.MULTILINE))


def test_settings_are_built_of_what_is_typed_by_name():
    built = build(Outer, {"file": Path("a"), "how_many": 7, "loud": True, "of_another": 1})
    assert built == Outer(Path("a"), Inner(None, 7, True))
    assert build(Outer, values_of(built)) == built
    assert [(leaf.path, leaf.name, leaf.option.common, leaf.panel) for leaf in leaves(Outer)] == [
        ("file", "file", True, None),
        ("inner.where", "where", True, "Inner"),
        ("inner.size", "how_many", True, "Inner"),
        ("inner.loud", "loud", False, "Inner"),
    ]
    with pytest.raises(UsageError, match="--how-many is 0; expected a whole number of at least 1"):
        build(Outer, {"file": Path("a"), "how_many": 0})


def test_a_configuration_keeps_what_is_kept_and_gives_it_back():
    settings = Outer(Path("a"), Inner(Path("b"), 7, True))
    configuration = kept(settings)
    assert configuration == {"where": str(Path("b").resolve()), "how_many": 7}
    again = restored(Outer(Path("c")), tomllib.loads(tomli_w.dumps(configuration)))
    assert again == Outer(Path("c"), Inner(Path("b").resolve(), 7))
    assert kept(Outer(Path("a"))) == {"how_many": 3}


def test_a_run_that_goes_on_takes_what_resumes():
    refuse_with_resume(Inner(loud=True))
    with pytest.raises(UsageError, match="--how-many is given with --resume"):
        refuse_with_resume(Inner(size=4))


def test_one_of_two():
    one_of({"--a": None, "--b": 0})
    with pytest.raises(UsageError, match="both --a and --b are given; expected one of them"):
        one_of({"--a": 1, "--b": 0})
    with pytest.raises(UsageError, match="neither --a nor --b is given; expected one of them"):
        one_of({"--a": None, "--b": None})


def test_all_settings_of_a_run_are_kept_or_refused_or_taken_anew():
    names = [leaf.name for leaf in leaves(TrainSettings)]
    assert len(names) == len(set(names))
    anew = {leaf.name for leaf in leaves(TrainSettings) if leaf.option.resumes}
    assert anew == {"data", "epochs", "resume", "threads", "log_interval", "tensorboard", "plot", "json", "quiet",
                    "checkpoint_every", "keep_every", "on_rank_failure"}  # fmt: skip


def test_train_help_shows_what_people_use_and_help_all_shows_all(cli):
    ran = cli("train", "--help")
    assert ran.code == 0
    assert options_in(ran.out) == COMMON | {"--help", "--help-all"}
    assert "--help-all shows all options." in ran.out
    ran = cli("train", "--help-all")
    assert (ran.code, ran.err) == (0, "")
    assert options_in(ran.out) == {leaf.flags[0] for leaf in leaves(Train)} | {"--help", "--help-all"}
    for panel in ("Network", "Training", "Data", "Run", "Output"):
        assert f"╭─ {panel} ─" in ran.out
    assert options_in(cli("train", "--help").out) == COMMON | {"--help", "--help-all"}


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.__name__)
def test_help_of_other_commands_shows_all(cli, command):
    out = cli(name_of(command), "--help").out
    if command is not Train:
        flags = {leaf.flags[0] for leaf in leaves(command) if not isinstance(leaf.option, Argument)}
        assert options_in(out) == flags | {"--help"}
    assert all(len(line) <= 80 for line in out.splitlines())


def test_the_page_of_the_docs_is_what_the_commands_say():
    page = Path(__file__).parents[2] / "docs" / "cli.md"
    assert page.read_text(encoding="utf-8") == manual.page(), "python -m chainrule.cli.manual > docs/cli.md"
