"""A predictor says what the network says, of one sample or of many, with the w of when it was made."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from chainrule import DataError, Linear, Network, NetworkError, ReLU, SquaredError, UsageError
from chainrule.data import mnist
from chainrule.tasks.presets import preset

DIGITS = mnist("test").head(300)


@pytest.mark.parametrize("name", ["lecture", "mnist", "mlp"])
@pytest.mark.parametrize("engine", ["compiled", "reference"])
def test_it_says_what_the_network_says(name, engine):
    network = preset(name).network()
    predict = network.predictor(engine)
    for x in (DIGITS.x[:1], DIGITS.x[:7], DIGITS.x[:1], DIGITS.x, DIGITS.x[5:6], DIGITS.x[:0]):
        y = predict.outputs(x)
        assert y.shape == (len(x), 10)
        np.testing.assert_allclose(y, network(x), rtol=0, atol=1e-5)
        np.testing.assert_allclose(predict(x), network.predict(x), rtol=0, atol=1e-5)
    np.testing.assert_array_equal(predict.classify(DIGITS.x), predict(DIGITS.x).argmax(axis=1))


def test_floats_rows_and_images_alike():
    network = preset("mlp").network()
    predict = network.predictor()
    x = network.scaling.table(np.dtype(np.float32))[DIGITS.x]
    np.testing.assert_allclose(predict(x), predict(DIGITS.x), rtol=0, atol=1e-6)
    np.testing.assert_array_equal(predict(x.reshape(300, 784)), predict(x))


def test_the_size_of_batches_and_threads_do_not_matter():
    network = preset("mnist").network()
    expected = network.predictor(batch_size=256, threads=1).outputs(DIGITS.x)
    for batch_size, threads in ((300, 2), (1, 1), (77, 3)):
        np.testing.assert_array_equal(network.predictor("compiled", threads, batch_size).outputs(DIGITS.x), expected)


@pytest.mark.parametrize("threads", [1, 2])
def test_threads_that_share_one_get_their_own_answers(threads):
    predict = preset("mlp").network().predictor(threads=threads)
    asked = [DIGITS.x[k : k + 1 + (k % 3) * 7] for k in range(200)]
    expected = [predict.outputs(x) for x in asked]

    def ask(first: int) -> bool:
        turns = [(first + k) % len(asked) for k in range(len(asked))]
        return all(np.array_equal(predict.outputs(asked[k]), expected[k]) for k in turns)

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, range(0, len(asked), len(asked) // 8)))


def test_it_keeps_the_w_it_was_made_with():
    network = preset("lecture").network()
    predict = network.predictor()
    before = predict(DIGITS.x)
    network.w *= 2
    np.testing.assert_array_equal(predict(DIGITS.x), before)
    assert not np.array_equal(network.predictor()(DIGITS.x), before)


def test_two_predictors_of_one_network_do_not_disturb_each_other():
    network = preset("mlp").network()
    one = network.predictor()
    expected = one(DIGITS.x[:3])
    network.w[:] = np.random.default_rng(0).normal(size=network.size)
    other = network.predictor()
    other(DIGITS.x[:3])
    np.testing.assert_array_equal(one(DIGITS.x[:3]), expected)


def test_a_regression_has_values_but_no_classes():
    network = Network([Linear(4), ReLU(), Linear(2)], 3, SquaredError())
    predict = network.predictor()
    assert predict(np.ones((5, 3))).shape == (5, 2)
    with pytest.raises(NetworkError, match="SquaredError has no classes"):
        predict.classify(np.ones((5, 3)))


def test_bad_input_is_refused():
    network = Network([Linear(2)], 3)
    with pytest.raises(DataError, match=r"x has shape \(1, 4\)"):
        network.predictor()(np.ones((1, 4)))
    with pytest.raises(DataError, match="x is float32; expected an array of samples"):
        network.predictor()(np.float32(3))
    with pytest.raises(DataError, match="x holds <U1; expected numbers"):
        network.predictor()(np.array([["a", "b", "c"]]))
    with pytest.raises(UsageError, match="batch_size is 0; expected a whole number of at least 1"):
        network.predictor(batch_size=0)
    with pytest.raises(UsageError, match="there is no engine 'fast'"):
        network.predictor("fast")
