"""One pass: every value, every gradient, the parameters, an update; the numbers are those of `chainrule.trace`."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from chainrule import trace
from chainrule.data import mnist
from served import in_bytes, numbers
from server.conftest import small

DATA = mnist("test")
PASS = {"image": in_bytes(DATA.x[3]), "t": int(DATA.t[3])}


def test_the_model_says_what_each_layer_is(digits):
    found, network = digits.get("/api/model"), small()
    assert (found["shape"], found["parameters"], found["dtype"]) == ([1, 28, 28], network.size, "float32")
    assert (found["in_bytes"], found["pictures"], found["eta"]) == (True, True, 0.05)
    assert found["classes"] == list("0123456789")
    assert found["loss"]["name"] == "LogSoftmaxNLL"
    names = ["conv1", "relu1", "maxpooling1", "dropout1", "fc1"]
    assert [each["name"] for each in found["layers"]] == names
    assert [each["inputs"] for each in found["layers"]] == [[name] for name in ["x", *names[:-1]]]
    assert found["layers"][0]["parameters"] == [
        {"name": "conv1.w", "shape": [3, 1, 3, 3], "size": 27},
        {"name": "conv1.b", "shape": [3], "size": 3},
    ]


@pytest.mark.parametrize("training", [False, True])
def test_values_and_gradients_are_those_of_a_trace(digits, training):
    asked = {**PASS, "training": training, "seed": 5}
    found, network = digits.post("/api/trace", asked), small()
    expected = trace(network, DATA.x[3:4], DATA.t[3:4], seed=5, training=training)
    names = ["x", *(node.name for node in network.graph.nodes)]
    assert found["loss"] == pytest.approx(expected.loss, rel=1e-12)
    for k, name in enumerate(names):
        np.testing.assert_array_equal(numbers(found["values"][name]), expected.x[k][0])
        np.testing.assert_array_equal(numbers(found["gradients"][name]), expected.gx[k][0])
    assert found["order"] == names[:0:-1]
    assert found["weights"]["conv1.w"]["shape"] == [3, 1, 3, 3]
    forward = digits.post("/api/forward", asked)
    assert forward["values"] == found["values"]
    assert forward["probabilities"] == found["probabilities"]
    for what, arrays in (("value", expected.w), ("gradient", expected.gw)):
        for name, array in arrays.items():
            sent = digits.post("/api/weights", {**asked, "parameter": name, "what": what})
            np.testing.assert_array_equal(numbers(sent), array)


def test_dropout_drops_in_training_only_and_by_the_seed(digits):
    def dropped(**how: object) -> np.ndarray:
        return numbers(digits.post("/api/forward", {**PASS, **how})["values"]["dropout1"]) == 0

    rest = dropped()
    assert dropped(training=True).sum() > rest.sum() + 50
    np.testing.assert_array_equal(dropped(training=True, seed=1), dropped(training=True, seed=1))
    assert (dropped(training=True, seed=1) != dropped(training=True, seed=2)).any()


@pytest.mark.parametrize("training", [False, True])
def test_a_small_update_lowers_the_loss_by_eta_times_the_squared_norm(digits, training):
    eta, asked = 1e-4, {**PASS, "training": training, "seed": 3}
    found = digits.post("/api/update", {**asked, "eta": eta})
    assert found["before"] == pytest.approx(digits.post("/api/trace", asked)["loss"], rel=1e-12)
    assert found["before"] - found["after"] == pytest.approx(eta * found["norm"] ** 2, rel=0.1)
    assert found["probabilities_after"][PASS["t"]] > digits.post("/api/forward", PASS)["probabilities"][PASS["t"]]
    again = digits.post("/api/update", {**asked, "eta": 0})
    assert again["after"] == pytest.approx(again["before"], rel=1e-6)  # the network has stayed as it was


def test_many_at_once_get_what_each_gets_alone(digits):
    asked = [{"image": in_bytes(DATA.x[k]), "t": int(DATA.t[k]), "seed": k, "training": k % 2 == 1} for k in range(12)]

    def answers(each: dict) -> list:
        eta = {**each, "eta": 0.01}
        values = digits.post("/api/forward", each)["values"]
        return [values, digits.post("/api/trace", each)["gradients"], digits.post("/api/update", eta)["after"]]

    with ThreadPoolExecutor(12) as pool:
        together = list(pool.map(answers, asked))
    assert together == [answers(each) for each in asked]


def test_the_parameter_or_the_class_must_be_there(digits):
    answer = digits.ask("POST", "/api/weights", {**PASS, "parameter": "conv1"})
    assert (answer.status, "conv1.w" in answer.values["error"]) == (404, True)
    answer = digits.ask("POST", "/api/trace", {"image": PASS["image"]})
    assert (answer.status, answer.values["error"]) == (
        400, "there is no t; expected the true class, or value, of the image",
    )  # fmt: skip
    assert digits.ask("POST", "/api/update", {**PASS, "eta": -1}).status == 400


def test_a_regression_has_a_value_for_its_class(reals):
    image = reals.get("/api/digit?number=3")["image"]
    found = reals.post("/api/trace", {"image": image, "t": 2.5})
    answer, gradient = found["answers"][0], numbers(list(found["gradients"].values())[-1])
    assert np.sign(gradient) == np.sign(answer - 2.5)
    assert reals.post("/api/update", {"image": image, "t": 2.5, "eta": 1e-4})["after"] < found["loss"]
