"""The tab Regression: two descents side by side, and the bowl that they are in."""

from typing import Any

import numpy as np
import pytest

from chainrule.base.errors import ChainruleError
from chainrule.regression.fitting import fit_polynomial
from chainrule.regression.polynomial import ScaledProblem
from chainrule.server.asked import Asked
from chainrule.server.plain import to_json
from chainrule.server.regression import regression

X, T = (0.0, 1.0, 2.0, 3.0, 4.0), (1.0, 0.0, 2.0, 5.0, 11.0)
OWN = {"x": list(X), "t": list(T)}
SUBJECT: Any = None  # it is about no network


def asked(**body: Any) -> dict[str, Any]:
    return regression(SUBJECT, Asked(body=body))


@pytest.mark.parametrize("method", ["gd", "sgd"])
def test_each_step_goes_down_the_gradient_that_is_shown(method: str):
    found = asked(data=OWN, steps=30, batch_size=2, w0=[0.5, -0.5, 0.25])
    path = found[method]
    assert path["w"].shape == (31, 3)
    assert path["w"][0].tolist() == [0.5, -0.5, 0.25]
    np.testing.assert_allclose(np.diff(path["w"], axis=0), -found["lr"] * path["gradient"], rtol=1e-9, atol=1e-15)
    assert not path["diverges"]


def test_a_bowl_gives_the_loss_at_every_step():
    found = asked(data=OWN, degree=3)
    for method in ("gd", "sgd"):
        away = found[method]["w"] - found["lowest"]["w"]
        bowl = found["lowest"]["loss"] + np.einsum("si,ij,sj->s", away, found["hessian"], away) / 2
        np.testing.assert_allclose(bowl, found[method]["loss"], rtol=1e-9)


def test_gradients_are_those_of_the_mean_loss():
    found, problem = asked(data=OWN, steps=3), ScaledProblem(np.array(X), np.array(T), 2)
    w, h = found["gd"]["w"][1], 1e-6
    for k in range(3):
        step = np.eye(3)[k] * h
        slope = [problem.objective.loss(w + sign * step, problem.whole) / 5 for sign in (1, -1)]
        assert found["gd"]["gradient"][1][k] == pytest.approx((slope[0] - slope[1]) / (2 * h), rel=1e-6)


def test_the_embedded_table_is_found_as_regress_finds_it():
    found = asked(steps=1000)
    fit = fit_polynomial(np.array(found["data"]["x"]), np.array(found["data"]["t"]), 2)
    scale_x, scale_t, w = found["x_scale"], found["t_scale"], found["gd"]["w"][-1]
    x = np.array([5.0, 20.0])
    y = scale_t["centre"] + scale_t["half"] * np.polyval(w[::-1], (x - scale_x["centre"]) / scale_x["half"])
    np.testing.assert_allclose(y, fit(x), rtol=1e-6)
    assert (found["data"]["source"], found["data"]["x_name"]) == ("stopping_distance", "speed_mph")


def test_a_rate_that_diverges_is_said_so():
    sure = asked()["largest_lr"]
    found = asked(lr=1.3 * sure)
    assert found["gd"]["diverges"]
    assert f"above 2 / lambda_max = {sure:.4g}: along the steepest direction" in found["gd"]["message"]
    assert not asked(lr=0.99 * sure)["gd"]["diverges"]
    assert asked(lr=0.99 * sure)["gd"]["loss"][-1] < asked()["gd"]["loss"][0]


@pytest.mark.parametrize("lr", [1e3, 1e20, 1e30])
def test_a_path_ends_where_it_is_far_away(lr: float):
    found = asked(lr=lr, steps=100)
    assert b"null" not in to_json({name: found[name]["w"] for name in ("gd", "sgd")})
    for method in ("gd", "sgd"):
        assert found[method]["diverges"]
        assert len(found[method]["w"]) == len(found[method]["gradient"]) + 1


def test_the_same_request_has_the_same_answer_and_another_seed_another():
    assert to_json(asked(data=OWN, batch_size=2)) == to_json(asked(data=OWN, batch_size=2))
    other = asked(data=OWN, batch_size=2, seed=1)
    assert not np.array_equal(other["sgd"]["w"], asked(data=OWN, batch_size=2)["sgd"]["w"])
    assert np.array_equal(other["gd"]["w"], asked(data=OWN)["gd"]["w"])


def test_full_batches_are_gradient_descent():
    found = asked(data=OWN, batch_size=5)
    np.testing.assert_allclose(found["sgd"]["w"], found["gd"]["w"], rtol=1e-12)


def test_a_file_is_read_as_any_table():
    found = asked(data={"name": "cars.csv", "text": "id;speed;dist\n1;4;2\n2;7;4\n3;8;16\n4;9;10\n"})
    assert (found["data"]["x_name"], found["data"]["t_name"]) == ("speed", "dist")
    assert found["data"]["t"].tolist() == [2, 4, 16, 10]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"data": {"x": [1], "t": [1, 2]}}, "1 x but 2 t; expected as many"),
        ({"data": {"x": [1, 1, 1], "t": [1, 2, 3]}}, "x has only 1; expected at least 3 different values for degree 2"),
        ({"data": {"x": [], "t": []}}, "x has no value; expected at least 3 different values"),
        ({"data": {"name": "a.csv", "text": "a,b\n1,2\n3\n"}}, "a.csv:3"),
        ({"data": {"name": "a.csv", "text": "a\n1\n"}}, "a.csv: the only column is 'a'"),
        ({"degree": 10}, "the body.degree is 10; expected a whole number from 0 to 9"),
        ({"steps": 100_000}, "the body.steps is 100000; expected a whole number from 1 to 2,000"),
        ({"w0": [1.0]}, "w0 has 1 numbers; expected 3, as the degree is 2"),
        ({"lr": "fast"}, "the body.lr is 'fast'; expected a finite number"),
        ({"data": {"x": list(range(6000)), "t": list(range(6000))}}, "expected a list from 0 to 5,000, in values"),
    ],
)
def test_what_cannot_be_fitted_is_refused_in_a_line(body: dict[str, Any], told: str):
    with pytest.raises(ChainruleError) as caught:
        asked(**body)
    assert told in str(caught.value)
