"""Layers, losses and scalings: how each is made, and of which kinds its arguments are."""

import numpy as np

import chainrule as cr
from chainrule.network.scaling import scaling_of
from torture import kinds as k
from torture import values as v
from torture.call import (
    FLAG,
    INITIAL,
    SIZE,
    SIZE_OR_0,
    call,
)

LAYERS = {
    "Linear": call(cr.Linear, out_features=(SIZE, 5), initial_w=INITIAL, initial_b=INITIAL, bias=FLAG),
    "Convolution": call(
        cr.Convolution,
        out_channels=(SIZE, 2),
        kernel_size=(SIZE, 3),
        stride=(SIZE, 1),
        padding=(SIZE_OR_0, 1),
        dilation=(SIZE, 1),
        groups=(k.COUNT, 1),
        bias=FLAG,
        initial_w=INITIAL,
        initial_b=INITIAL,
    ),
    "MaxPooling": call(cr.MaxPooling, size=(SIZE, 2), stride=(SIZE_OR_0, 2), padding=(k.COUNT_OR_0, 1)),
    "AveragePooling": call(
        cr.AveragePooling,
        size=(SIZE, 2),
        stride=(SIZE_OR_0, 2),
        padding=(k.COUNT_OR_0, 1),
        count_include_pad=FLAG,
    ),
    "Dropout": call(cr.Dropout, p=(k.BELOW_1, 0.25), channels=(k.FLAG, True)),
    "LeakyReLU": call(cr.LeakyReLU, slope=(k.NOT_NEGATIVE, 0.1)),
    "ELU": call(cr.ELU, alpha=(k.NOT_NEGATIVE, 0.5)),
    "GELU": call(cr.GELU, approximate=(k.FLAG, True)),
    "BatchNormalisation": call(
        cr.BatchNormalisation, momentum=(k.BELOW_1.but("one"), 0.2), eps=(k.POSITIVE, 1e-3), running=(k.FLAG, True)
    ),
    "LayerNormalisation": call(cr.LayerNormalisation, eps=(k.POSITIVE, 1e-3)),
    "ReLU": call(cr.ReLU, derivative_at_zero=(k.COUNT_OR_0, 1)),
    "Standardise": call(cr.Standardise, mean=(v.ROW, np.arange(4.0)), std=(v.ROW, np.arange(1, 5.0))),
    "Standardise.of": call(
        cr.Standardise.of, x=(k.kind("five axes", wrong={"NaN": lambda: v.spoilt(np.nan)}, alike=k.FLOATS), v.X)
    ),
    "Sequential": call(cr.Sequential, layers=(v.LAYERS, lambda: [cr.Linear(3), cr.Tanh()])),
    "Residual": call(
        cr.Residual, layers=(v.LAYERS, lambda: [cr.Linear(3)]), shortcut=(v.SHORTCUT, lambda: [cr.Linear(3)])
    ),
    "register": call(cr.register, kind=(k.kind("a class"), cr.Tanh)),
    "NLL": call(cr.NLL, label_smoothing=(k.BELOW_1, 0.1), class_weight=(v.CLASS_WEIGHT, (1.0, 2.0))),
    "LogSoftmaxNLL": call(
        cr.LogSoftmaxNLL, label_smoothing=(k.BELOW_1, 0.1), class_weight=(v.CLASS_WEIGHT, (1.0, 2.0))
    ),
    "Huber": call(cr.Huber, delta=(k.POSITIVE, 0.5), mean=(v.UNIT, 0.5), std=(v.STD, 2.0)),
    "AbsoluteError": call(cr.AbsoluteError, mean=(v.UNIT, 0.5), std=(v.STD, 2.0)),
    "SquaredError": call(cr.SquaredError, mean=(v.UNIT, 0.5), std=(v.STD, 2.0)),
    "SquaredError.of": call(
        cr.SquaredError.of, t=(k.kind("five axes", wrong={"NaN": lambda: v.VALUES * np.nan}, alike=k.FLOATS), v.VALUES)
    ),
    "Scaling": call(cr.Scaling, mean=(k.REAL, 0.5), std=(k.POSITIVE, 0.25)),
    "scaling_of": call(scaling_of, data=(k.kind(wrong={"floats": v.dataset}), lambda: cr.Dataset(v.PICTURES, v.T))),
}
