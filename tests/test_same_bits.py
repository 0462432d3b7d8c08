"""The presets train to the same bits as ever: the order of every sum is part of what they promise.

The hashes are of w after an epoch over 2,000 digits, seed 7, on any processor that multiplies and adds in one step.
"""

from dataclasses import replace

import pytest

from chainrule import fit, preset
from chainrule.cli.run_keeper import weights_hash
from chainrule.data import mnist
from chainrule.engine.simd.isa import HAS_FMA

HASHES = {
    "mlp": "003ac79d5749efae",
    "lecture": "b093c7d18d642194",
    "mnist": "ae6abf5c05c3608a",
}


@pytest.mark.skipif(not HAS_FMA, reason="without FMA, products are rounded before they are added")
@pytest.mark.parametrize("name", HASHES)
def test_weights_after_an_epoch(name):
    chosen = preset(name)
    network = chosen.network(seed=7)
    fit(network, mnist("train").head(2000), replace(chosen.training, epochs=1, seed=7), threads=2)
    assert weights_hash(network.w) == HASHES[name]
