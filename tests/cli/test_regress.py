"""chainrule regress: what a person and a program get, and what is refused."""

import json
import subprocess
import sys

import numpy as np
import pytest
import typer
from numpy.polynomial import Polynomial
from typer.testing import CliRunner

from chainrule.cli.commands import add_command
from chainrule.cli.regress import Regress
from chainrule.data import stopping_distance

LEAST_SQUARES = (2.47014, 0.91329, 0.09996)


@pytest.fixture
def table(tmp_path):
    """A CSV of three columns, far from 0."""
    path = tmp_path / "table.csv"
    rng = np.random.default_rng(0)
    a, b = 1e6 + rng.uniform(0, 50, 40), rng.normal(size=40)
    rows = np.stack([a, b, 3 * (a - 1e6) - (a - 1e6) ** 2 + b], axis=1)
    np.savetxt(path, rows, fmt="%.17g", delimiter=",", header="year,noise,price_usd", comments="")
    return path


def test_the_embedded_data(cli):
    ran = cli("regress")
    assert ran.code == 0
    assert ran.out.splitlines()[0] == "distance_ft = 2.47014 + 0.91329 speed_mph + 0.09996 speed_mph^2"
    for text in ("10824.7", "14.71", "244 updates", "converged", "gradient norm"):
        assert text in ran.out
    assert ran.err == "stopping_distance: 50 rows, distance_ft over speed_mph\n"


def test_json_is_alone_on_stdout(cli):
    ran = cli("regress", "--json", "--quiet")
    result = json.loads(ran.out)
    assert (ran.code, ran.err) == (0, "")
    assert result["coefficients"] == pytest.approx(LEAST_SQUARES, abs=5e-6)
    assert (result["degree"], result["method"], result["converged"], result["message"]) == (2, "gd", True, None)
    assert result["rms"] == pytest.approx((result["loss"] / 50) ** 0.5)
    assert result["samples_seen"] == 50 * result["iterations"]


def test_a_csv_with_its_columns_named(cli, table):
    ran = cli("regress", table, "--json")
    assert json.loads(ran.out)["formula"].startswith("price_usd = ")
    a, _, price = np.loadtxt(table, delimiter=",", skiprows=1).T
    expected = np.asarray(Polynomial.fit(a, price, 2).convert().coef, np.float64)
    np.testing.assert_allclose(json.loads(ran.out)["coefficients"], expected, rtol=1e-6)
    for arguments, x, target in (
        (("--x", "noise"), "noise", "price_usd"),
        (("--target", "year"), "noise", "year"),
        (("--x", "price_usd"), "price_usd", "noise"),
        (("--x", "price_usd", "--target", "year"), "price_usd", "year"),
    ):
        result = json.loads(cli("regress", table, "--degree", 1, "--json", *arguments).out)
        assert (result["x"], result["target"]) == (x, target)


@pytest.mark.parametrize("seed", [1, 2])
def test_sgd(cli, seed):
    result = json.loads(cli("regress", "--method", "sgd", "--seed", seed, "--json").out)
    assert result["coefficients"] == pytest.approx(LEAST_SQUARES, rel=0.05)


def test_until_converged(cli):
    result = json.loads(cli("regress", "--until-converged", "--tolerance", 1e-3, "--json").out)
    assert result["gradient_norm"] <= 1e-3
    assert result["iterations"] < 100


def test_options_reach_the_fit(cli):
    result = json.loads(
        cli("regress", "--method", "sgd", "--epochs", 3, "--batch-size", 25, "--lr", 0.25, "--json").out
    )
    assert (result["iterations"], result["lr"], result["converged"]) == (6, 0.25, False)
    assert "try more epochs" in result["message"]


def test_a_high_degree_says_that_it_did_not_converge(cli):
    ran = cli("regress", "--degree", 12, "--epochs", 10)
    assert ran.code == 0
    assert "condition number" in ran.out


def test_compare(cli, tmp_path):
    plot = tmp_path / "compare.png"
    ran = cli("regress", "--compare", "gd,sgd", "--plot", plot)
    assert "samples seen" in ran.out
    assert plot.stat().st_size > 10_000
    result = json.loads(cli("regress", "--compare", "gd,sgd", "--batch-size", 5, "--json").out)["compare"]
    assert result["samples"] == [10, 20, 50, 100, 200, 500, 1000, 2000]
    assert result["losses"]["sgd"][0] < result["losses"]["gd"][0]


def test_plot(cli, tmp_path):
    assert cli("regress", "--plot", tmp_path / "fit.png").code == 0
    assert (tmp_path / "fit.png").stat().st_size > 10_000


def test_bad_input_is_one_line(cli, tmp_path):
    for name, text in (
        ("empty.csv", ""),
        ("words.csv", "a,b\n1,2\n3,four\n"),
        ("nan.csv", "a,b\n1,2\n3,nan\n"),
        ("constant.csv", "a,b\n1,2\n1,3\n1,4\n"),
        ("narrow.csv", "a\n1\n2\n"),
    ):
        (tmp_path / name).write_text(text)
    for arguments, code, message in (
        (("none.csv",), 4, "none.csv: no such file"),
        (("empty.csv",), 4, "empty.csv: empty; expected rows of numbers"),
        (("words.csv",), 4, "words.csv:3: column 2 (b): found 'four'; expected a finite number"),
        (("nan.csv",), 4, "nan.csv:3: column 2 (b): found 'nan'; expected a finite number"),
        (("constant.csv",), 4, "constant.csv (x: a, t: b): x has only 1; expected at least 3 different values"),
        (("narrow.csv",), 4, "narrow.csv: the only column is 'a'; expected an input and a target"),
        (("--target", "weight"), 4, "no column 'weight'; expected one of: speed_mph, distance_ft"),
        (("--x", "speed_mph", "--target", "speed_mph"), 2, "x and the target are both 'speed_mph'"),
        (("--method", "newton"), 2, "the method is 'newton'; expected one of: gd, sgd"),
        (("--compare", "gd,adam"), 2, "--compare is 'gd,adam'; expected some of gd, sgd"),
        (("--degree", 2, "--degree", "two"), 2, "--degree is 'two'; expected a whole number"),
        (("--degree", "two"), 2, "--degree is 'two'; expected a whole number"),
        (("--degree", -1), 2, "--degree is -1; expected a whole number of at least 0"),
        (("--batch-size", 5), 2, "the batch size is 5, but gd takes all data"),
        (("--tolerance", 0), 2, "the tolerance is 0.0; expected a number above 0"),
        (("--plot", "fit.gif"), 2, "fit.gif: is of the kind '.gif'; expected .png, .svg, .pdf"),
        (("--lr", 3), 3, "the learning rate is 3; expected below 0.924 for these data"),
    ):
        ran = cli("regress", *arguments, "--quiet")
        assert (ran.code, ran.out) == (code, "")
        assert message in ran.err
        assert len(ran.err.splitlines()) == 1


def test_through_typers_own_runner():
    app = typer.Typer()
    add_command(app, Regress)
    result = CliRunner().invoke(app, ["--json", "--quiet"])
    assert (result.exit_code, result.stderr) == (0, "")
    assert json.loads(result.stdout)["coefficients"] == pytest.approx(LEAST_SQUARES, abs=5e-6)


@pytest.mark.heavy
def test_a_process_keeps_its_streams_apart(process, tmp_path):
    ran = process("regress", "--json")
    assert ran.code == 0
    assert json.loads(ran.out)["coefficients"] == pytest.approx(LEAST_SQUARES, abs=5e-6)
    assert ran.err == "stopping_distance: 50 rows, distance_ft over speed_mph\n"
    ran = process("regress", "--lr", "3", "--quiet")
    assert (ran.code, ran.out, len(ran.err.splitlines())) == (3, "", 1)


def test_heavy_packages_stay_unloaded():
    code = (
        "import sys; from chainrule.cli.regress import Regress; Regress().execute();"
        "print([name for name in ('matplotlib', 'scipy', 'pandas', 'sklearn', 'torch') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", timeout=60, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_data_are_the_ones_promised():
    fitted = Polynomial.fit(*stopping_distance().values.T, deg=2).convert()
    assert np.asarray(fitted.coef) == pytest.approx(LEAST_SQUARES, abs=5e-6)


def test_only_the_columns_that_are_used_are_read(cli, tmp_path):
    rows = [f"Title {k},{k},?,{40000 + 2000 * k * k},{k % 2}" for k in range(1, 11)]
    (tmp_path / "t.csv").write_text("\n".join(["Position,Level,Age,Salary,Note", *rows[:-1], rows[-1][:-1] + "x"]))
    for named in (("--x", "Level", "--target", "Salary"), ("--target", "Salary")):
        ran = cli("regress", "t.csv", *named, "--json")
        assert ran.code == 0
        np.testing.assert_allclose(json.loads(ran.out)["coefficients"], [40000, 0, 2000], atol=1e-3)
    ran = cli("regress", "t.csv", "--x", "Position", "--target", "Salary")
    assert ran.code == 4
    assert "t.csv:2: column 1 (Position): found 'Title 1'; expected a finite number" in ran.err
    ran = cli("regress", "t.csv", "--x", "level", "--target", "Salary")
    assert (ran.code, "did you mean Level?" in ran.err) == (4, True)


def test_an_index_is_no_input_unless_it_is_named(cli, tmp_path):
    (tmp_path / "t.csv").write_text("\n".join([",a,b", *(f"{k},{k % 3},{1 + 2 * (k % 3)}" for k in range(9))]))
    assert json.loads(cli("regress", "t.csv", "--degree", 1, "--json").out)["formula"] == "b = 1.00000 + 2.00000 a"
    assert json.loads(cli("regress", "t.csv", "--x", "column 1", "--json").out)["x"] == "column 1"


def test_a_table_of_text_is_refused(cli, tmp_path):
    (tmp_path / "t.csv").write_text("a,b,c\nx,1,u\ny,2,v\n")
    ran = cli("regress", "t.csv")
    assert ran.code == 4
    assert ran.err == "chainrule: t.csv: only b holds numbers; expected an input and a target\n"
