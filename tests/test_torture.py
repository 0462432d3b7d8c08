"""Each campaign of `make torture`, a few tries of it."""

import pytest
from torture.__main__ import load
from torture.bugs import BUGS
from torture.campaign import CAMPAIGNS
from torture.planted_bugs import ROOT

load()


TRIED = sorted(name for name, each in CAMPAIGNS.items() if each.few)  # of the others no try is quick


@pytest.mark.heavy
@pytest.mark.parametrize("name", TRIED)
def test_the_promise_holds(name):
    tally, _ = CAMPAIGNS[name](CAMPAIGNS[name].few)
    assert not tally.failures
    assert tally.made == CAMPAIGNS[name].few


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_planted_bug_finds_its_place(bug):
    assert (ROOT / "src" / "chainrule" / bug.file).read_text(encoding="utf-8").count(bug.old) == 1
