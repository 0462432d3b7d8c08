"""GET /api/evaluation: how the network does on the test data, and on which of them it does not."""

from dataclasses import asdict
from typing import Any

import numpy as np

from chainrule.base.numbers import whole_of
from chainrule.base.showing import short
from chainrule.server.asked import Asked
from chainrule.server.plain import to_base64
from chainrule.server.refusal import Refusal
from chainrule.server.subject import Subject
from chainrule.tasks.examination import Examination

WORST, MOST_SHOWN = 48, 100


def evaluation(subject: Subject, asked: Asked) -> dict[str, Any]:
    """All of it; with `?cell=t,p` (and `from=0`) the samples of class t that were taken for p."""
    seen = subject.examination
    if "cell" in asked.query:
        return cell_of(subject, seen, asked)
    wrong = np.array([each.index for each in seen.mistakes(WORST)], dtype=np.int64)
    answer = {
        "of": seen.samples,
        "loss": seen.loss,
        "accuracy": seen.accuracy,
        "classes": subject.named,
        "confusion": None,
        "scores": [],
        "wrong": len(seen.wrong),
        "calibration_error": None,
        "regression": seen.regression and asdict(seen.regression),
        "worst": samples_of(subject, seen, wrong),
    }
    if (found := seen.classification) is not None:
        answer |= {"confusion": found.confusion, "scores": found.rows()}
        answer["calibration_error"] = found.calibration.expected_error
    return answer


def cell_of(subject: Subject, seen: Examination, asked: Asked) -> dict[str, Any]:
    """Those of one cell of the confusion matrix: those that the network got most wrong, or is least sure of, first."""
    if seen.chosen is None or seen.classification is None:
        raise Refusal("the network's answers are numbers; expected classes, of which there is a confusion matrix", 404)
    k, parts = len(seen.classification.names), [whole_of(part) for part in asked.query["cell"].split(",")]
    true, chosen = parts if len(parts) == 2 else (None, None)
    if true is None or chosen is None or not (0 <= true < k and 0 <= chosen < k):
        raise Refusal(f"cell is {short(asked.query['cell'])}; expected two classes from 0 to {k - 1}, as in 4,9")
    numbers = np.flatnonzero((seen.t.reshape(-1) == true) & (seen.chosen == chosen))
    numbers = numbers[np.argsort(-seen.losses[numbers], kind="stable")]
    first = asked.number("from", 0)
    shown = samples_of(subject, seen, numbers[first : first + MOST_SHOWN])
    return {"cell": [true, chosen], "count": len(numbers), "from": first, "samples": shown}


def samples_of(subject: Subject, seen: Examination, numbers: np.ndarray) -> dict[str, Any]:
    """Samples of the test data, column by column; their pictures in one piece, if they are pictures of bytes."""
    x = subject.data("test").x
    t, said, chosen = seen.t[numbers], seen.predictions[numbers], seen.chosen
    pictures = None
    if x.ndim == 4 and x.dtype == np.uint8:
        pictures = {"shape": x.shape[1:], "pixels": to_base64(np.ascontiguousarray(x[numbers]).tobytes())}
    answer = {"number": numbers, "t": t, "loss": seen.losses[numbers], "pictures": pictures}
    if chosen is None:
        return answer | {"predicted": said}
    sure, of_true = said[np.arange(len(numbers)), chosen[numbers]], said[np.arange(len(numbers)), t.reshape(-1)]
    return answer | {"predicted": chosen[numbers], "probability": sure, "probability_of_true": of_true}
