"""Networks, and what reads and writes them: how each is called."""

import numpy as np

import chainrule as cr
from chainrule import exchange
from chainrule.engine import execute
from torture import kinds as k
from torture import values as v
from torture.call import (
    ENGINE,
    FLAG,
    NETWORK,
    NEW,
    PATH,
    SEED,
    TEXTS,
    THREADS,
    X,
    asked,
    call,
    file,
    written,
)

NETWORKS = {
    "Network": call(
        cr.Network,
        layers=(v.LAYERS, lambda: [cr.Linear(5), cr.Tanh(), cr.Linear(3)]),
        input_shape=(v.SHAPE, 4),
        loss=(v.LOSS, cr.LogSoftmaxNLL()),
        scaling=(v.SCALING, cr.Scaling(0.5, 0.5)),
        seed=SEED,
        dtype=(v.DTYPE, np.float32),
    ),
    "Network.__call__": asked(v.network, x=X, batch_size=(k.MANY, 2)),
    "Network.predict": asked(v.network, "predict", x=X),
    "Network.predict, fitted": asked(v.fitted, "predict", x=X),
    "Network.classify": asked(v.network, "classify", x=X),
    "Network.answers": asked(
        v.fitted,
        "answers",
        inputs=(v.X_ASKED.but("text"), v.X),
        threshold=(k.kind("zero", "a half", alike=k.SCALARS), 0.5),
        as_is=FLAG,
        many=FLAG,
        missing=(k.NAME.but("None"), None),
        classes=(TEXTS, None),
    ),
    "Network.predictor": asked(v.network, "predictor", engine=ENGINE, threads=THREADS, batch_size=(k.MANY, 2)),
    "Network.initial_weights": asked(v.network, "initial_weights", seed=SEED),
    "Network.named": asked(v.network, "named", w=(v.VIEWED, lambda: v.network().w)),
    "Network.most_probable": asked(v.network, "most_probable", y=(k.kind(alike=k.FLOATS), v.X[:, :3])),
    "Network.save": asked(v.network, "save", path=(NEW, lambda: file("saved.safetensors"))),
    "Predictor.__call__": asked(lambda: v.network().predictor("reference"), x=X),
    "Predictor.classify": asked(lambda: v.network().predictor("reference"), "classify", x=X),
    "Predictor.outputs": asked(lambda: v.network().predictor(threads=1), "outputs", x=X),
    "execute": call(execute, network=NETWORK, engine=ENGINE, seed=SEED, threads=THREADS),
    "load": call(cr.load, path=(PATH, written("model.safetensors", lambda path: v.network().save(path)))),
    "to_pytorch": call(exchange.to_pytorch, network=NETWORK, path=(NEW, lambda: file("t.safetensors")), fold=FLAG),
    "from_pytorch": call(
        exchange.from_pytorch,
        path=(PATH, written("t.safetensors", lambda path: exchange.to_pytorch(v.network(), path))),
        network=NETWORK,
    ),
    "to_onnx": call(
        exchange.to_onnx,
        network=NETWORK,
        path=(NEW, lambda: file("n.onnx")),
        preprocess=FLAG,
        probabilities=FLAG,
        labels=FLAG,
        columns=FLAG,
    ),
    "onnx_model": call(exchange.onnx_model, network=NETWORK, probabilities=FLAG, labels=FLAG),
}
