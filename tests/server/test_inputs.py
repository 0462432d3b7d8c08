"""What the network is given: test digits, pictures and strokes, which are read as `chainrule predict` reads a file."""

import base64
import json
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from chainrule import Convolution, Linear, Network
from chainrule.cli import run
from chainrule.data import mnist
from chainrule.server.inputs import SIDE
from chainrule.server.subject import Subject
from photographs import photographs
from served import Client, in_bytes, numbers, served

Knowing = tuple[Client, Network]


def seven() -> np.ndarray:
    """(SIDE, SIDE): drawn with a mouse, say."""
    image = Image.new("L", (SIDE, SIDE), 0)
    ImageDraw.Draw(image).line([(32, 27), (91, 27), (55, 105)], 255, 10)
    return np.asarray(image)


def png(pixels: np.ndarray) -> bytes:
    file = BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def predicted(network: Network, content: bytes, folder: Path) -> list[float]:
    """What `chainrule predict` says of a file with that content."""
    path = folder / "file.png"
    path.write_bytes(content)
    (answer,) = network.answers(path)
    return answer.probabilities.tolist()


def test_a_digit_of_the_data_by_its_number(digits):
    for split in ("test", "train"):
        found, data = digits.get(f"/api/digit?split={split}&number=17"), mnist(split)
        assert base64.b64decode(found.pop("image")) == data.x[17].tobytes()
        assert found == {"t": int(data.t[17]), "number": 17, "split": split}


def test_a_random_digit_is_one_of_the_data(digits):
    found = [digits.get("/api/digit?number=random")["number"] for _ in range(30)]
    assert set(found) <= set(range(40))
    assert len(set(found)) > 3


def test_mistakes_come_one_after_the_other_and_then_again(knowing):
    client, network = knowing
    data = mnist("test").head(300)
    wrong = np.flatnonzero(network.classify(data.x) != data.t).tolist()
    found = [client.get("/api/digit?number=mistake")["number"]]
    for _ in wrong:
        found.append(client.get(f"/api/digit?number=mistake&after={found[-1]}")["number"])
    assert found == [*wrong, wrong[0]]


@pytest.mark.parametrize(("query", "status", "said"), [
    ("", 400, "there is no number"), ("number=-1", 400, "number is '-1'"), ("number=1.5", 400, "number is '1.5'"),
    ("number=40", 404, "there is no sample 40; expected 0 to 39"), ("number=9e9", 400, "a whole number"),
    ("number=1&split=all", 400, "split is 'all'; expected test or train"),
    ("number=mistake&split=train", 400, "expected that of the test data"),
    ("number=mistake&after=x", 400, "after is 'x'"),
])  # fmt: skip
def test_a_digit_that_there_is_not(digits, query, status, said):
    answer = digits.ask("GET", f"/api/digit?{query}")
    assert (answer.status, said in answer.values["error"]) == (status, True), answer


def test_strokes_are_read_as_a_file_of_them(knowing, tmp_path):
    client, network = knowing
    read = client.post("/api/strokes", {"pixels": in_bytes(seven())})
    found = client.post("/api/forward", {"image": read["image"]})
    np.testing.assert_allclose(found["probabilities"], predicted(network, png(seven()), tmp_path), rtol=0, atol=1e-6)
    assert found["best"] == int(np.argmax(found["probabilities"]))
    assert sum(found["probabilities"]) == pytest.approx(1, abs=1e-6)


def test_photographs_are_read_as_predict_reads_them(knowing, tmp_path):
    client, network = knowing
    for pixels, _ in photographs(4, seed=5):
        content = png(pixels)
        read = client.post("/api/picture", content)
        found = client.post("/api/forward", {"image": read["image"]})["probabilities"]
        np.testing.assert_allclose(found, predicted(network, content, tmp_path), rtol=0, atol=1e-6)
        (answer,) = network.answers(tmp_path / "file.png")
        assert read["notes"] == list(answer.doubts)


def test_the_command_says_the_same(tmp_path, capsys, knowing):
    client, network = knowing
    network.save(tmp_path / "model.safetensors")
    (tmp_path / "seven.png").write_bytes(png(seven()))
    assert run(["predict", str(tmp_path / "model.safetensors"), str(tmp_path / "seven.png"), "--json"]) == 0
    (said,) = json.loads(capsys.readouterr().out)["predictions"]
    read = client.post("/api/strokes", {"pixels": in_bytes(seven())})
    found = client.post("/api/forward", {"image": read["image"]})
    np.testing.assert_allclose(found["probabilities"], said["probabilities"], rtol=0, atol=1e-6)


@pytest.mark.parametrize("content", [b"", b"x", b"GIF89a", b"%!PS-Adobe", png(np.zeros((9, 9), np.uint8))[:40],
                                     png(np.zeros((50, 50), np.uint8))])  # fmt: skip
def test_what_is_no_picture_of_a_digit_is_refused_in_a_line_that_does_not_tell_where_it_was(digits, content):
    answer = digits.ask("POST", "/api/picture", content)
    assert answer.status == 422
    error = answer.values["error"]
    assert error.startswith("picture: ")
    assert "/" not in error
    assert "\n" not in error


def test_strokes_have_one_size(digits):
    for pixels, said in ((b"", "0 bytes; expected 128 x 128"), (b"1" * 784, "784 bytes")):
        answer = digits.ask("POST", "/api/strokes", {"pixels": base64.b64encode(pixels).decode()})
        assert (answer.status, said in answer.values["error"]) == (400, True)


def test_a_table_is_given_by_numbers_and_takes_no_picture(reals):
    model, found = reals.get("/api/model"), reals.get("/api/digit?number=3")
    assert (model["in_bytes"], model["pictures"], model["classes"]) == (False, False, None)
    assert numbers(found["image"]).shape == (4,)
    said = reals.post("/api/forward", {"image": found["image"]})
    assert (said["probabilities"], said["best"]) == (None, None)
    assert len(said["answers"]) == 1
    answer = reals.ask("POST", "/api/strokes", {"pixels": in_bytes(seven())})
    assert (answer.status, "no pictures" in answer.values["error"]) == (422, True)
    assert reals.ask("POST", "/api/forward", {"image": "AAAA"}).status == 400
    assert reals.ask("GET", "/api/digit?number=mistake").status == 400


@pytest.fixture(scope="module")
def in_colour() -> Iterator[Client]:
    """Of a network for pictures in colour, of another size."""
    network = Network([Convolution(2), Linear(3)], (3, 9, 8))
    with served(Subject(network, "in colour", mnist)) as client:
        yield client


def test_pictures_in_colour_are_resized(in_colour):
    read = in_colour.post("/api/picture", png(np.full((30, 40, 3), (200, 30, 40), np.uint8)))
    assert base64.b64decode(read["image"]) == bytes([200] * 72 + [30] * 72 + [40] * 72)
