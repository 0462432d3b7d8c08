"""The model of training on many nodes, and docs/scaling.md, whose tables it makes."""

import pytest
from benchmarks.scaling import NETWORKS, PAGE, SLOTS, Model, Network, Row, line, measured, part, tables, with_tables

KNOWN = Model(fixed=1e-3, sample=5e-5, shared=0.1, call=2e-5, kept=2e6, moved=3e3, exchanges=6)
AT_ONCE = Network("none", 0.0, float("inf"))


def rows_of(model: Model) -> list[Row]:
    """What would be measured of it."""
    rows = []
    for samples in (64, 128, 512):
        whole = model.fixed + model.sample * samples
        rows.append(Row(samples, 1, whole))
        compute = model.fixed + model.sample * samples * (1 + model.shared) / 2
        waits = model.exchanges * model.call
        nbytes = round(model.kept + model.moved * samples)
        rows.append(Row(samples, 2, compute + waits, waits, waits, model.exchanges, nbytes))
    return rows


def test_it_finds_the_constants_of_steps_that_have_some():
    assert Model.fitted(rows_of(KNOWN)) == pytest.approx(KNOWN, rel=1e-4)


def test_it_predicts_the_steps_that_it_was_fitted_to():
    model = Model.fitted(rows_of(KNOWN))
    for row in rows_of(KNOWN):
        assert model.seconds(row.samples, row.ranks, AT_ONCE) == pytest.approx(row.step, rel=1e-4)


@pytest.mark.parametrize(("ranks", "share"), [(1, 1), (2, 1 / 2), (3, 3 / 8), (5, 1 / 4), (8, 1 / 8), (1024, 1 / 8)])
def test_a_rank_has_whole_slots(ranks, share):
    assert part(ranks) == share


@pytest.mark.parametrize("samples", [64, 4096])
def test_beyond_a_rank_for_each_slot_nothing_is_won(samples):
    for network in (*NETWORKS, AT_ONCE):
        assert KNOWN.enough(samples, network) <= SLOTS
        assert KNOWN.seconds(samples, 64, network) >= KNOWN.seconds(samples, SLOTS, network)


def test_slower_networks_pay_less():
    slow, fast = NETWORKS
    assert KNOWN.speedup(64, 4, slow) < KNOWN.speedup(64, 4, fast) < KNOWN.speedup(64, 4, AT_ONCE)
    assert KNOWN.speedup(65536, 4, slow) > KNOWN.speedup(64, 4, slow)


def test_a_line_has_no_part_below_zero():
    assert line([Row(1, 1, 1.0), Row(2, 1, 4.0)], [1.0, 4.0])[0] == 0


def test_the_page_has_the_tables_of_what_was_measured():
    page = PAGE.read_text(encoding="utf-8")
    assert with_tables(page, tables(measured())) == page
