"""The presets train to the same bits as ever: the order of every sum is part of what they promise.

The hashes are of w after an epoch over 2,000 digits, seed 7, by processors with vectors of so many float32.
"""

from dataclasses import replace

import pytest

from chainrule import fit, preset
from chainrule.cli.run_keeper import weights_hash
from chainrule.data import mnist
from chainrule.engine.simd.isa import HAS_FMA, LANES

HASHES = {  # by the lanes of a vector, and whether products are fused with sums
    "mlp": {(16, True): "003ac79d5749efae", (8, True): "003ac79d5749efae", (4, False): "a9be44e8fe7ba1b6"},
    "lecture": {(16, True): "b093c7d18d642194", (8, True): "18cc4f20e5b8441c", (4, False): "87b12bfa28fb9a3a"},
    "mnist": {(16, True): "ae6abf5c05c3608a", (8, True): "a95f0e3b00c3fbf5", (4, False): "a3d93e8f91374380"},
}


@pytest.mark.parametrize("name", HASHES)
def test_weights_after_an_epoch(name):
    chosen = preset(name)
    network = chosen.network(seed=7)
    fit(network, mnist("train").head(2000), replace(chosen.training, epochs=1, seed=7), threads=2)
    assert weights_hash(network.w) == HASHES[name].get((LANES, HAS_FMA))
