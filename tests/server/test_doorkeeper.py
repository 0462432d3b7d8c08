"""Who may come in, and what hostile requests come to; whatever they are, the server lives."""

import socket
from contextlib import ExitStack

import pytest

from chainrule.data import mnist
from chainrule.server.connections import MOST
from served import Client, in_bytes

IMAGE = in_bytes(mnist("test").x[0])


def says(answer, status: int, text: str) -> bool:
    assert (answer.status, text in answer.values["error"]) == (status, True), answer
    assert "\n" not in answer.values["error"]
    return True


@pytest.fixture(autouse=True)
def the_server_lives(digits):
    yield
    assert digits.get("/api/model")["name"] == "small"


def test_the_page_is_for_who_has_the_token(digits):
    page = digits.ask("GET", f"/?token={digits.address.token}", X_Chainrule_Token=None)
    assert page.status == 200
    assert f'<meta name="chainrule-token" content="{digits.address.token}">' in page.content.decode()
    assert says(digits.ask("GET", "/", X_Chainrule_Token=None), 403, "token")
    for name in ("app.js", "app.css"):
        assert digits.ask("GET", f"/{name}", X_Chainrule_Token=None).status == 200


def test_a_browser_is_sent_to_the_page_once(digits):
    visit = f"/open/{digits.address.once}"
    first = digits.ask("GET", visit, X_Chainrule_Token=None)
    assert (first.status, first.headers["location"]) == (303, f"/?token={digits.address.token}")
    assert digits.ask("GET", visit, X_Chainrule_Token=None).status == 403
    assert digits.ask("GET", "/open/another", X_Chainrule_Token=None).status == 403


@pytest.mark.parametrize("token", [None, "", "x", "é", "0" * 43, "a" * 5000])
def test_no_answer_without_the_token(digits, token):
    for method, path in [("GET", "/api/model"), ("POST", "/api/forward"), ("GET", "/api/none"), ("GET", "/none")]:
        assert says(digits.ask(method, path, X_Chainrule_Token=token), 403, "token")


def test_no_token_of_a_query_with_several(digits):
    path = f"/api/model?token=x&token={digits.address.token}"
    assert digits.ask("GET", path, X_Chainrule_Token=None).status == 403


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "127.0.0.1.evil.example:{port}", "",
                                  "[::1]:{port}", "0.0.0.0:{port}"])  # fmt: skip
def test_a_foreign_host_is_refused(digits, host):
    assert says(digits.ask("GET", "/api/model", Host=host.format(port=digits.address.port)), 403, "Host")


def test_this_machine_has_two_names(digits):
    assert digits.ask("GET", "/api/model", Host=f"LOCALHOST:{digits.address.port}").status == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1:{port}", "http://127.0.0.1", ""])
def test_a_foreign_origin_is_refused(digits, origin):
    origin = origin.format(port=digits.address.port)
    assert says(digits.ask("POST", "/api/forward", {}, Origin=origin), 403, "Origin")


def test_what_another_sites_page_sends_is_refused(digits):
    for site in ("cross-site", "same-site"):
        assert says(digits.ask("GET", "/api/model", Sec_Fetch_Site=site), 403, "another site")
    own = {"Origin": f"http://127.0.0.1:{digits.address.port}", "Sec_Fetch_Site": "same-origin"}
    assert digits.ask("GET", "/api/model", **own).status == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "CONNECT", "NONSENSE"])
def test_another_method_is_refused(digits, method):
    answer = digits.ask(method, "/api/model")
    assert says(answer, 405, f"the method is {method}; expected GET")
    assert "GET" in answer.headers["allow"]


def test_head_is_get_without_the_answer(digits):
    answer = digits.ask("HEAD", "/api/model")
    assert (answer.status, answer.content) == (200, b"")


@pytest.mark.parametrize("path", [
    "/../../etc/passwd", "/built/../../base/errors.py", "/%2e%2e/%2e%2e/etc/passwd", "/app.js/../index.html",
    "/..%2fapp.js", "/app.js%00", "//etc/passwd", "/api/../app.js", "/api/model/", "/index.html", "/built/index.html",
])  # fmt: skip
def test_no_path_leads_out_of_the_page(digits, path):
    assert says(digits.ask("GET", path), 404, "there is nothing at")


def test_every_answer_is_kept_by_nobody_and_runs_no_strangers_script(digits):
    for path in ("/", "/app.js", "/api/model", "/api/none"):
        headers = digits.ask("GET", path).headers
        assert headers["cache-control"] == "no-store"
        assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'; style-src 'self'")
        assert "unsafe" not in headers["content-security-policy"]
        assert (headers["x-content-type-options"], headers["referrer-policy"]) == ("nosniff", "no-referrer")
        assert "access-control-allow-origin" not in headers
        assert "server" not in headers


def test_a_huge_body_is_refused_before_it_is_read(digits):
    assert says(digits.ask("POST", "/api/forward", b"", Content_Length="99999999999"), 413, "expected at most")
    assert digits.ask("POST", "/api/forward", b" " * (3 << 20)).status == 413


def test_a_body_that_does_not_say_its_length_is_read_no_further(digits):
    with socket.create_connection(("127.0.0.1", digits.address.port), timeout=20) as connection:
        head = f"POST /api/forward HTTP/1.1\r\nHost: 127.0.0.1:{digits.address.port}\r\n"
        head += f"X-Chainrule-Token: {digits.address.token}\r\nTransfer-Encoding: chunked\r\n\r\n"
        connection.sendall(head.encode())
        try:
            for _ in range(40):
                connection.sendall(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")
        except OSError:
            pass  # it has been closed meanwhile
        assert connection.recv(12) == b"HTTP/1.1 413"


@pytest.mark.parametrize(("body", "said"), [
    (b"", "is None"), (b"{", "no JSON"), (b"\xff\xfe", "no JSON"), (b"[]", "expected a table"), (b"nul", "no JSON"),
    (b'{"image": NaN}', "NaN"), (b'{"image": -Infinity}', "Infinity"), (b"[" * 100_000, "too deep"),
    (b'{"a":' * 30 + b"1" + b"}" * 30, "too deep"), (b'{"image": ' + b"9" * 5000 + b"}", "no JSON"),
    (b'{"imag": ""}', "'imag'; expected only image"), (b"{}", "has no image"), (b'{"image": 7}', "image is 7"),
    (b'{"image": "="}', "no base64"), (b'{"image": "AAAA"}', "has 3 bytes; expected 784"),
    (b'{"image": {"shape": [1], "data": "AADAfw=="}}', "holds nan"),
    (b'{"image": {"shape": [99999], "data": ""}}', "has 0 bytes; expected 399,996"),
    (b'{"image": {"shape": [-1], "data": ""}}', "shape[0] is -1"),
    (b'{"image": {"shape": [1], "data": "AACAPw=="}}', "has shape (1,); expected (1, 28, 28)"),
])  # fmt: skip
def test_a_body_that_is_none_is_refused_in_one_line(digits, body, said):
    assert says(digits.ask("POST", "/api/forward", body), 400, said)


@pytest.mark.parametrize("more", [{"t": 10}, {"t": -1}, {"t": 0.5}, {"t": [1, 2]}, {"t": 2**70}])
def test_a_class_that_there_is_not_is_refused(digits, more):
    assert says(digits.ask("POST", "/api/trace", {"image": IMAGE, **more}), 422, "t")


@pytest.mark.parametrize("more", [{"t": True}, {"t": "3"}, {"t": 1e999}, {"seed": -1}, {"training": 1}, {"t": None}])
def test_what_is_of_another_type_is_refused(digits, more):
    assert digits.ask("POST", "/api/trace", {"image": IMAGE, "t": 3, **more}).status == 400


def test_what_is_no_request_is_refused(digits):
    for nonsense in (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"GET\r\n\r\n", b"G\0ET / HTTP/1.1\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", digits.address.port), timeout=20) as connection:
            connection.sendall(nonsense)
            assert connection.recv(12) == b"HTTP/1.1 400"


def test_a_thousand_connections_do_not_keep_anybody_out(digits):
    with ExitStack() as opened:
        for _ in range(1000):
            opened.enter_context(socket.create_connection(("127.0.0.1", digits.address.port), timeout=20))
        assert Client(digits.address).get("/api/model")["name"] == "small"
    assert MOST < 1000
