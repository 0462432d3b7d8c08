"""A new elementwise layer with its kernel is two files: the layer's page, and that of its kernel and stage."""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import chainrule as cr
from chainrule.engine import execute
from chainrule.engine.compiled import Compiled
from chainrule.engine.lowering import STAGES
from chainrule.layers import LAYERS
from oracles import normal

LAYER = '''
"""Softsign(x) = x / (1 + |x|), component by component.

    dL/dx[j] = dL/dy[j] / (1 + |x[j]|)^2
"""

import numpy as np

from chainrule.layers import Layer, register


@register
class Softsign(Layer):
    """Squash each value into -1 .. 1, slowly."""

    def forward(self, x, w, context):
        return x / (1 + np.abs(x)), x

    def backward(self, gy, saved, w, context):
        return gy / (1 + np.abs(saved)) ** 2, {}
'''

STAGE = '''
"""Softsign's kernel: two scalar functions."""

import numpy as np

from chainrule.engine.runtime.jit import inlined
from chainrule.engine.stages.elementwise import CurveStage
from chainrule.engine.stages.stage import register_stage
from softsign_of_our_own import Softsign

ONE = np.float32(1)


@inlined
def softsign(x):
    return x / (ONE + np.abs(x))


@inlined
def softsign_gradient(gy, x):
    return gy / ((ONE + np.abs(x)) * (ONE + np.abs(x)))


@register_stage
class SoftsignStage(CurveStage):
    layer, function, derivative, derivative_of = Softsign, softsign, softsign_gradient, "x"
'''


@pytest.fixture(scope="module")
def softsign(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """The layer's module, with its kernel registered, for as long as these tests run."""
    folder = tmp_path_factory.mktemp("own")
    (folder / "softsign_of_our_own.py").write_text(LAYER, encoding="utf-8")
    (folder / "softsign_stage_of_our_own.py").write_text(STAGE, encoding="utf-8")
    stages = list(STAGES)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        yield importlib.import_module("softsign_of_our_own")
    STAGES[:] = stages
    LAYERS.pop("Softsign")


def network_of(softsign: ModuleType, *, kernel: bool) -> cr.Network:
    if kernel:
        importlib.import_module("softsign_stage_of_our_own")
    block = cr.Residual([cr.Convolution(3, padding=1), softsign.Softsign()])
    return cr.Network([block, softsign.Softsign(), cr.Linear(10)], (3, 7, 7), seed=1)


def kernels_of(network: cr.Network) -> list[str]:
    return [stage.kernel for stage in Compiled(network, threads=1).plan(16).stages]


def test_without_a_stage_the_definition_is_executed_and_with_one_the_kernel(softsign: ModuleType):
    assert "definition" in kernels_of(network_of(softsign, kernel=False))
    found = kernels_of(network_of(softsign, kernel=True))
    assert "definition" not in found
    assert found.count("elementwise") == 3  # the two layers and the block's sum


def test_the_kernel_agrees_with_the_definition(softsign: ModuleType):
    network = network_of(softsign, kernel=True)
    batch = cr.Batch(normal(16, 3, 7, 7).astype(np.float32), np.arange(16) % 10)
    wanted = np.zeros_like(network.w)
    loss = execute(network, "reference").loss_and_gradient(network.w, batch, wanted)
    compiled = Compiled(network, threads=2)
    w = compiled.layout.pack(network.w)
    gw = np.zeros_like(w)
    assert compiled.loss_and_gradient(w, batch, gw) == pytest.approx(loss, rel=1e-6)
    found = compiled.layout.unpack(gw)
    np.testing.assert_allclose(found, wanted, rtol=0, atol=2e-5 * np.abs(wanted).max())


def test_it_trains_and_no_file_of_the_package_knows_of_it(softsign: ModuleType):
    network = network_of(softsign, kernel=True)
    data = cr.Dataset(normal(64, 3, 7, 7).astype(np.float32), np.arange(64) % 10)
    history = cr.fit(network, data, cr.Training(cr.Adam(0.01), epochs=5, batch_size=16))
    assert history.epochs[-1].loss < history.epochs[0].loss
    assert cr.check_layer(softsign.Softsign(), (3, 4, 4)).passed
    own = [m for m in sys.modules.values() if "oftsign" in str(getattr(m, "__file__", ""))]
    assert not any(Path(m.__file__ or "").is_relative_to(Path(cr.__file__).parent) for m in own)
