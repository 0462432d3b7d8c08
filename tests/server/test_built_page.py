"""The page that is given out is the one that was built of `web/`, and asks nobody but its server."""

import gzip
import hashlib
import re
import subprocess
from pathlib import Path

import pytest

from chainrule.server.page import KINDS, PLACE, built
from chainrule.server.recorded_page import SCRIPT, STYLE

ROOT = Path(__file__).parents[2]


def hash_of_sources() -> str:
    """As web/scripts/sources.mjs has it: over the lines "path, zero byte, SHA-256 of the file" of what git knows."""
    line = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", "web"]
    paths = subprocess.run(line, cwd=ROOT, capture_output=True, check=True).stdout.split(b"\0")
    there = sorted({path for path in paths if path and (ROOT / path.decode()).exists()})
    lines = [path + b"\0" + hashlib.sha256((ROOT / path.decode()).read_bytes()).hexdigest().encode() for path in there]
    return hashlib.sha256(b"".join(line + b"\n" for line in lines)).hexdigest()


def test_it_was_built_of_the_sources_that_are_there():
    if not ((ROOT / "web").is_dir() and (ROOT / ".git").exists()):
        pytest.skip("the page's sources are not here")
    assert built("SOURCES.sha256").strip() == hash_of_sources(), "expected `make page` after a change in web/"


def test_its_html_has_a_place_for_all_that_the_server_puts_in():
    html = built("index.html")
    assert html.count(PLACE) == 1
    assert len(SCRIPT.findall(html)) == len(STYLE.findall(html)) == 1


def test_it_holds_no_script_or_style_of_its_own_that_the_policy_would_refuse():
    html = built("index.html")
    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", html)
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", html))


def test_it_names_no_other_address():
    known = re.compile(r"https?://(www\.w3\.org/|127\.0\.0\.1)")  # the names of SVG and MathML
    for name in ("index.html", *KINDS):
        others = [url for url in re.findall(r"https?://[^\s\"'`)<>]*", built(name)) if not known.match(url)]
        assert not others, name


def test_it_is_small():
    sizes = {name: len(built(name).encode()) for name in ("index.html", "SOURCES.sha256", *KINDS)}
    assert sum(sizes.values()) < 200_000, sizes
    assert len(gzip.compress(built("app.js").encode())) < 100_000
