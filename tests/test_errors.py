"""Warnings: in a line, with the place of the user's that led to them."""

import warnings

import pytest

from chainrule import DataWarning
from chainrule.base.errors import warn
from chainrule.cli.app import warnings_in_lines


def test_a_warning_names_the_line_of_the_caller() -> None:
    with pytest.warns(DataWarning, match="dark") as found:
        warn("it is dark")
    assert found[0].filename == __file__


def test_the_command_line_prints_each_in_a_line_once(capsys: pytest.CaptureFixture[str]) -> None:
    with warnings_in_lines():
        for _ in range(2):
            warn("it is\ndark")
    assert capsys.readouterr().err == "chainrule: warning: it is\\ndark\n"


def test_others_stay_what_they_were() -> None:
    with pytest.warns(UserWarning, match="else"), warnings_in_lines():
        warnings.warn("something else", stacklevel=1)
