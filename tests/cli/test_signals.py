"""Signals, and streams that nobody reads: a word at most, never a traceback, and the right exit code."""

import os
import signal
import subprocess
import sys

import pytest
from torture.signalled import handles, signalled, start

from chainrule.base.signals import is_command
from chainrule.exchange.model_file import load_checkpoint

LINE = [sys.executable, "-W", "error", "-m", "chainrule"]
MANY = "train --preset mlp --epochs 1000 --test-data-size 0 --log-interval 1 --engine reference --out run"
ENDING = signal.SIGINT, signal.SIGTERM, signal.SIGHUP


@pytest.mark.parametrize("signum", ENDING)
def test_while_it_starts(tmp_path, signum):
    """As soon as chainrule's first line has run; whatever else it would do takes far longer."""
    ended = signalled(["train"], tmp_path, signum, [0.0])
    assert (ended.code, ended.out, ended.err) == (128 + signum, "", "chainrule: interrupted\n")


@pytest.mark.parametrize("signum", ENDING)
def test_in_training_the_step_is_finished_and_saved(tmp_path, signum):
    process = start(MANY.split(), tmp_path)
    assert process.stderr is not None
    process.stderr.readline()  # the first batch is done
    process.send_signal(signum)
    out, err = process.communicate(timeout=100)
    assert process.returncode == 128 + signum
    assert "chainrule train --resume run" in out
    assert err.splitlines()[-1] == "chainrule: interrupted; go on with: chainrule train --resume run"
    assert err.count("chainrule: interrupted") == 1
    assert load_checkpoint(tmp_path / "run" / "model.safetensors").step >= 1


LOSES = """
import os, signal, sys
from chainrule.base import errors, signals
from chainrule.cli import app

def lost(*_, **__):
    try:
        os.kill(os.getpid(), signal.SIGTERM)
    except KeyboardInterrupt:
        pass  # as in a library's "except BaseException"
    raise {error}

app.app = lost
sys.argv = ["chainrule", "info"]
app.main()
"""


@pytest.mark.parametrize("error", ["errors.UsageError('half done')", "OSError('half done')", "AttributeError('half')"])
def test_what_fails_after_an_interrupt_that_got_lost_is_interrupted(tmp_path, error):
    line = [sys.executable, "-W", "error", "-c", LOSES.format(error=error)]
    done = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, timeout=100)
    assert (done.returncode, done.stdout, done.stderr) == (143, "", "chainrule: interrupted\n")


def test_a_signal_that_is_ignored_stays_so(tmp_path):
    """As under nohup."""
    line = ["sh", "-c", f"trap '' HUP; exec {sys.executable} -m chainrule info"]
    process = subprocess.Popen(line, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while not handles(process.pid) and process.poll() is None:
        pass
    process.send_signal(signal.SIGHUP)
    out, err = process.communicate(timeout=100)
    assert (process.returncode, err) == (0, "")
    assert "chainrule" in out


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-", "| head -c 1", ">/dev/null 2>/dev/full"])
@pytest.mark.parametrize(
    "command",
    [
        "info",
        pytest.param("train --help-all", marks=pytest.mark.heavy),
        pytest.param("nonsense", marks=pytest.mark.heavy),
    ],
)
def test_streams_that_nobody_reads(tmp_path, closed, command):
    words = f"({' '.join(LINE)} {command}; echo $? >code) {closed}" if "|" in closed else None
    line = words or f"{' '.join(LINE)} {command} {closed}; echo $? >code"
    done = subprocess.run(line, shell=True, cwd=tmp_path, capture_output=True, text=True, timeout=100)
    assert (tmp_path / "code").read_text().strip() == ("2" if command == "nonsense" else "0")
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no such device")
def test_a_full_disk_is_told(tmp_path):
    done = subprocess.run(f"{' '.join(LINE)} info >/dev/full", shell=True, cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (1, "chainrule: the system: No space left on device\n")


FLOODED = """
import signal, sys
from chainrule.base import signals
said = []
sys.__unraisablehook__ = said.append
sys.unraisablehook = signals.pass_over
sys.unraisablehook(type("Lost", (), {"exc_value": OSError("another")})())
for _ in range(20000):
    signal.signal(signal.SIGALRM, lambda *_: None)
    signal.setitimer(signal.ITIMER_REAL, 2e-5, 2e-5)
    signal.signal(signal.SIGALRM, signal.SIG_IGN)
    signal.setitimer(signal.ITIMER_REAL, 0)
print(*(lost.exc_value for lost in said))
"""


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="a system with timers that signal")
def test_of_a_signal_that_comes_as_it_begins_to_be_ignored_nothing_is_said():
    done = subprocess.run([sys.executable, "-c", FLOODED], capture_output=True, text=True, timeout=100)
    assert (done.returncode, done.stdout, done.stderr) == (0, "another\n", "")


@pytest.mark.parametrize(
    ("called", "words", "is_one"),
    [
        ("/usr/bin/chainrule", ["python", "/usr/bin/chainrule", "train"], True),
        ("C:\\Scripts\\chainrule.exe".replace("\\", "/"), ["python"], True),
        ("-m", ["python", "-W", "error", "-m", "chainrule", "info"], True),
        ("-m", ["python", "-m", "pytest", "chainrule"], False),
        ("-c", ["python", "-c", "import chainrule"], False),
        ("", ["python"], False),
        ("study.py", ["python", "study.py", "chainrule"], False),
    ],
)
def test_only_the_command_line_is_changed(monkeypatch, called, words, is_one):
    monkeypatch.setattr(sys, "argv", [called])
    monkeypatch.setattr(sys, "orig_argv", words)
    assert is_command() == is_one
