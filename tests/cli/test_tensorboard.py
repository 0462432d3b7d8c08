"""chainrule train --tensorboard writes what TensorBoard reads."""

import json
import struct
import sys
from pathlib import Path

import pytest
from tensorboardX.proto import event_pb2

from chainrule.base.errors import WriteError
from chainrule.base.writing import append


def scalars(folder: str) -> dict[str, list[tuple[int, float]]]:
    """(step, value) by tag, from the event files: records of length, checksum, content, checksum."""
    files, found = sorted(Path(folder).glob("events.out.tfevents.*")), {}
    data, at = b"".join(path.read_bytes() for path in files), 0
    while at < len(data):
        (length,) = struct.unpack_from("<Q", data, at)
        event = event_pb2.Event.FromString(data[at + 12 : at + 12 + length])  # type: ignore[attr-defined]
        at += length + 16
        for value in event.summary.value:
            found.setdefault(value.tag, []).append((event.step, value.simple_value))
    return found


def test_the_curves_of_a_run(cli):
    cli("train", "--preset", "mlp", "--train-data-size", 320, "--test-data-size", 100, "--epochs", 2, "--out", "run",
        "--tensorboard")  # fmt: skip
    found = scalars("run")
    lines = [json.loads(line) for line in Path("run/metrics.jsonl").read_text().splitlines()]
    assert [step for step, _ in found["batch/loss"]] == list(range(1, 11))
    for tag, key in (("epoch/loss", "loss"), ("epoch/lr", "lr"), ("validation/accuracy", "validation_accuracy")):
        assert found[tag] == [(line["epoch"], pytest.approx(line[key], rel=1e-6)) for line in lines]


def test_without_the_extra_one_line_says_what_to_install(cli, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    ran = cli("train", "--preset", "mlp", "--train-data-size", 64, "--epochs", 1, "--tensorboard", "--out", "run")
    assert ran.code == 1
    assert ran.err == 'chainrule: --tensorboard needs tensorboardX: pip install "chainrule[tensorboard]"\n'


def test_a_run_that_was_killed_tells_nothing_twice_and_leaves_nothing_out(cli, monkeypatch):
    from contextlib import contextmanager

    from chainrule.training.events import BatchEvent

    class Killed(BaseException):
        pass

    @contextmanager
    def stop():
        def listener(event):
            if isinstance(event, BatchEvent) and event.progress.state.step == 9:
                raise Killed

        yield listener

    options = ("--preset", "mlp", "--train-data-size", 320, "--test-data-size", 100, "--epochs", 3, "--tensorboard")
    cli("train", *options, "--out", "whole")
    with monkeypatch.context() as patch:
        patch.setattr("chainrule.cli.training_run.stop_on_interrupt", stop)
        with pytest.raises(Killed):
            cli("train", *options, "--out", "run", "--checkpoint-every", 7)
    assert cli("train", "--resume", "run", "--tensorboard").code == 0
    assert {tag: sorted(points) for tag, points in scalars("run").items() if "second" not in tag} == {
        tag: points for tag, points in scalars("whole").items() if "second" not in tag
    }


@pytest.mark.parametrize("damage", [b"", b"\0" * 8, b"\xff" * 8, b"\x01" * 40])
def test_a_damaged_file_is_kept_as_far_as_it_is_whole(cli, damage):
    options = ("--preset", "mlp", "--train-data-size", 320, "--test-data-size", 0, "--tensorboard")
    cli("train", *options, "--epochs", 1, "--out", "run")
    (file,) = Path("run").glob("events.out.tfevents.*")
    content = file.read_bytes()
    half = len(content) // 2
    file.write_bytes(content[:half] + damage + content[half + len(damage) : -1])
    ran = cli("train", "--resume", "run", "--epochs", 2, "--tensorboard")
    assert ran.code == 0
    steps = [step for step, _ in scalars("run")["batch/loss"]]
    assert steps[-5:] == [6, 7, 8, 9, 10]
    assert steps[:-5] == [1, 2, 3, 4, 5][: len(steps) - 5]
    assert (len(steps) < 10) == bool(damage)


def test_a_disk_that_is_full_for_a_moment_loses_no_record(cli, monkeypatch):
    calls = []

    def full(path, content):
        calls.append(path)
        if len(calls) < 4:
            raise WriteError(f"{path}: cannot be written: No space left on device")
        append(path, content)

    monkeypatch.setattr("chainrule.cli.tensorboard.append", full)
    ran = cli("train", "--preset", "mlp", "--train-data-size", 320, "--test-data-size", 0, "--epochs", 4,
        "--out", "run", "--tensorboard")  # fmt: skip
    assert ran.code == 0
    assert ran.err.count("No space left on device; training goes on, and tries again after the next epoch") == 1
    assert [step for step, _ in scalars("run")["batch/loss"]] == list(range(1, 21))
