"""NeuralClassifier: what it learns, takes, tells and refuses."""

from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.ensemble import AdaBoostClassifier
from sklearn.model_selection import cross_val_score

import chainrule as cr
from chainrule import NeuralClassifier, preset
from chainrule.data import Dataset
from chainrule.estimators.samples import sample_shape
from chainrule.estimators.settings import training_of
from sklearn_data import digits, iris

X, Y = iris()
DIGITS, LABELS = digits()
NAMES = np.array(["setosa", "versicolor", "virginica"])


def test_it_learns_iris_and_digits_with_its_default_settings():
    assert cross_val_score(cr.NeuralClassifier(random_state=0), X, Y).mean() > 0.95
    assert cr.NeuralClassifier(random_state=0).fit(DIGITS[::2], LABELS[::2]).score(DIGITS[1::2], LABELS[1::2]) > 0.96


@pytest.mark.parametrize("labels", [NAMES, NAMES.astype(object), np.array([7, -3, 20]), np.array([True, False, True])])
def test_it_predicts_labels_of_the_type_that_y_has(labels):
    y = labels[Y]
    model = cr.NeuralClassifier(random_state=0).fit(X, y)
    assert model.classes_.tolist() == sorted(set(labels.tolist()))
    assert model.predict(X).dtype == y.dtype
    assert np.mean(model.predict(X) == y) > 0.9


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_probabilities_are_of_x_s_type_and_sum_to_1(dtype):
    x = X.astype(dtype)
    model = cr.NeuralClassifier(random_state=0).fit(x, Y)
    p = model.predict_proba(x)
    assert p.dtype == model.network_.w.dtype == dtype
    np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-6)
    np.testing.assert_allclose(np.exp(model.predict_log_proba(x)), p, rtol=1e-4)
    np.testing.assert_array_equal(model.classes_[p.argmax(axis=1)], model.predict(x))


def test_float32_and_float64_learn_the_same_but_for_rounding():
    single, double = (cr.NeuralClassifier(random_state=0).fit(X.astype(t), Y) for t in (np.float32, np.float64))
    np.testing.assert_allclose(single.predict_proba(X), double.predict_proba(X), atol=1e-3)


def test_the_fitted_network_answers_alone_for_x_in_raw_units(tmp_path):
    model = cr.NeuralClassifier(random_state=0).fit(X, Y)
    model.network_.save(tmp_path / "iris.safetensors")
    network = cr.load(tmp_path / "iris.safetensors")
    np.testing.assert_allclose(network.predict(X), model.predict_proba(X), atol=1e-5)  # a file holds float32
    np.testing.assert_array_equal(network.classify(X), model.predict(X))


def test_the_loss_curve_is_what_the_loss_was_and_falls():
    model = cr.NeuralClassifier(random_state=0, max_iter=30).fit(X, Y)
    assert model.n_iter_ == len(model.loss_curve_) == 30
    assert model.loss_ == model.loss_curve_[-1] < 0.3 * model.loss_curve_[0]
    after = -np.mean(model.predict_log_proba(X)[np.arange(len(Y)), Y])
    assert after == pytest.approx(model.loss_, rel=0.05)  # the last update was a small one
    assert model.validation_scores_ is model.best_validation_score_ is None


def test_training_ends_when_the_loss_no_longer_falls_by_tol():
    model = cr.NeuralClassifier(random_state=0, tol=0.01, n_iter_no_change=3, max_iter=500).fit(X, Y)
    best = np.minimum.accumulate(model.loss_curve_)
    falls = best[:-1] - model.loss_curve_[1:]
    assert model.n_iter_ < 500
    assert (falls[-3:] <= 0.01).all()
    assert falls[-4] > 0.01


def test_early_stopping_gives_back_the_weights_that_were_best_on_the_part_held_out():
    model: Any = cr.NeuralClassifier(random_state=3, early_stopping=True, n_iter_no_change=5, validation_fraction=0.3)
    model.fit(DIGITS, LABELS)
    assert model.n_iter_ == len(model.validation_scores_) < 50
    assert model.best_validation_score_ == max(model.validation_scores_)
    assert model.validation_scores_[-1] < model.best_validation_score_
    _, held_out = model._split(cr.Dataset(DIGITS, LABELS))
    assert len(held_out) == pytest.approx(0.3 * len(LABELS), abs=1)
    assert np.bincount(held_out.t).min() > 50  # each class has its share
    assert model.score(held_out.x, held_out.t) == model.best_validation_score_


def test_a_sample_s_weight_counts_like_so_many_of_it():
    counts = np.random.default_rng(0).integers(0, 4, len(Y))
    weighted = cr.NeuralClassifier(random_state=0, batch_size=1000).fit(X, Y, sample_weight=counts)
    repeated = cr.NeuralClassifier(random_state=0, batch_size=1000).fit(X.repeat(counts, axis=0), Y.repeat(counts))
    np.testing.assert_allclose(weighted.predict_proba(X), repeated.predict_proba(X), rtol=1e-6)


def test_balanced_classes_count_as_if_each_were_as_frequent():
    few = np.r_[0:50, 50:60, 100:105]
    weight = np.where(Y == 0, 1 / 50, np.where(Y == 1, 1 / 10, 1 / 5))[few] * 65 / 3
    balanced = cr.NeuralClassifier(random_state=0, class_weight="balanced").fit(X[few], Y[few])
    given = cr.NeuralClassifier(random_state=0, class_weight=dict(enumerate([65 / 150, 65 / 30, 65 / 15])))
    for other in (cr.NeuralClassifier(random_state=0).fit(X[few], Y[few], weight), given.fit(X[few], Y[few])):
        np.testing.assert_allclose(balanced.predict_proba(X), other.predict_proba(X), rtol=1e-6)


def test_a_part_of_a_part_is_learnt_and_what_the_optimizer_knew_is_kept():
    model = cr.NeuralClassifier(random_state=0, batch_size=150, learning_rate=0.02)
    for _ in range(30):
        model.partial_fit(X, Y, classes=[0, 1, 2])
    whole = cr.NeuralClassifier(
        random_state=0, batch_size=150, learning_rate=0.02, max_iter=30, learning_rate_decay=1.0, alpha=0.0
    ).fit(X, Y)
    model = cr.NeuralClassifier(random_state=0, batch_size=150, learning_rate=0.02, alpha=0.0)
    for _ in range(30):
        model.partial_fit(X, Y, classes=[0, 1, 2])
    assert model.n_iter_ == 1
    np.testing.assert_allclose(model.loss_curve_, whole.loss_curve_, rtol=1e-6)
    np.testing.assert_allclose(model.predict_proba(X), whole.predict_proba(X), rtol=1e-6)


@pytest.mark.heavy
def test_it_learns_from_one_sample_at_a_time():
    model, order = cr.NeuralClassifier(random_state=0), np.random.default_rng(0).integers(0, 150, 500)
    for k in order:
        model.partial_fit(X[k : k + 1], Y[k : k + 1], classes=[0, 1, 2])
    assert model.score(X, Y) > 0.9


def test_a_warm_start_goes_on_from_the_network_there_is():
    model = cr.NeuralClassifier(random_state=0, warm_start=True, max_iter=10).fit(X, Y)
    before = model.loss_
    model.fit(X, Y)
    assert model.loss_curve_[10] < 1.5 * before < 0.5 * model.loss_curve_[0]
    assert (model.n_iter_, len(model.loss_curve_)) == (10, 20)
    model.set_params(warm_start=False).fit(X, Y)
    assert len(model.loss_curve_) == 10


def test_a_warm_start_is_refused_for_other_classes():
    model = cr.NeuralClassifier(random_state=0, warm_start=True, max_iter=2).fit(X, NAMES[Y])
    for y in (NAMES[Y % 2], np.r_[NAMES[Y[:-1]], ["other"]]):
        with pytest.raises(
            cr.DataError, match=r"y has the classes .*; expected \['setosa', 'versicolor', 'virginica'\]"
        ):
            model.fit(X, y)


def test_a_weight_that_is_no_number_is_refused_where_it_is_asked():
    model = cr.NeuralClassifier(random_state=0, max_iter=2).fit(X, Y)
    model.network_.named()["fc2.w"][1, 2] = np.nan
    with pytest.raises(cr.ModelError, match=r"fc2\.w holds nan; expected finite numbers"):
        model.predict(X)


def test_the_same_random_state_gives_the_same_network_and_another_another():
    def fitted(seed):
        return cr.NeuralClassifier(random_state=seed, max_iter=5).fit(DIGITS, LABELS).network_.w

    np.testing.assert_array_equal(fitted(1), fitted(1))
    assert not np.array_equal(fitted(1), fitted(2))


@pytest.mark.parametrize(
    ("layers", "named"),
    [
        ((), "Linear(3)"),
        (7, "Linear(7) ReLU Linear(3)"),
        ((5, 4), "Linear(5) ReLU Linear(4) ReLU Linear(3)"),
        ([cr.Linear(6), cr.Tanh()], "Linear(6) Tanh Linear(3)"),
        ([8, cr.Dropout(0.1), cr.Linear(3)], "Linear(8) ReLU Dropout(0.1) Linear(3)"),
        ([cr.Linear(3), cr.Softmax()], "Linear(3)"),
        ("mlp", "Linear(100) ReLU Linear(3)"),
    ],
)
def test_layers_are_sizes_or_layers_or_a_preset(layers, named):
    model = cr.NeuralClassifier(layers, max_iter=1).fit(X, Y)
    row = [str(layer).removesuffix("()") for layer in model.network_.layers[1:]]  # the first standardises
    assert " ".join(row) == named


def test_images_are_rows_or_four_dimensional_and_may_be_convolved():
    layers = [cr.Convolution(4), cr.ReLU(), cr.MaxPooling()]
    rows = cr.NeuralClassifier(layers, image_shape=(1, 8, 8), max_iter=15, random_state=0).fit(DIGITS, LABELS)
    images = DIGITS.reshape(-1, 1, 8, 8)
    model = cr.NeuralClassifier(layers, max_iter=15, random_state=0).fit(images, LABELS)
    assert model.network_.input_shape == (1, 8, 8)
    assert model.n_features_in_ == 64
    assert model.score(images, LABELS) > 0.95
    np.testing.assert_array_equal(model.predict(DIGITS), rows.predict(images))


def test_images_in_bytes_stay_bytes_and_mean_the_same_as_in_other_types():
    noise, y = np.random.default_rng(0).integers(0, 100, (300, 1, 28, 28)), np.arange(300) % 3
    for k in range(3):
        noise[y == k, :, 9 * k : 9 * k + 9] += 100
    x = noise.astype(np.uint8)
    model = cr.NeuralClassifier("mlp", random_state=0).fit(x, y)
    assert model.network_.w.dtype == np.float32
    assert model.network_.scaling == cr.scaling_of(cr.Dataset(x, y))
    assert (model.n_iter_, model.score(x, y)) == (10, 1.0)
    for other in (x.reshape(300, 784), x.astype(np.float64), x.astype(np.int16)):
        np.testing.assert_allclose(model.predict_proba(other), model.predict_proba(x), atol=1e-5)


def test_an_optimizer_is_named_or_given():
    for optimizer in ("sgd", "adam", "adadelta", cr.SGD(0.1, momentum=0.9)):
        model = cr.NeuralClassifier(optimizer=optimizer, random_state=0, max_iter=100, learning_rate_decay=1.0)
        assert model.fit(X, Y).loss_curve_[-1] < 0.95 * model.loss_curve_[0]


def test_images_are_augmented():
    x = np.random.default_rng(0).integers(0, 256, (60, 3, 8, 8), np.uint8)
    y = np.arange(60) % 3

    def weights(x: np.ndarray, augmentation: cr.Augmentation | None) -> bytes:
        model: Any = clone(cr.NeuralClassifier(max_iter=2, batch_size=20, random_state=0, augmentation=augmentation))
        return model.fit(x, y, np.arange(60) % 4).network_.w.tobytes()

    changed = cr.Augmentation(crop=1, flip=True, mixup=0.4)
    assert weights(x, changed) == weights(x, changed) != weights(x, None)
    with pytest.raises(cr.DataError, match="augmentation: samples are float32 of shape"):
        weights(x.astype(np.float32), changed)
    with pytest.raises(cr.UsageError, match="augmentation is 'flip'; expected one, as in Augmentation"):
        weights(x, "flip")  # type: ignore[arg-type]


def test_rates_clipping_and_averages_are_given():
    optimizer, schedule = cr.SGD(0.1, momentum=0.9, nesterov=True), cr.OneCycle(low_momentum=0.8)
    models = [
        cr.NeuralClassifier(
            optimizer=optimizer, schedule=schedule, clip_norm=1.0, average=average, random_state=0, max_iter=8
        ).fit(X, Y)
        for average in (True, cr.SWA(), False, cr.EMA(0.9))
    ]
    weights = [model.network_.w.tobytes() for model in models]
    assert weights[0] == weights[1]
    assert len(set(weights)) == 3
    assert all(model.loss_curve_ == models[0].loss_curve_ for model in models)
    parts = [
        cr.NeuralClassifier(random_state=0, **more).partial_fit(X, Y, classes=[0, 1, 2])
        for more in ({}, {"schedule": schedule, "average": True})
    ]  # which need an end that nobody knows
    assert parts[0].network_.w.tobytes() == parts[1].network_.w.tobytes()
    with pytest.raises(cr.UsageError, match="average is 'yes'; expected auto, True, False or one, as in EMA"):
        cr.NeuralClassifier(average="yes").fit(X, Y)


def size(model: cr.NeuralClassifier, name: str) -> float:
    """|w| over the network's weights (w) or biases (b)."""
    sizes = [np.linalg.norm(values) for key, values in model.network_.named().items() if key.endswith(name)]
    return float(np.linalg.norm(sizes))


def test_the_penalty_makes_weights_small_and_leaves_biases_alone():
    models = [cr.NeuralClassifier(alpha=alpha, random_state=0).fit(X, Y) for alpha in (0, 2, 200)]
    sizes = [size(model, ".w") for model in models]
    assert sizes[0] > sizes[1] > 2 * sizes[2]
    assert size(models[2], ".b") > 0.7 * size(models[0], ".b")


def test_the_same_data_again_and_again_are_no_more_data():
    rows, models = np.random.default_rng(0).permutation(150), [cr.NeuralClassifier(20, random_state=0) for _ in "abc"]
    for _ in range(60):
        models[0].partial_fit(X, Y, classes=[0, 1, 2])
    for part in [*np.array_split(rows, 2)] * 30:
        models[1].partial_fit(X[part], Y[part], classes=[0, 1, 2])
    models[2].set_params(max_iter=60, learning_rate=3e-3, learning_rate_decay=1.0, tol=0).fit(X, Y)
    assert [size(model, ".w") for model in models] == pytest.approx([2.76] * 3, rel=0.01)


@pytest.mark.parametrize("scale", [1 / 150, 1e-12, 7.0, 1e9])
@pytest.mark.parametrize("part", [False, True])
def test_weights_mean_the_same_at_any_scale(scale, part):
    def fitted(model, weight):
        return model.partial_fit(X, Y, [0, 1, 2], weight) if part else model.fit(X, Y, weight)

    for weight in (np.ones(150), np.random.default_rng(0).integers(0, 4, 150), np.random.default_rng(0).random(150)):
        one, other = (cr.NeuralClassifier(random_state=0, max_iter=20) for _ in range(2))
        np.testing.assert_allclose(
            fitted(one, weight).predict_proba(X), fitted(other, scale * weight).predict_proba(X), rtol=1e-6
        )


@pytest.mark.parametrize("scale", [1e-9, 1e9])
def test_class_weights_mean_the_same_at_any_scale(scale):
    weights = {0: 1.0, 1: 2.5, 2: 0.5}, {0: scale, 1: 2.5 * scale, 2: 0.5 * scale}
    one, other = (cr.NeuralClassifier(random_state=0, class_weight=each).fit(X, Y) for each in weights)
    np.testing.assert_allclose(one.predict_proba(X), other.predict_proba(X), rtol=1e-6)


def test_the_weights_of_boosting_do_no_harm():
    boosted = AdaBoostClassifier(cr.NeuralClassifier(random_state=0), n_estimators=3, random_state=0)
    assert boosted.fit(X, Y).score(X, Y) > 0.95


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"layers": "nothing"}, "there is no preset 'nothing'"),
        ({"layers": 1.5}, "layers is 1.5; expected hidden layer sizes, a list of layers or a preset's name"),
        ({"layers": ["x"]}, "layers has 'x'; expected a layer"),
        ({"layers": [cr.Linear(5)]}, "the last Linear has 5 outputs; expected 3"),
        ({"layers": [cr.Convolution(5)]}, "takes an image"),
        ({"image_shape": (1, 2, 3)}, "X has 4 features, but image_shape is"),
        ({"optimizer": "best"}, "optimizer is 'best'; expected auto, sgd"),
        ({"learning_rate": -1}, "lr is -1"),
        ({"alpha": -1}, "alpha is -1; expected a number of at least 0"),
        ({"batch_size": 0}, "batch_size is 0; expected auto or a whole number of at least 1"),
        ({"max_iter": 2.5}, "max_iter is 2.5; expected auto or a whole number of at least 1"),
        ({"tol": "small"}, "tol is 'small'; expected a number of at least 0"),
        ({"n_iter_no_change": 0}, "n_iter_no_change is 0; expected a whole number of at least 1"),
        ({"early_stopping": True, "validation_fraction": 1.0}, "validation_fraction is 1.0; expected a number between"),
        ({"class_weight": {0: 0, 1: 0, 2: 0}}, "all sample weights are 0"),
    ],
)
def test_a_wrong_setting_is_named_when_it_is_fitted(settings, message):
    model = cr.NeuralClassifier(**settings)
    with pytest.raises((cr.ChainruleError, ValueError), match=message):
        model.fit(X, Y)


def test_what_it_cannot_take_is_refused_clearly():
    model = cr.NeuralClassifier(max_iter=1)
    with pytest.raises(ValueError, match=r"y should be a 1d array, got an array of shape \(150, 2\)"):
        model.fit(X, np.c_[Y, Y])
    with pytest.raises(ValueError, match="Unknown label type: continuous"):
        model.fit(X, X[:, 0])
    with pytest.raises(cr.DataError, match=r"column 1 goes up to 4\.4e\+160; expected numbers up to 1e\+150"):
        model.fit(X * [1, 1e160, 1, 1], Y)
    with pytest.raises(cr.UsageError, match="partial_fit cannot hold out data"):
        cr.NeuralClassifier(early_stopping=True).partial_fit(X, Y, classes=[0, 1, 2])
    with pytest.raises(cr.UsageError, match="class_weight is 'balanced', but partial_fit does not see all labels"):
        cr.NeuralClassifier(class_weight="balanced").partial_fit(X, Y, classes=[0, 1, 2])
    with pytest.raises(cr.DataError, match=r"y has the label 2; expected one of the classes \[0, 1\]"):
        cr.NeuralClassifier().partial_fit(X, Y, classes=[0, 1])
    with pytest.raises(cr.DataError, match="the class 'virginica' has 1 sample; expected at least 2 of each"):
        cr.NeuralClassifier(early_stopping=True).fit(X[:101], NAMES[Y[:101]])
    with pytest.raises(cr.DataError, match="of 20 samples, which holds out 2; expected at least 3 held out, and 3 to"):
        cr.NeuralClassifier(early_stopping=True).fit(X[::7][:20], Y[::7][:20])
    images = DIGITS.reshape(-1, 1, 8, 8)
    with pytest.raises(cr.DataError, match=r"X has images \(1, 4, 16\); expected \(1, 8, 8\), as fit was given"):
        cr.NeuralClassifier(max_iter=1).fit(images, LABELS).predict(images.reshape(-1, 1, 4, 16))


def test_label_smoothing_leaves_room_for_doubt():
    sure, smooth = (cr.NeuralClassifier(random_state=0, alpha=0.0, label_smoothing=e).fit(X, Y) for e in (0.0, 0.3))
    assert smooth.predict_proba(X).max() < 0.96 < 0.99 < sure.predict_proba(X).max()
    assert smooth.score(X, Y) > 0.9
    assert smooth.network_.loss == cr.LogSoftmaxNLL(0.3)
    with pytest.raises(cr.UsageError, match="label_smoothing is 1; expected a number from 0 to below 1"):
        cr.NeuralClassifier(label_smoothing=1).fit(X, Y)


@pytest.mark.parametrize("name", ["mnist", "resnet"])
def test_a_presets_rates_move_as_it_says(name):
    data = Dataset(np.zeros((8, 1, 28, 28), np.uint8), np.arange(8) % 2)
    usual, found = preset(name).training, training_of(NeuralClassifier(name).get_params(), data, 8.0, 0)
    assert (found.lr_decay, found.schedule, found.augmentation) == (usual.lr_decay, usual.schedule, usual.augmentation)
    assert training_of(NeuralClassifier(name).get_params(), data, 8.0, 0, part=True).schedule is None
    floats = Dataset(data.x / 255.0, data.t)
    assert training_of(NeuralClassifier(name).get_params(), floats, 8.0, 0).augmentation is None


def test_rows_are_signals_to_the_preset_for_these():
    assert sample_shape("signal", None, None, 30) == (1, 30)
    assert sample_shape("mnist", None, None, 784) == (1, 28, 28)
    with pytest.raises(cr.NetworkError, match="resnet is for images"):
        sample_shape("resnet", None, None, 30)
