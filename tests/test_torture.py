"""Each campaign of `make torture`, a few tries of it."""

import pytest
from torture.__main__ import load
from torture.campaign import CAMPAIGNS

load()


TRIED = sorted(name for name, each in CAMPAIGNS.items() if each.few)  # of the others no try is quick


@pytest.mark.parametrize("name", TRIED)
def test_the_promise_holds(name):
    tally, _ = CAMPAIGNS[name](CAMPAIGNS[name].few)
    assert not tally.failures
    assert tally.made == CAMPAIGNS[name].few
