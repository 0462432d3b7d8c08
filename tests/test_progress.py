"""fit shows how far it is: on a terminal and in a notebook by itself, elsewhere if it is asked; estimators never."""

import io
import re
import sys
import time
from types import SimpleNamespace

import numpy as np
import pytest
from rich.console import Console

import chainrule as cr
from chainrule.base.waiting import COMPILING, WAITING
from chainrule.data import Dataset
from chainrule.network.reference import Reference
from chainrule.training.descent import minimise
from chainrule.views.progress import ProgressBar

X = np.random.default_rng(0).standard_normal((64, 3))
DATA = Dataset(X, (X[:, 0] > 0).astype(np.int64))
LINE = r"epoch \d/2: loss \S+; held out: loss \S+, accuracy \S+ \(\S+ s\)"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def fitted(progress: bool | None = None) -> None:
    network, training = cr.Network([cr.Linear(2)], 3), cr.Training(epochs=2, batch_size=8)
    cr.fit(network, DATA, training, validation=DATA, engine="reference", progress=progress)


def is_notebook(monkeypatch: pytest.MonkeyPatch) -> None:
    shell = SimpleNamespace(kernel=object())
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))


def test_in_a_script_without_a_terminal_it_is_silent(capsys):
    fitted()
    fitted(progress=False)
    assert capsys.readouterr() == ("", "")


def test_where_it_is_asked_a_pipe_gets_a_line_an_epoch(capsys):
    fitted(progress=True)
    out, err = capsys.readouterr()
    assert out == ""
    assert [bool(re.fullmatch(LINE, line)) for line in err.splitlines()] == [True, True]


def test_many_quick_epochs_have_some_lines_and_the_last(capsys):
    for epochs, told in ((29, range(1, 30)), (47, [5, 10, 15, 20, 25, 30, 35, 40, 45, 47])):
        network = cr.Network([cr.Linear(2)], 3)
        cr.fit(network, DATA, cr.Training(epochs=epochs), engine="reference", progress=True)
        lines = capsys.readouterr().err.splitlines()
        assert [int(line.split("/")[0].removeprefix("epoch ")) for line in lines] == [*told]


def test_on_a_terminal_it_shows_itself(monkeypatch):
    for asked, shown in ((None, True), (True, True), (False, False)):
        terminal = Terminal()
        monkeypatch.setattr(sys, "stderr", terminal)
        fitted(progress=asked)
        assert ("epoch 2/2: loss" in terminal.getvalue()) == shown


def test_a_notebook_gets_a_line_an_epoch(capsys, monkeypatch):
    is_notebook(monkeypatch)
    fitted()
    out, err = capsys.readouterr()
    assert err == ""
    assert [bool(re.fullmatch(LINE, line)) for line in out.splitlines()] == [True, True]
    fitted(progress=False)
    assert capsys.readouterr().out == ""


def test_while_kernels_are_compiled_the_bar_says_so_and_for_how_long(monkeypatch):
    monkeypatch.setattr("chainrule.views.progress.REFRESH", 0.01)
    written = Terminal()
    console = Console(file=written, force_terminal=True, width=80)
    network = cr.Network([cr.Linear(2)], 3)
    objective = Reference(network)
    step = objective.step

    def slow(*arguments, **named):
        WAITING.reason = COMPILING
        for _ in range(500):
            if "compiling kernels ... 0 s" in written.getvalue():
                break
            time.sleep(0.01)
        objective.step = step
        return step(*arguments, **named)

    objective.step = slow
    with ProgressBar(console, 64, 2) as bar:
        minimise(objective, DATA, network.w, cr.Training(epochs=2, batch_size=8), listeners=[bar])
    text = written.getvalue()
    assert "starting" in text
    assert "compiling kernels ... 0 s" in text
    assert "nan" not in text
    assert not re.search(r"\b0/s", text)
