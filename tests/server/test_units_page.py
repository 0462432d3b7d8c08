"""Single numbers of a pass, as the page shows them: their terms, their field, their check, the kernel's number."""

import numpy as np
import pytest

from chainrule.data import mnist
from served import Client, in_bytes, numbers

DATA = mnist("test")
PASS = {"image": in_bytes(DATA.x[3]), "t": int(DATA.t[3])}
VALUES = "x:0,14,14", "conv1:2,5,7", "relu1:1,9,9", "maxpooling1:0,3,4", "dropout1:2,6,6", "fc1:7"
UNITS = *VALUES, *(f"dL/{each}" for each in VALUES), "loss", "conv1.w:1,0,2,2", "dL/conv1.w:1,0,2,2", "dL/fc1.b:3"


def value(trace: dict, unit: str) -> float:
    """A value or a gradient of a trace's answer."""
    name, _, index = unit.removeprefix("dL/").partition(":")
    arrays = trace["gradients"] if unit.startswith("dL/") else trace["values"]
    return numbers(arrays[name])[tuple(map(int, index.split(",")))]


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("unit", UNITS)
def test_the_terms_sum_to_the_value_that_the_trace_shows(digits, unit, training):
    asked = {**PASS, "training": training}
    found = digits.post("/api/unit", {**asked, "unit": unit, "count": 1000})
    assert found["unit"] == unit
    assert found["count"] == len(found["terms"]) or found["count"] > 1000
    if found["count"] <= 1000:
        assert sum(each["product"] for each in found["terms"]) == pytest.approx(found["total"], rel=1e-9, abs=1e-12)
    assert found["total"] == pytest.approx(found["value"], rel=1e-5, abs=1e-6)
    assert found["difference"] == pytest.approx(found["total"] - found["value"], abs=1e-9)
    for each in found["terms"]:
        assert np.prod([factor["value"] for factor in each["factors"]]) == pytest.approx(each["product"], rel=1e-9)
    if unit.removeprefix("dL/") in VALUES:
        assert found["value"] == value(digits.post("/api/trace", asked), unit)


def test_terms_come_by_size_or_as_in_the_formula_page_by_page(digits):
    def terms(**how: object) -> list[float]:
        found = digits.post("/api/unit", {**PASS, "unit": "fc1:7", **how})
        assert found["count"] == 3 * 13 * 13 + 1
        return [each["product"] for each in found["terms"]]

    whole, largest = terms(order="formula", count=1000), terms(count=1000)
    assert sorted(whole) == sorted(largest)
    assert largest == sorted(whole, key=abs, reverse=True)
    assert terms(**{"from": 3, "count": 5}) == largest[3:8]
    assert terms(order="formula", **{"from": 3, "count": 5}) == whole[3:8]
    assert len(terms()) == 200
    assert terms(**{"from": 9999}) == []


def test_one_walks_from_a_number_to_what_it_is_made_of(digits):
    unit = "dL/conv1.w:1,0,2,2"
    for _ in range(4):
        found = digits.post("/api/unit", {**PASS, "unit": unit})
        unit = next(f["unit"] for f in found["terms"][0]["factors"] if f["unit"] and f["unit"].startswith("dL/"))
    assert unit.startswith("dL/")


def test_a_value_needs_no_class(digits):
    asked = {"image": PASS["image"], "unit": "conv1:2,5,7"}
    assert digits.post("/api/unit", asked)["value"] == digits.post("/api/unit", {**asked, "t": 3})["value"]
    answer = digits.ask("POST", "/api/unit", {**asked, "unit": "dL/conv1:2,5,7"})
    assert (answer.status, "no t" in answer.values["error"]) == (400, True)


@pytest.mark.parametrize(("unit", "said"), [
    ("conv9:1,2,3", "conv1"), ("conv1:3,5,7", "(3, 26, 26)"), ("conv1", "conv1:0,0,0 to conv1:2,25,25"), ("", "unit"),
    ("conv1:a,b,c", "conv1"), ("dL/loss", "loss"), ("x" * 10_000, "there is no"), ("conv1:0,0,\n0;", "conv1"),
])  # fmt: skip
def test_a_unit_that_there_is_not_is_refused_in_one_line(digits, unit, said):
    for path in ("unit", "affects", "check"):
        answer = digits.ask("POST", f"/api/{path}", {**PASS, "unit": unit})
        assert (answer.status, said in answer.values["error"]) == (422, True), answer
        assert "\n" not in answer.values["error"]
        assert len(answer.values["error"]) < 500


@pytest.mark.parametrize("more", [{"count": 1001}, {"count": -1}, {"from": -1}, {"order": "any"}, {"first": "x"}])
def test_terms_that_there_are_not_are_refused(digits, more):
    assert digits.ask("POST", "/api/unit", {**PASS, "unit": "fc1:7", **more}).status == 400


def test_a_units_field_goes_both_ways(digits):
    found = digits.post("/api/affects", {**PASS, "unit": "maxpooling1:1,3,4"})
    assert found["reads"][0] == {"name": "x", "from": [0, 6, 8], "to": [0, 9, 11]}
    assert found["affects"][-1] == {"name": "fc1", "from": [0], "to": [9]}


def test_a_derivative_is_checked_by_the_loss(digits):
    found = digits.post("/api/check", {**PASS, "unit": "dL/fc1:7"})
    assert found["same_piece"] is True
    assert found["numeric"] == pytest.approx(found["analytic"], rel=1e-4, abs=1e-7)
    assert digits.ask("POST", "/api/check", {**PASS, "unit": "fc1:7"}).status == 422


def by_kernel(client: Client, unit: str) -> dict:
    """The unit, once the engine's numbers are there."""
    while (found := client.post("/api/unit", {**PASS, "unit": unit}))["kernel_pending"]:
        pass
    return found


def test_the_kernels_number_stands_beside_the_definitions(digits):
    for unit in ("dropout1:1,10,10", "fc1:7", "loss", "dL/conv1.w:1,0,2,2"):
        found = by_kernel(digits, unit)
        assert found["kernel"] == pytest.approx(found["value"], rel=1e-4, abs=1e-6)
    assert by_kernel(digits, "conv1:1,10,10")["kernel"] is None  # conv1 + relu1 + maxpooling1 are one


def test_layers_that_are_executed_as_one_are_named(digits):
    fused = {each["name"]: each["fused_with"] for each in digits.get("/api/model")["layers"]}
    assert fused["conv1"] == fused["relu1"]
    assert fused["conv1"].startswith("conv1 + relu1 + maxpooling1")
    assert fused["fc1"] is None
