"""chainrule train on a terminal of 80 columns: what a person sees while it runs, and afterwards."""

import io
import os
import re
import subprocess
import sys

import pytest
from rich.console import Console

from chainrule.cli.info import plan_table
from chainrule.cli.runs import listing

pty = pytest.importorskip("pty", reason="pseudo-terminals are POSIX only")
pyte = pytest.importorskip("pyte")

COLUMNS, ROWS = 80, 120

BAR = r"epoch \d+/\d+ [━╸╺]{20} +(\d+)% [\d,]+/s  loss \d+\.\d{4}  ETA [\d:-]+"
BATCH = r"Train Epoch: \d+ \[\d+/\d+ \(\d+%\)\] Loss: \S+"
EPOCH = r"epoch \d+/\d+: loss \S+ test: loss \S+ accuracy \S+ \(\S+ s\)"
TEST = r"Test set: Average loss: \S+ Accuracy: \S+ \(\d+%\)"
COMPILING = r"chainrule: compiling kernels for this machine, once; they are kept in \S+"


@pytest.fixture
def on_terminal(tmp_path):
    """Train with stderr, and stdout unless it is given, on a terminal: all that its screen showed, and when."""

    def train(*arguments: object, stdout=None) -> list[list[str]]:
        import termios

        controller, terminal = pty.openpty()
        termios.tcsetwinsize(terminal, (ROWS, COLUMNS))
        line = [sys.executable, "-m", "chainrule", "train", *map(str, arguments), "--out", "run"]
        environment = {**os.environ, "TERM": "xterm"}
        streams = {"stdin": terminal, "stdout": stdout or terminal, "stderr": terminal}
        running = subprocess.Popen(line, cwd=tmp_path, env=environment, **streams)
        os.close(terminal)
        screen = pyte.Screen(COLUMNS, ROWS)
        stream, seen = pyte.ByteStream(screen), []
        while True:
            try:
                written = os.read(controller, 65536)
            except OSError:  # Linux: the other end is closed
                written = b""
            if not written:
                break
            stream.feed(written)
            seen.append([row.rstrip() for row in screen.display])
        os.close(controller)
        assert running.wait(timeout=60) == 0
        return seen

    return train


def without(text: str, *lines: str) -> tuple[str, list[int]]:
    """A screen without these lines, which may break between words, and how many of each there were."""
    counts = []
    for line in lines:
        text, count = re.subn(f"^{line}$\n".replace(" ", r"\s+"), "", text, flags=re.MULTILINE)
        counts.append(count)
    return text, counts


@pytest.mark.heavy
def test_the_bar_moves_and_every_line_stands_alone(on_terminal):
    sizes = ("--train-data-size", 6400, "--test-data-size", 200)
    seen = on_terminal("--preset", "mlp", "--epochs", 20, *sizes, "--log-interval", 50)
    bars = [re.fullmatch(BAR, row) for rows in seen for row in rows if "ETA" in row]
    done = [int(bar[1]) for bar in bars if bar]
    assert done == sorted(done)
    assert len(set(done)) > 2
    left, (batches, epochs, _) = without("\n".join(seen[-1]), BATCH, EPOCH, COMPILING)
    assert (batches, epochs) == (40, 20)
    assert left.startswith("mlp: trained\n┌")  # nothing is left of the bar


@pytest.mark.heavy
def test_lines_of_stdout_stand_alone_above_the_bar(on_terminal):
    seen = on_terminal("--preset", "21mnist", "--epochs", 2, "--train-data-size", 1280, "--test-data-size", 50)
    assert any(re.fullmatch(BAR, row) for rows in seen for row in rows)
    left, (batches, tests, _) = without("\n".join(seen[-1]), BATCH, TEST, COMPILING)
    assert (batches, tests) == (4, 2)
    assert left.startswith("21mnist: trained\n┌")


@pytest.mark.heavy
def test_lines_of_stdout_go_to_its_file_while_the_bar_is_on_the_terminal(on_terminal, tmp_path):
    with (tmp_path / "lines").open("w") as file:
        options = ("--epochs", 2, "--train-data-size", 1280, "--test-data-size", 50)
        seen = on_terminal("--preset", "21mnist", *options, stdout=file)
    _, counts = without((tmp_path / "lines").read_text(), BATCH, TEST)
    assert counts == [4, 2]
    assert any(re.fullmatch(BAR, row) for rows in seen for row in rows)
    assert without("\n".join(seen[-1]), COMPILING)[0].strip() == ""


@pytest.mark.parametrize("width", [80, 120])
def test_tables_fit_and_cut_no_word(width):
    """What bench, info --plan and runs show, at its widest."""
    stages = "Convolution(64, 3x3) + ReLU + MaxPooling(2x2) + Dropout(0.25)", "Linear(128) + ReLU + Dropout(0.5)"
    kernels = "Winograd F(4x4, 3x3), sparse backward", "matrix products, part by part"
    numbers = {"multiply_adds": 10_616_832, "bytes": 5_294_032}
    plan = plan_table([{"stage": s, "kernel": k, **numbers} for s, k in zip(stages, kernels, strict=True)], 64)
    run = {"run": "runs/2026-01-31_12-00-00_mnist", "epochs": 100, "of": 100, "measured_on": "held-out", "loss": 0.1234}
    run |= {"validation_loss": 0.1234, "validation_accuracy": 0.9876, "seconds": 12345.6, "samples_per_second": 123456}
    called = re.split(r"[ _/]", " ".join([*stages, *kernels]))
    told = [run["run"], "held-out", "98.76%", "100/100", *(["123,456", "samples/s"] if width > 80 else [])]
    for table, words in ((plan, called), (listing([run], width), told)):
        written = io.StringIO()
        Console(width=width, file=written, color_system=None).print(table)
        lines = written.getvalue().splitlines()
        assert max(map(len, lines)) <= width
        shown = set(re.split(r"[ │┃]+", " ".join(lines)))
        assert {word for word in words if word not in shown} == set()
