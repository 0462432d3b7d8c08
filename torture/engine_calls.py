"""Engines: what each of them is asked."""

from functools import partial

import chainrule as cr
from torture import values as v
from torture.call import X, asked

ENGINES = {}
for engine in ("reference", "compiled"):
    made, w = partial(v.execution, engine), (lambda engine=engine: v.weights(engine))
    moved = {
        "optimizer": (v.OPTIMIZER, cr.SGD(0.1, 0.5)),
        "w": (v.WRITTEN, w),
        "gw": (v.WRITTEN, w),
        "state": (v.STATE, lambda w=w: cr.SGD(0.1, 0.5).new_state(w())),
    }
    ENGINES |= {
        f"loss, {engine}": asked(made, "loss", w=(v.VECTOR, w), batch=(v.BATCH, v.batch)),
        f"loss_and_gradient, {engine}": asked(
            made, "loss_and_gradient", w=(v.VECTOR, w), batch=(v.BATCH, v.batch), out=(v.WRITTEN, w)
        ),
        f"outputs, {engine}": asked(made, "outputs", w=(v.VECTOR, w), x=X),
        f"norm, {engine}": asked(made, "norm", gw=(v.GRADIENT, w)),
        f"update, {engine}": asked(made, "update", **moved | {"gw": (v.VECTOR, w)}),
        f"step, {engine}": asked(made, "step", batch=(v.BATCH, v.batch), **moved),
    }
