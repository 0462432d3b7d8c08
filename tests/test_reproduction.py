"""The published hashes: what the table holds, how a difference is told, and that the page shows the table."""

from dataclasses import replace
from pathlib import Path

import pytest

from chainrule import SGD, Convolution, Linear, Network, OneCycle, ReLU, Training
from chainrule.base.hashing import weights_hash
from chainrule.data import mnist
from chainrule.engine import execute
from chainrule.layers import BatchNormalisation
from chainrule.tasks.presets import preset
from chainrule.tasks.reproduction import renew
from chainrule.tasks.reproduction.first_step import first_step
from chainrule.tasks.reproduction.made_here import difference, made_first, of_preset
from chainrule.tasks.reproduction.published import NAMES, published
from chainrule.training.descent import minimise
from chainrule.training.events import BatchEvent, StopTraining

PAGE = Path(__file__).parent.parent / "docs" / "reproducible.md"
OTHER = "0" * 16


@pytest.fixture(scope="module")
def table():
    return published()


def test_the_table_has_all_presets_step_by_step(table):
    assert tuple(table) == NAMES
    for name, said in table.items():
        training, data = of_preset(name)
        assert len(said.steps) == -(-len(data) // (training.batch_size or len(data)))
        assert len(set(said.steps)) == len(said.steps)
        assert len(said.sha256) == 64
        assert training.average or said.steps[-1] == said.sha256[:16]
        parameters = [each.name for each in preset(name).network().parameters]
        for what in ("dL/dw", "w after the update"):
            assert [made.of for made in said.first_step if made.what == what] == parameters
        ys = [made.of for made in said.first_step if made.what == "y"]
        sent = [made.of for made in said.first_step if made.what == "dL/dx"]
        assert sent == ys[:0:-1]


def test_the_page_shows_the_table():
    text = PAGE.read_text(encoding="utf-8")
    assert renew.page(text) == text


def test_it_is_renewed_only_for_a_reason(tmp_path):
    assert renew.main([str(PAGE)]) == 2
    assert renew.main([str(PAGE), " "]) == 2
    (tmp_path / "other.md").write_text("no table")
    assert renew.main([str(tmp_path / "other.md"), "because"]) == 2


def test_a_difference_is_told_by_its_step(table):
    said = table["mlp"]
    made = said.sha256, said.steps
    assert difference("mlp", said, made) is None
    assert difference("mlp", replace(said, sha256=OTHER * 4), made) == "after the last step"
    later = [*said.steps[:4], OTHER, *said.steps[5:]]
    assert difference("mlp", replace(said, steps=later), made) == "step 5 of 32"


@pytest.mark.parametrize("k", range(1, 14))
def test_a_difference_in_the_first_step_is_told_by_what_it_makes(table, k, monkeypatch):
    said = table["mlp"]
    monkeypatch.setattr("chainrule.tasks.reproduction.made_here.made_first", lambda name: said.first_step)
    made = said.first_step[k]
    others = [*said.first_step[:k], *(each._replace(hash=OTHER) for each in said.first_step[k:])]
    forged = replace(said, sha256=OTHER * 4, steps=[OTHER] * 32, first_step=others)
    assert difference("mlp", forged, (said.sha256, said.steps)) == f"step 1 of 32: {made.what}, {made.of}"


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in ("mlp", "lecture") else pytest.mark.heavy) for name in NAMES]
)
def test_a_first_step_is_as_published(table, name):
    assert made_first(name) == table[name].first_step


def test_the_first_step_is_that_of_a_run():
    layers = [Convolution(16, stride=2), BatchNormalisation(), ReLU(), Linear(20), ReLU(), Linear(10)]
    network, data = Network(layers, (1, 28, 28), seed=3), mnist("train").head(200)
    training = Training(SGD(0.1, momentum=0.9), epochs=1, seed=3, schedule=OneCycle(), clip_norm=0.5)
    made = first_step(network, data, training)

    def stop(event):
        if isinstance(event, BatchEvent):
            raise StopTraining("one")

    progress = minimise(execute(network), data, network.w, training, listeners=[stop]).progress
    w, kept = progress.weights(), network.named_statistics(progress.objective.statistics)
    expected = {each.name: weights_hash(w[each.slice]) for each in network.parameters}
    assert {each.of: each.hash for each in made if each.what == "w after the update"} == expected
    expected = {name: weights_hash(vector) for name, vector in kept.items()}
    assert {each.of: each.hash for each in made if each.what == "the statistics"} == expected != {}
