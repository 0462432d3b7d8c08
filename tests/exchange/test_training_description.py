"""How a network is trained, as plain data and back."""

import json

import pytest
import tomli_w

import chainrule as cr
from chainrule.base.errors import UsageError
from chainrule.base.plain_text import json_of
from chainrule.exchange.training_description import build_training, describe_training
from messages import exactly

TRAININGS = [
    cr.Training(),
    cr.Training(cr.SGD(0.1, momentum=0.9, nesterov=True), batch_size=None, clip_norm=1),
    cr.Training(cr.AdamW(), average=cr.EMA(0.99, every=2)),
    cr.Training(cr.RMSprop(momentum=0.5), average=cr.SWA(0.5, "step"), momentum_schedule=cr.Warmup(5)),
    cr.Training(schedule=cr.Step(0.5, (3, 7))),
    cr.Training(schedule=cr.Step(0.5, 3, "step")),
    cr.Training(schedule=cr.Exponential()),
    cr.Training(schedule=cr.OneCycle(low_momentum=0.8)),
    cr.Training(schedule=cr.Warmup(5, then=cr.Warmup(3, then=cr.ReduceOnPlateau(monitor="accuracy")))),
    cr.Training(schedule=cr.Warmup(5, 0.0, cr.Cosine(0.1), "epoch")),
    cr.Training(augmentation=cr.Augmentation(shift=1, crop=4, flip=True, cutout=8, mixup=0.2)),
]


@pytest.mark.parametrize("training", TRAININGS, ids=str)
def test_it_comes_back(training: cr.Training) -> None:
    described = describe_training(training)
    assert build_training(described) == training
    assert build_training(json_of(json.dumps(described), "it", UsageError)) == training
    assert tomli_w.dumps(described)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"schedule": {"type": "Cosin"}},
            "training.schedule.type is 'Cosin'; expected one of: Step, Exponential, Cosine, Warmup, OneCycle, "
            "ReduceOnPlateau; did you mean Cosine?",
        ),
        ({"schedule": {"type": "Cosine", "last": "x"}}, "training.schedule.last is 'x'; expected a finite number"),
        ({"schedule": {"type": "Cosine", "first": 1}}, "training.schedule has 'first'; expected only last, per"),
        (
            {"schedule": {"type": "Warmup", "then": {"type": "Cosine", "per": "x"}}},
            "training.schedule.then.per is 'x'; expected 'step' or 'epoch'",
        ),
        ({"average": {"type": "EMA", "decay": 1}}, "EMA: decay is 1.0; expected a number from 0 to below 1"),
        ({"average": {"decay": 0.9}}, "training.average.type is None; expected one of: EMA, SWA"),
        ({"augmentation": {"flip": 2}}, "augmentation: flip is 2; expected a probability, at most 1"),
        (
            {"augmentation": {"flips": 1}},
            "augmentation: there is no 'flips'; expected one of: shift, rotate, elastic, "
            "smoothness, crop, flip, cutout, mixup; did you mean flip?",
        ),
        ({"clip_norm": 0}, "training.clip_norm is 0; expected a number above 0"),
        ({"optimizer": {"type": "SGD", "nesterov": 1}}, "training.optimizer.nesterov is 1; expected true or false"),
    ],
)
def test_what_is_wrong_is_named(changes: dict, message: str) -> None:
    described = describe_training(cr.Training()) | changes
    with pytest.raises(UsageError, match=exactly(message)):
        build_training(described)
