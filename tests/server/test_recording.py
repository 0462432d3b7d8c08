"""A recorded pass: one file of at most 3 MB, which holds what its page asks for, and needs no server."""

import base64
import gzip
import hashlib
import json
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest

import chainrule
from chainrule.base.errors import ChainruleError
from chainrule.data import mnist
from chainrule.server.recorded_page import MOST, write_recorded_page
from chainrule.server.recording import BITS, Recording, rounded
from chainrule.server.subject import Subject
from served import in_bytes, numbers, served
from server.conftest import small_subject

DATA = mnist("test")
PASS = {"image": in_bytes(DATA.x[3]), "t": int(DATA.t[3])}
FEWER = 480_000
OF_PASS = "image", "t", "training", "seed"


class Page(HTMLParser):
    """What a page consists of."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = [("", {})]
        self.texts: dict[str, str] = {}
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        self.tags.append(("", {}))

    def handle_data(self, data: str) -> None:
        tag, attributes = self.tags[-1]
        name = attributes.get("id") or tag
        self.texts[name] = self.texts.get(name, "") + data


def recorded(html: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The recording, and its answers by request."""
    found = json.loads(Page(html).texts["recorded"])
    return found, json.loads(gzip.decompress(base64.b64decode(found["gzip"])))


@pytest.fixture(scope="module")
def page(tmp_path_factory) -> str:
    path = tmp_path_factory.mktemp("recorded") / "page.html"
    size = write_recorded_page(path, small_subject(), PASS, most=FEWER)
    assert size == path.stat().st_size
    assert FEWER * 0.9 < size <= FEWER
    return path.read_text(encoding="utf-8")


def test_it_is_one_file_that_asks_for_nothing(page):
    found = Page(page)
    for tag, attributes in found.tags:
        for name in ("src", "href"):
            assert (attributes.get(name) or "data:").startswith("data:"), tag
    (policy,) = (a["content"] or "" for t, a in found.tags if t == "meta" and "http-equiv" in a)
    assert policy.startswith("default-src 'none'")
    for kind, name in (("script-src", "script"), ("style-src", "style")):
        digest = base64.b64encode(hashlib.sha256(found.texts[name].encode()).digest()).decode()
        assert f"{kind} 'sha256-{digest}'" in policy
    assert "connect-src" not in policy
    (token,) = (a["content"] for t, a in found.tags if a.get("name") == "chainrule-token")
    assert token == ""


def test_every_answer_is_the_servers(page):
    found, answers = recorded(page)
    assert found["pass"] == PASS
    assert found["bits"] == BITS[0]
    with served(small_subject()) as client:
        for key in [*list(answers)[:40], *list(answers)[-5:]]:
            method, path, *body = key.split(" ", 2)
            answer = client.ask(method, path, {**PASS, **json.loads(body[0])} if body else None).values
            for each in (answer, answers[key]):
                for name in ("milliseconds", "kernel", "kernel_pending"):
                    each.pop(name, None)
            if path == "/api/forward":
                assert answer.pop("values") == answers["POST /api/trace {}"]["values"]
            assert answer == answers[key], key


def test_keys_are_canonical_and_without_the_pass(page):
    _, answers = recorded(page)
    assert {"GET /api/model", "POST /api/forward {}", "POST /api/trace {}", 'POST /api/update {"eta":0.05}'} < set(
        answers
    )
    assert 'POST /api/weights {"parameter":"conv1.w","what":"gradient"}' in answers
    assert 'POST /api/unit {"count":200,"from":0,"order":"size","unit":"loss"}' in answers
    for key in answers:
        if key.startswith("POST"):
            body = json.loads(key.split(" ", 2)[2])
            assert not set(body) & set(OF_PASS)


def test_walks_go_from_the_largest_numbers_to_what_they_are_made_of(page):
    _, answers = recorded(page)
    units = {a["unit"]: a for key, a in answers.items() if key.startswith("POST /api/unit ")}
    trace = answers["POST /api/trace {}"]
    for kind, prefix in (("values", ""), ("gradients", "dL/")):
        for name, sent in trace[kind].items():
            array = numbers(sent)
            index = ",".join(map(str, map(int, np.unravel_index(abs(array).argmax(), array.shape))))
            assert f"{prefix}{name}:{index}" in units
    unit, walked = next(each for each in units if each.startswith("dL/conv1.w:")), []
    while unit in units and len(walked) < 9:
        walked.append(unit.partition(":")[0])
        factors = [f["unit"] for term in units[unit]["terms"][:1] for f in term["factors"]]
        unit = next((each for each in factors if each and each.startswith("dL/")), "")
    way = ["dL/conv1.w", "dL/conv1", "dL/relu1", "dL/maxpooling1", "dL/dropout1", "dL/fc1"]
    assert walked == way[: max(3, len(walked))]
    assert len(units) > 50
    assert any(each["kernel"] is not None for each in units.values())
    assert sum(key.startswith("POST /api/check") for key in answers) > 5


def test_a_large_network_has_coarser_pictures_and_terms_as_exact_as_ever():
    subject = small_subject()
    made = json.loads(Recording(subject, PASS, 30_000).make())
    answers = json.loads(gzip.decompress(base64.b64decode(made["gzip"])))
    assert made["bits"] < BITS[0]
    assert len(json.dumps(made)) < 31_000
    trace = chainrule.trace(subject.network, DATA.x[3:4], DATA.t[3:4], training=False)
    coarse = numbers(answers["POST /api/trace {}"]["values"]["conv1"])
    np.testing.assert_allclose(coarse, trace.x[1][0], rtol=2.0 ** -made["bits"])
    unit = answers['POST /api/unit {"count":200,"from":0,"order":"size","unit":"loss"}']
    assert unit["value"] == trace.explain("loss").value


def test_what_does_not_fit_at_all_is_said():
    with pytest.raises(ChainruleError, match=r"^a pass of small takes 0\.\d MB; expected at most 0\.0$"):
        Recording(small_subject(), PASS, 5000).make()


def test_numbers_are_rounded_to_bits():
    given = np.array([0, -0.0, 1, 1.2345678, -3e-39, 1e38], np.float32)
    found = np.frombuffer(rounded(given, 8), "<f4")
    np.testing.assert_allclose(found, given, rtol=2**-8, atol=1e-44)
    assert found[3] == 1.234375
    np.testing.assert_array_equal(np.frombuffer(rounded(given, 24), "<f4"), given)


@pytest.mark.heavy
@pytest.mark.parametrize(("preset", "least"), [("mnist", 0.5), ("resnet", 0.5), ("signal", 0.5), ("mlp", 0.2)])
def test_presets_fit_into_three_megabytes(tmp_path, preset, least):
    network = chainrule.preset(preset).network()
    write_recorded_page(tmp_path / "page.html", Subject(network, preset, mnist), PASS)
    assert least * MOST < (tmp_path / "page.html").stat().st_size <= MOST
