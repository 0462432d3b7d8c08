"""A watched step computes what any step does, and all it does has a place, a phase and a count."""

import math

import numpy as np
import pytest

from chainrule import Convolution, Dropout, Linear, MaxPooling, Network, ReLU, Training
from chainrule.base.errors import DivergedError
from chainrule.data import mnist
from chainrule.engine.compiled import Compiled
from chainrule.engine.measure.machine_peak import bandwidth, peak_flops
from chainrule.engine.measure.profile import rows, watch_of, watched
from chainrule.engine.measure.steps import ROUNDS, Steps, measure
from chainrule.engine.runtime.calls import BY_INPUT, BY_WEIGHTS, FORWARD, OTHER, PRODUCTS, ROLES, UPDATE
from chainrule.engine.simd import BOUNDSCHECK
from chainrule.tasks.presets import PRESETS, preset
from chainrule.training.optimizers import SGD

SAMPLES = 24


def training_of(name: str) -> tuple[Network, Steps]:
    chosen = preset(name)
    network = chosen.network()
    training = Training(chosen.training.optimizer, batch_size=SAMPLES, reduction=chosen.training.reduction)
    return network, Steps(network, mnist("train").head(100), training)


@pytest.mark.heavy
@pytest.mark.parametrize("name", PRESETS)
def test_watched_steps_have_the_bits_of_any(name):
    network, timed = training_of(name)
    timed.run(watched(network), 3)
    network, plain = training_of(name)  # new streams of random numbers, if they are the network's own
    plain.run(Compiled(network, threads=2), 3)
    assert timed.w.tobytes() == plain.w.tobytes()
    assert timed.state.vectors.tobytes() == plain.state.vectors.tobytes()
    assert timed.state.step == plain.state.step == 3


@pytest.mark.parametrize("name", PRESETS)
def test_every_call_has_its_row(name):
    network, steps = training_of(name)
    engine = watched(network)
    steps.run(engine, 2)
    watch = watch_of(engine)
    assert len(watch.runs) == 2
    assert watch.runs[0].keys() == watch.runs[1].keys() <= watch.owners.keys()
    found = rows(engine, watch.runs[-1:], SAMPLES)
    assert all(row.seconds >= 0 for row in found)
    total = sum(watch.runs[-1].values())
    assert sum(row.seconds for row in found) * SAMPLES >= total * (1 - 1e-9) > 0  # what seems to take less than 0 is 0
    assert [(row.place, ROLES.index(row.phase)) for row in found] == sorted(
        {(row.place, ROLES.index(row.phase)) for row in found}
    )
    stages = engine.plan(SAMPLES).stages
    assert {row.stage for row in found} >= {stage.name for stage in stages}
    assert found[0].stage == "input"
    assert found[-1].stage == "other weights"


@pytest.mark.parametrize("name", PRESETS)
def test_no_more_is_executed_than_the_definition_has(name):
    network, steps = training_of(name)
    engine = watched(network)
    steps.run(engine, 1)
    plan = engine.plan(SAMPLES)
    for k, (row, stage) in enumerate(zip(plan.rows(), plan.stages, strict=True)):
        for role in PRODUCTS:
            if k == 0 and role == BY_INPUT:
                continue  # nobody asks for the data's gradient
            done = stage.executed(role, SAMPLES)
            assert 0 <= done <= row["multiply_adds"]
            assert (done > 0) == (row["multiply_adds"] > 0)


def test_what_mnists_stages_execute():
    network, steps = training_of("mnist")
    engine = watched(network)
    steps.run(engine, 1)
    plan = engine.plan(SAMPLES)
    found = {(row.place, row.phase): row for row in rows(engine, watch_of(engine).runs, SAMPLES)}
    first, second = 26 * 26 * 32 * 9, 24 * 24 * 64 * 32 * 9
    again = 1 if BOUNDSCHECK else 2  # without windows it is kept, else computed again for the next weight gradient
    assert found[1, FORWARD].executed == again * first
    assert found[1, FORWARD].dense == found[1, BY_WEIGHTS].executed == first
    assert found[2, FORWARD].executed == second / 4  # Winograd's algorithm; 24 is a multiple of 4
    live = np.count_nonzero(plan.stages[1].y.canonical(SAMPLES)) / (SAMPLES * 64 * 24 * 24)
    assert found[2, BY_INPUT].executed == found[2, BY_WEIGHTS].executed == pytest.approx(second * live)
    inputs = np.count_nonzero(plan.stages[2].x.canonical(SAMPLES)) / SAMPLES
    assert found[3, FORWARD].executed == found[3, BY_INPUT].executed == pytest.approx(128 * inputs)
    assert found[3, OTHER].dense == found[3, UPDATE].dense == 0
    bytes_moved = SAMPLES * sum(row.moved for row in found.values())
    assert bytes_moved == pytest.approx(len(steps.w) * 4 * (3 + 2 * 2))  # w and two vectors of state; dL/dw is read


def test_equal_stages_have_rows_of_their_own():
    network = Network([Linear(40), ReLU(), Linear(40), ReLU(), Linear(10)], (1, 28, 28))
    steps = Steps(network, mnist("train").head(100), Training(batch_size=SAMPLES))
    engine = watched(network)
    steps.run(engine, 1)
    found = rows(engine, watch_of(engine).runs, SAMPLES)
    assert {row.place for row in found if row.stage == "Linear(40) + ReLU"} == {1, 2}
    assert not [row for row in found if row.place == 1 and row.phase == BY_INPUT]


def test_steps_are_whole_batches_of_epoch_after_epoch():
    _, steps = training_of("mlp")
    drawn = [next(steps._batches)[1] for _ in range(9)]
    assert [len(batch) for batch in drawn] == [SAMPLES] * 9
    assert [batch.epoch for batch in drawn] == [0] * 4 + [1] * 4 + [2]
    assert all(batch.sample_weight == pytest.approx(np.full(SAMPLES, 1 / SAMPLES)) for batch in drawn)


def test_engines_take_turns_on_one_training():
    network, steps = training_of("mlp")
    measured = measure(steps, network, threads=2, after=3, counted=7, warmup=1)
    assert steps.state.step == 3 + 3 * (7 + ROUNDS)
    assert measured.threads == 2
    assert measured.calls.seconds == pytest.approx(sum(row.seconds for row in measured.rows))
    assert min(measured.one_thread, measured.team, measured.calls.rate(measured.calls.executed)) > 0
    network, steps = training_of("mlp")
    measured = measure(steps, network, threads=1, after=0, counted=1, warmup=0)
    assert steps.state.step == 2
    assert measured.one_thread == measured.team


def test_layers_of_every_kind():
    layers = [
        Convolution(20, 3, padding=1), ReLU(), Convolution(17, 5, stride=2), MaxPooling(), Dropout(0.2),
        Linear(300), ReLU(), Dropout(0.5), Linear(10),
    ]  # fmt: skip
    network = Network(layers, (1, 28, 28))
    steps = Steps(network, mnist("train").head(100), Training(SGD(0.01), batch_size=SAMPLES))
    measured = measure(steps, network, threads=1, after=0, counted=2, warmup=0)
    assert sum(row.moved for row in measured.rows) * SAMPLES == pytest.approx(len(steps.w) * 4 * 3)


def test_divergence_is_told():
    network = preset("mlp").network()
    steps = Steps(network, mnist("train").head(100), Training(SGD(1e30), batch_size=SAMPLES))
    with pytest.raises(DivergedError, match="step 2: the loss is"):
        steps.run(Compiled(network), 3)


@pytest.mark.parametrize("dtype", [np.dtype(np.float32), np.dtype(np.float64)])
def test_the_machine_has_a_peak_and_a_bandwidth(dtype):
    for rate in (peak_flops(dtype, rounds=100), bandwidth(dtype, floats=1000)):
        assert rate > 0
        assert math.isfinite(rate)
