"""A wrong name is answered by the known one that is nearest, wherever a name can be given."""

import pytest

import chainrule as cr
from chainrule.base.errors import ChainruleError
from chainrule.base.guessing import expected_one_of, meant
from chainrule.engine import execute
from chainrule.exchange.description import build
from chainrule.regression.descent import Descent

LINEAR = {"type": "Linear", "out_features": 2}


def test_the_nearest_is_meant_in_any_case():
    assert meant("minst", ["lecture", "mnist"]) == "; did you mean mnist?"
    assert meant("ADAM", ["sgd", "Adam"]) == "; did you mean Adam?"
    assert meant("abacus", ["sgd", "adam"]) == meant(3, ["sgd"]) == meant("x", []) == ""
    assert meant("lecture" + "e" * 1_000_000, ["lecture"]) == ""  # at once
    assert expected_one_of(["a1", "b2"], "zz") == "expected one of: a1, b2"


ASKED = {
    "mnist": lambda: cr.preset("minst"),
    "compiled": lambda: execute(cr.Network([cr.Linear(2)], 3), "compild"),
    "shuffle": lambda: cr.Training(order="shufle"),  # type: ignore[arg-type]
    "mean": lambda: cr.Training(reduction="maen"),  # type: ignore[arg-type]
    "accuracy": lambda: cr.EarlyStopping(monitor="acuracy"),  # type: ignore[arg-type]
    "he_normal": lambda: cr.Linear(2, initial_w="he_norml"),
    "sgd": lambda: Descent("sdg"),
    "Convolution": lambda: build({"input_shape": [3], "layers": [{"type": "Convolutoin"}]}),
    "out_features": lambda: build({"input_shape": [3], "layers": [{"type": "Linear", "out_feature": 2}]}),
    "LogSoftmaxNLL": lambda: build({"input_shape": [3], "layers": [LINEAR], "loss": "LogSoftMaxNNL"}),
    "train": lambda: cr.data.read_data(__file__, "trian"),
    "rotate": lambda: cr.Augmentation.parse("rotat=3"),
}


@pytest.mark.parametrize("wanted", ASKED)
def test_every_name_that_can_be_given_is_guessed(wanted):
    with pytest.raises(ChainruleError, match=rf"; did you mean {wanted}\?\Z"):
        ASKED[wanted]()
