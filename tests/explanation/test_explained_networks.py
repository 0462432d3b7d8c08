"""Of whole networks, random ones and presets: the terms of any number add up to it, whoever reads it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule import Convolution, Linear, MaxPooling, Network, ReLU, Residual, trace
from chainrule.checks.networks import random_batch
from chainrule.tasks.presets import preset
from explained import adds_up, drawn_trace, some_units


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_random_networks(data: st.DataObject) -> None:
    kept, draws = drawn_trace(data), np.random.default_rng(5)
    for unit in some_units(kept, draws, 2):
        adds_up(kept, unit, int(draws.integers(len(kept.x[0]))))


@pytest.mark.parametrize("name", ["lecture", "mnist", "mlp", "quick", "resnet", "signal", "vgg"])
@pytest.mark.parametrize("training", [True, False])
def test_presets(name: str, training: bool) -> None:
    network = preset(name).network()
    batch = random_batch(network, 2)
    kept, draws = trace(network, batch.x, batch.t, training=training), np.random.default_rng(1)
    for unit in some_units(kept, draws, 2):
        adds_up(kept, unit, int(draws.integers(2)))


def test_a_value_that_two_read_has_the_terms_of_both() -> None:
    network = Network([Linear(4), Residual([Linear(4)]), Linear(2)], 3, dtype=np.float64)
    kept = trace(network, np.ones((1, 3)), [1])
    found = adds_up(kept, "dL/fc1:2")
    assert [term.note for term in found.terms] == [*["from block1.fc1"] * 4, "from block1.sum"]
    assert found.terms[-1].factors[0].unit == "dL/block1.sum:2"
    assert found.layer == "Linear(4), sum"


def test_one_walks_from_term_to_term() -> None:
    """Every unit that is named leads on; a value's own number stands there."""
    network = Network([Convolution(2, padding=1), ReLU(), MaxPooling(), Linear(3)], (1, 6, 6))
    batch = random_batch(network, 1)
    kept = trace(network, batch.x, batch.t)
    seen, waiting = set(), ["dL/conv1.w:0,0,1,1", "fc1:2", "dL/x:0,0,0", "loss"]
    while waiting and len(seen) < 400:
        unit = waiting.pop(0)
        seen.add(unit)
        for term in adds_up(kept, unit).terms:
            for factor in term.factors:
                assert (
                    factor.symbol not in ("x", "w", "b", "dL/dy")
                    or (factor.unit is None and factor.value == 0)
                    or factor.value == kept.explain(str(factor.unit)).value
                )
                if factor.unit and factor.unit not in seen and factor.unit not in waiting:
                    waiting.append(factor.unit)
    assert {unit.partition(":")[0] for unit in seen} >= {"x", "conv1.w", "conv1", "relu1", "dL/conv1", "dL/fc1", "loss"}


def test_the_largest_of_a_window_and_three_exact_zeros() -> None:
    network = Network([MaxPooling(), Linear(2)], (1, 2, 2))
    kept = trace(network, np.array([[[[1.0, 4.0], [4.0, 2.0]]]]), [0])
    found = adds_up(kept, "maxpooling1:0,0,0")
    assert [term.product for term in found.terms] == [0, 4, 0, 0]
    assert [term.note for term in found.terms] == ["", "the largest of its window", "", ""]
    assert found.terms.zeros == 3
    blocked = kept.explain("dL/x:0,1,0")
    assert (blocked.value, [term.note for term in blocked.terms]) == (0, ["another is larger"])


def test_the_padding_is_zeros_that_are_no_units() -> None:
    network = Network([Convolution(1, padding=1, bias=False), Linear(2)], (1, 3, 3))
    found = adds_up(trace(network, np.ones((1, 1, 3, 3)), [0]), "conv1:0,0,0")
    assert sum(term.note == "padding" for term in found.terms) == 5
    assert all((term.factors[1].unit is None) == (term.note == "padding") for term in found.terms)


def test_weights_gradients_are_of_all_samples() -> None:
    network = Network([Linear(2)], 3)
    found = adds_up(trace(network, np.ones((4, 3)), [0, 1, 0, 1]), "dL/fc1.w:1,2")
    assert [term.note for term in found.terms] == [f"sample {s}" for s in range(4)]
    assert found.formula == "dL/dw[1,2] = sum over s of dL/dy[s,1] x[s,2]"
