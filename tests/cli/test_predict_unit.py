"""`chainrule predict --unit`: what made one number, for people and for programs, and where something is wrong."""

import json

import numpy as np
import pytest
from PIL import Image

import chainrule as cr
from chainrule.data import Dataset, mnist
from chainrule.tasks.as_read import as_read

DIGIT = mnist("test").head(1)


@pytest.fixture
def model(tmp_path):
    network = cr.Network([cr.Convolution(4), cr.ReLU(), cr.MaxPooling(), cr.Dropout(0.5), cr.Linear(10)], (1, 28, 28))
    network.save(tmp_path / "model.safetensors")
    return tmp_path / "model.safetensors"


@pytest.fixture
def seven(tmp_path):
    Image.fromarray(255 - DIGIT.x[0, 0]).resize((84, 84)).save(tmp_path / "seven.png")
    return tmp_path / "seven.png"


def expected(model, seven, unit):
    """The explanation of the digit as the network reads it."""
    network = cr.load(model)
    return cr.trace(network, as_read(network, [seven]), [7], training=False).explain(unit)


@pytest.mark.parametrize("unit", ["conv1:3,5,7", "dL/conv1.w:3,0,1,1", "dL/fc1:2", "loss", "dropout1:1,3,3"])
def test_the_table_is_that_of_the_trace_in_evaluation(cli, model, seven, unit):
    ran = cli("predict", model, seven, "--unit", unit, "--true", "7")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.rstrip("\n") == str(expected(model, seven, unit))
    assert all(len(line) <= 80 for line in ran.out.splitlines())


def test_the_largest_come_first_and_the_others_are_summed(cli, model, seven):
    lines = cli("predict", model, seven, "--unit", "fc1:3").out.splitlines()
    found = expected(model, seven, "fc1:3")
    first = [float(line[:13]) for line in lines[lines.index("") + 1 :] if line[:13].strip() and line[0] != "-"]
    sizes = np.sort(np.abs(found.terms.products))[::-1]
    np.testing.assert_allclose(np.abs(first[:20]), sizes[:20], rtol=1e-6)
    (rest,) = [line for line in lines if "smaller ones" in line]
    assert f"the sum of {len(found.terms) - 20:,} smaller ones, {found.terms.zeros:,} of them exactly 0" in rest
    assert first[:20] == [float(f"{x:.7g}") for x in found.terms.products[found.terms.by_size()[:20]]]
    assert float(rest[:13]) == pytest.approx(found.total - sum(first[:20]), abs=1e-6)


def test_a_program_gets_all_of_it(cli, model, seven):
    values = json.loads(cli("predict", model, seven, "--unit", "dL/x:0,9,9", "--true", "7", "--json").out)
    found = expected(model, seven, "dL/x:0,9,9")
    assert values == {"model": str(model), **json.loads(json.dumps(found.values("size")))}
    assert values["count"] == len(values["terms"]) == len(found.terms)


def test_classes_have_names_and_regressions_values(cli, tmp_path):
    x, kinds = np.random.default_rng(0).normal(size=(50, 2)), ("rose", "tulip")
    names = {"columns": ("a", "b"), "target": "kind"}
    flowers = Dataset(x, (x.sum(axis=1) > 0).astype(np.int64), classes=kinds, **names)
    prices = Dataset(x, x.sum(axis=1), **names)
    (tmp_path / "row.csv").write_text("b,a\n1,2\n")
    for data, true, message in (
        (flowers, "tulip", "expected one of: rose, tulip; did you mean tulip?"),
        (prices, "1.5", "expected a number"),
    ):
        network = cr.preset("mlp").network_for(data, len(kinds) if data is flowers else None)
        cr.fit(network, data, cr.Training(epochs=1), engine="reference")
        network.save(tmp_path / "table.safetensors")
        ran = cli("predict", "table.safetensors", "row.csv", "--unit", "loss", "--true", true)
        assert (ran.code, ran.err) == (0, "")
        wrong = cli("predict", "table.safetensors", "row.csv", "--unit", "loss", "--true", "tulips")
        assert (wrong.code, wrong.out) == (2, "")
        assert wrong.err == f"chainrule: --true is 'tulips'; {message}\n"


WRONG = [
    (["--unit", "conv9:0"], "there is no 'conv9' in the unit 'conv9:0'"),
    (["--unit", "dL/fc1:0"], "--unit dL/fc1:0 depends on what is true of the input; expected --true with its class"),
    (["--unit", "loss"], "--unit loss depends on what is true of the input"),
    (["--true", "3"], "--true is 3, but there is no --unit; expected --unit dL/... beside it"),
    (["--unit", "fc1:0", "--true", "10"], "--true is '10'; expected one of: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9"),
    (["--unit", "fc1:0", "--csv", "out.csv"], "--csv is given beside --unit; expected one or the other"),
    (["--unit", "fc1:0", "--many"], "--many is given beside --unit; expected one or the other"),
    (["--unit", "fc1:0", "seven.png"], "--unit is given 2 inputs; expected one picture"),
]


@pytest.mark.parametrize(("options", "message"), WRONG)
def test_what_does_not_go_is_told_in_a_line(cli, model, seven, options, message):
    ran = cli("predict", model, seven, *options)
    assert (ran.code, ran.out, len(ran.err.splitlines())) == (2, "", 1)
    assert ran.err.startswith(f"chainrule: {message}")


def test_a_picture_that_cannot_be_read_is_told(cli, model, tmp_path):
    (tmp_path / "no.png").write_text("no picture")
    ran = cli("predict", model, "no.png", "--unit", "fc1:0")
    assert (ran.code, ran.out, len(ran.err.splitlines())) == (4, "", 1)
