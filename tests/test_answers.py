"""A network's answers: whatever people bring is brought to what it was trained on, and each says how sure it is."""

import csv
import json
from typing import Any

import numpy as np
import pytest
from PIL import Image

import chainrule as cr
from chainrule.data import Dataset, mnist
from chainrule.data.full_scale import Scale
from chainrule.data.schema import Given
from chainrule.tasks.answer import Answer, Place, Rival, percent
from chainrule.tasks.asking import ask
from chainrule.tasks.picture_inputs import PREPARED, UNLIKE

TRAIN, TEST = mnist("train").head(3000), mnist("test").head(30)
RANDOM = np.random.default_rng(0)


def learned(x: np.ndarray, t: np.ndarray = TRAIN.t, epochs: int = 4, **names: Any) -> Any:
    """A small network fitted to such data."""
    data = Dataset(x, t, **names)
    network = cr.preset("mlp").network_for(data, int(t.max()) + 1)
    cr.fit(network, data, cr.Training(cr.Adam(3e-3), epochs=epochs), engine="reference")
    return network


@pytest.fixture(scope="module")
def digits() -> Any:
    return learned(TRAIN.x)


@pytest.fixture
def pictures(tmp_path):
    """Digits as MNIST has them, and dark on light."""
    for k, x in enumerate(TEST.x[:, 0]):
        for name, pixels in (("light", x), ("dark", 255 - x)):
            (tmp_path / name).mkdir(exist_ok=True)
            Image.fromarray(pixels).save(tmp_path / name / f"{k:02}.png")
    return tmp_path


def right(answers) -> float:
    return float(np.mean([answer.prediction == t for answer, t in zip(answers, TEST.t, strict=True)]))


def test_an_answer_says_what_it_is_and_how_sure(digits, pictures):
    answers = digits.answers(pictures / "light")
    p = digits.predict(TEST.x)
    np.testing.assert_allclose(answers.said, p, rtol=0, atol=1e-6)  # those of MNIST are left as they are
    np.testing.assert_array_equal(answers.chosen, p.argmax(axis=1))
    first, order = answers[0], np.argsort(-p[0])
    assert (first.prediction, first.probability) == (order[0], pytest.approx(p[0].max(), abs=1e-6))
    assert first.rival.prediction == order[1]
    assert first.rival.probability == pytest.approx(p[0][order[1]], abs=1e-6)
    assert first.place == Place(str(pictures / "light" / "00.png"), None, "image")
    np.testing.assert_array_equal([answer.sure for answer in answers], p.max(axis=1) >= 0.8)
    assert answers.notes == (PREPARED,)
    assert [answer.prediction for answer in answers[-2:]] == p.argmax(axis=1)[-2:].tolist()


def test_the_temperature_makes_it_less_sure_and_changes_no_answer(digits, pictures):
    network = learned(TRAIN.x[:300], TRAIN.t[:300], epochs=30)
    before = network.answers(pictures / "light")
    cr.calibrate(network, mnist("test").take(slice(5000, 6000)), engine="reference")
    after = network.answers(pictures / "light")
    assert network.schema.answers.temperature > 1.2
    np.testing.assert_array_equal(after.chosen, before.chosen)
    assert after.said.max(axis=1).mean() < before.said.max(axis=1).mean()
    assert after.unsure.sum() > before.unsure.sum()
    assert network.answers(pictures / "light", threshold=0).unsure.sum() == 0


@pytest.mark.parametrize("shape", ["images", pytest.param("rows", marks=pytest.mark.heavy)])
@pytest.mark.parametrize(("low", "high"), [(0, 1), (-1, 1), (0, 255), (-0.4, 2.8)])
def test_pictures_become_numbers_in_the_range_of_the_training(pictures, low, high, shape):
    x = (low + TRAIN.x / 255 * (high - low)).astype(np.float32)
    if shape == "rows" and high == 2.8:
        return  # rows of such numbers are no pixels: nothing says which number is white
    network = learned(x if shape == "images" else x.reshape(len(x), -1))
    if high == 2.8:
        with pytest.warns(cr.DataWarning, match="black and white are taken for -0.4 to 2.8"):
            answers = network.answers(pictures / "dark")
    else:
        answers = network.answers(pictures / "dark")
    assert right(answers) > 0.85


def test_each_picture_is_matched_by_itself(pictures):
    """A model of drawings dark on light that are not MNIST's: nothing is cut out, and what is inverted says so."""
    network = learned(255 - TRAIN.x)
    assert not network.schema.inputs.prepared
    dark, light = network.answers(pictures / "dark"), network.answers(pictures / "light")
    np.testing.assert_allclose(dark.said, network.predict(255 - TEST.x), rtol=0, atol=1e-6)
    np.testing.assert_array_equal(light.said, dark.said)
    inverted = [sum("inverted" in str(answer) for answer in answers) for answers in (dark, light)]
    assert (inverted, dark.notes) == ([0, len(TEST)], ())
    mixed = network.answers([pictures / "dark" / "00.png", pictures / "light" / "01.png"])
    np.testing.assert_allclose(mixed.said, dark.said[:2], rtol=0, atol=1e-6)
    assert mixed[0].doubts == ()
    assert "inverted: it shows light ink on dark" in str(mixed[1])
    as_is = network.answers(pictures / "light", as_is=True)
    assert right(as_is) < 0.4
    assert all(answer.doubts == (UNLIKE,) for answer in as_is)


def test_a_picture_is_resized_to_the_models_size(pictures):
    network = learned(255 - TRAIN.x[:, :, ::2, ::2].copy())
    assert network.input_shape == (1, 14, 14)
    assert right(network.answers(pictures / "dark")) > 0.8


def test_what_cannot_be_read_has_a_problem_and_the_others_answers(digits, pictures):
    (pictures / "text.png").write_text("no picture")
    Image.new("L", (30, 30), 255).save(pictures / "blank.png")
    given = [pictures / "text.png", pictures / "dark/00.png", pictures / "none.csv", pictures / "blank.png", "no.npz"]
    answers = digits.answers(given)
    assert answers.answered.tolist() == [False, True, False, False, False]
    assert [name in answers.problems[k] for k, name in ((0, "text.png"), (2, "none.csv"), (3, "blank"), (4, "no.npz"))]
    assert (answers[1].prediction, answers[0].prediction, answers[0].sure) == (7, None, None)
    assert "no answer: " in str(answers[3])
    assert answers.summary().endswith("; 4 inputs have none")
    assert answers.chosen.tolist() == [-1, 7, -1, -1, -1]


@pytest.fixture(scope="module")
def flowers() -> Any:
    """Two classes, told apart by a + b."""
    x = RANDOM.normal(size=(400, 3))
    t = (x[:, 0] + x[:, 1] > 0).astype(np.int64)
    return learned(x, t, 20, columns=("a", "b", "c"), classes=("rose", "tulip"), target="kind")


def write(path, text: str):
    path.write_text(text, encoding="utf-8")
    return path


def test_a_tables_columns_are_matched_by_name(flowers, tmp_path):
    table = write(tmp_path / "t.csv", "who,c,b,a\nann,0,2,1\nbob,0,-2,-1\n")
    answers = flowers.answers(table)
    assert [answer.prediction for answer in answers] == ["tulip", "rose"]
    assert [str(answer.place) for answer in answers] == [f"{table} row 1", f"{table} row 2"]
    np.testing.assert_allclose(answers.said, flowers.predict(np.array([[1.0, 2, 0], [-1, -2, 0]])), atol=1e-6)
    assert "has no column 'b'" in flowers.answers(write(tmp_path / "less.csv", "a,c\n1,2\n"))[0].problem


def test_a_table_of_pandas_may_have_other_columns(flowers):
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame({"who": ["ann", "bob"], "c": [0, 0], "b": [2, -2], "a": [1, -1]})
    assert [answer.prediction for answer in flowers.answers(table)] == ["tulip", "rose"]
    with pytest.raises(cr.DataError, match="there is no column 'b'"):
        flowers.answers(table[["a", "c"]])


def test_a_row_far_from_the_trainings_is_doubtful(flowers, tmp_path):
    table = write(tmp_path / "t.csv", "a,b,c\n1,2,0\n1,200,0\n")
    with pytest.warns(cr.DataWarning) as warned:
        answers = flowers.answers(table)
    assert "b goes to 200" in str(warned[0].message)
    assert answers[0].doubts == ()
    assert answers[1].doubts[0].startswith("b is 200, but was ")


def test_what_a_table_lacks_may_be_the_mean(flowers, tmp_path):
    table = write(tmp_path / "t.csv", "a,b,c\n2,2,\n-2,-2,0.1\n")
    assert "--missing mean" in flowers.answers(table)[0].problem
    with pytest.warns(
        cr.DataWarning, match="missing values are replaced by their columns.* means: 1 in 1 of 3 columns"
    ):
        answers = flowers.answers(table, missing="mean")
    assert [answer.prediction for answer in answers] == ["tulip", "rose"]


def test_the_csv_has_the_tables_own_columns_first(flowers, tmp_path):
    table = write(tmp_path / "t.csv", "who,prediction,c,b,a\nann,x,0,2,1\nbob,y,0,-2,-1\n")
    answers = flowers.answers(table)
    answers.write_csv(tmp_path / "out.csv")
    rows = list(csv.DictReader((tmp_path / "out.csv").read_text(encoding="utf-8").splitlines()))
    assert list(rows[0])[:6] == ["who", "prediction", "c", "b", "a", "prediction_"]
    assert [row["prediction_"] for row in rows] == ["tulip", "rose"]
    np.testing.assert_allclose([float(row["p_tulip"]) for row in rows], answers.said[:, 1], rtol=1e-5)
    assert all(float(row["probability"]) == max(float(row["p_rose"]), float(row["p_tulip"])) for row in rows)


def test_real_values_are_in_the_targets_unit(tmp_path):
    x = RANDOM.normal(size=(500, 2))
    data = Dataset(x, 200_000 + 50_000 * x[:, 0], columns=("rooms", "age"), target="price")
    network = cr.Network([cr.Linear(1)], 2, cr.SquaredError.of(data.t))
    cr.fit(network, data, cr.Training(cr.Adam(0.1), epochs=40), engine="reference")
    answers = network.answers(write(tmp_path / "t.csv", "age,rooms\n0,1\n0,-1\n"))
    assert [answer.prediction for answer in answers] == [pytest.approx(250_000, rel=0.01), pytest.approx(150_000, 0.01)]
    assert answers.names == ("price",)
    assert (answers.classes, answers[0].sure, answers[0].probability, answers.unsure.any()) == (None, None, None, False)
    answers.write_csv(tmp_path / "out.csv")
    line = (tmp_path / "out.csv").read_text().splitlines()[1]
    assert line.startswith("0,1,2")
    assert float(line.split(",")[2]) == pytest.approx(answers[0].prediction, rel=1e-8)
    assert set(answers.values()["predictions"][0]) == {"file", "row", "prediction", "doubts"}


def test_arrays_in_files_and_in_memory(digits, tmp_path):
    np.savez(tmp_path / "a.npz", images=TEST.x[:5, 0], extra=1)
    np.save(tmp_path / "b.npy", TEST.x[:5].reshape(5, -1) / 255)
    cr.data.write_idx(tmp_path / "t10k-images-idx3-ubyte", TEST.x[:5, 0])
    expected = digits.predict(TEST.x[:5])
    for given in (tmp_path / "a.npz", tmp_path / "b.npy", tmp_path / "t10k-images-idx3-ubyte", TEST.x[:5]):
        np.testing.assert_allclose(digits.answers(given).said, expected, rtol=0, atol=1e-5)
    assert str(digits.answers(TEST.x[:5])[3].place) == "sample 3"
    np.savez(tmp_path / "c.npz", one=[1], two=[2])
    assert "holds one, two; expected one array, or one called x" in digits.answers(tmp_path / "c.npz")[0].problem


def test_class_names_keep_their_kind(tmp_path):
    x = RANDOM.normal(size=(200, 2))
    t = (x[:, 0] > 0).astype(np.int64)
    for names, expected in ((("3", "7"), 7), (("03", "7"), "7"), (("no", "yes"), "yes")):
        assert learned(x, t, 10, classes=names).answers(np.array([[3.0, 0]]))[0].prediction == expected


def test_a_network_that_knows_nothing_of_its_training(digits, pictures):
    """As old model files have it: ten classes of images 28 x 28 are MNIST's, unless their names are others."""
    old = cr.preset("mlp").network()
    old.w[:] = digits.w if digits.size == old.size else old.w
    assert old.answers(pictures / "dark").notes == (PREPARED,)
    named = ask(old, pictures / "dark", classes=list("abcdefghij"))
    assert (named.notes, named.names[:2]) == ((), ("a", "b"))
    np.testing.assert_allclose(named.said, old.predict(255 - TEST.x), atol=1e-6)
    np.testing.assert_allclose(old.answers(TEST.x[:, 0]).said, old.predict(TEST.x), atol=1e-6)


def test_bad_inputs_are_refused(digits, flowers, pictures):
    for given, error, message in (
        ([], cr.UsageError, "there are no inputs"),
        (np.ones((2, 5)), cr.DataError, r"x has shape \(2, 5\)"),
        (3.0, cr.DataError, "x is float; expected an array"),
    ):
        with pytest.raises(error, match=message):
            digits.answers(given)
    with pytest.raises(cr.ModelError, match=r"takes \(3,\), no pictures; expected a table or an array"):
        flowers.answers(pictures / "dark")
    with pytest.raises(cr.UsageError, match="the threshold is 80"):
        digits.answers(TEST.x, threshold=80)
    with pytest.raises(cr.UsageError, match="missing is 'drop'; expected 'mean'"):
        flowers.answers(pictures / "t.csv", missing="drop")
    empty = pictures / "empty"
    empty.mkdir()
    assert "is a folder" in digits.answers(empty)[0].problem


def test_folders_are_looked_through(digits, pictures):
    (pictures / "dark" / "deeper").mkdir()
    (pictures / "dark" / "09.png").rename(pictures / "dark" / "deeper" / "x.PNG")
    (pictures / "dark" / ".hidden.png").write_text("")
    (pictures / "dark" / "notes.txt").write_text("a,b\n1,2\n")
    answers = digits.answers(str(pictures / "dark"))
    assert (len(answers), len(answers.problems)) == (len(TEST), 0)
    assert [answer.place.file for answer in answers] == sorted(answer.place.file for answer in answers)


def test_they_print_in_a_few_lines(digits, flowers, pictures):
    answers = digits.answers(pictures / "dark")
    assert repr(answers) == str(answers)
    assert len(repr(answers).splitlines()) == 7
    assert repr(answers).splitlines()[0].startswith(f"{pictures / 'dark' / '00.png'}: a 7, ")
    seven = Answer(Place("7.png"), 7, 0.612, Rival(1, 0.3), sure=False, doubts=("two strokes",))
    assert str(seven) == "7.png: a 7, 61.2 % (unsure); else 1, 30.0 % - two strokes"
    assert [percent(p) for p in (1, 0.9999, 0.98123, 0)] == ["100.0 %", "> 99.9 %", "98.1 %", "0.0 %"]
    plain = json.loads(json.dumps(flowers.answers(np.zeros((1, 3))).values()))
    assert plain["classes"] == ["rose", "tulip"]
    assert set(plain["predictions"][0]) == {
        "sample", "prediction", "class", "probability", "rival", "sure", "probabilities", "doubts",
    }  # fmt: skip


def test_many_inputs_are_answered_by_kernels_and_few_by_definitions(monkeypatch):
    network = learned(RANDOM.normal(size=(100, 3)), RANDOM.integers(0, 2, 100), 1)
    network.predictor = lambda: pytest.fail("kernels are compiled for three samples")
    assert len(network.answers(np.zeros((3, 3)))) == 3
    made = cr.Network.predictor(network)
    network.predictor = lambda: made
    monkeypatch.setattr("chainrule.tasks.asking.WORTH", 0.0)
    x = np.zeros((50, 3))
    np.testing.assert_allclose(network.answers(x).said, network.predict(x), rtol=0, atol=1e-5)


def test_the_user_may_say_what_pixels_and_ink_are(pictures):
    network = learned(TRAIN.x)
    expected = network.answers(TEST.x).said
    twelve_bits = Given(Scale(0, 4080))
    np.testing.assert_allclose(network.answers(TEST.x * 16.0, given=twelve_bits).said, expected, rtol=0, atol=1e-5)
    drawings = learned(255 - TRAIN.x)
    said = drawings.answers(pictures / "dark", given=Given(ink="light"))
    assert all("inverted" in doubt for answer in said for doubt in answer.doubts[:1])
    assert right(said) < 0.5
