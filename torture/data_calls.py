"""Data sets, their readers, and augmentation: how each is called."""

import numpy as np

import chainrule as cr
from chainrule import data
from torture import kinds as k
from torture import values as v
from torture.call import (
    INDICES,
    LABELS,
    NEW,
    PATH,
    SEED,
    TABLE,
    TEXTS,
    WHICH,
    asked,
    call,
    file,
    written,
)

DATA_SETS = {
    "Dataset": call(
        cr.Dataset,
        x=(v.X_GIVEN, v.X),
        t=(v.LABELS_GIVEN, v.T),
        sample_weight=(v.WEIGHT_GIVEN, v.WEIGHTS),
        classes=(TEXTS, ("a", "b", "c")),
        columns=(TEXTS.but("text"), ("a", "b", "c", "d")),
        target=(k.ANY_TEXT.but("None"), "kind"),
        white=(k.POSITIVE, 255.0),
    ),
    "Dataset.take": asked(v.dataset, "take", indices=(INDICES, np.array([0, 4]))),
    "Dataset.head": asked(v.dataset, "head", n=(k.COUNT_OR_0.but("None"), 3)),
    "Dataset.split": asked(v.dataset, "split", fraction=(k.FRACTION, 0.5)),
    "as_dataset": call(
        data.as_dataset,
        x=(v.X_GIVEN, v.X),
        t=(v.LABELS_GIVEN.but("texts"), v.T),
        sample_weight=(v.WEIGHT_GIVEN, v.WEIGHTS),
        classes=(TEXTS, None),
        regression=(k.FLAG.but("None"), False),
    ),
    "hold_out": call(data.hold_out, t=(LABELS, v.T), fraction=(k.FRACTION, 0.5), seed=SEED),
    "prepare_digit": call(
        data.prepare_digit,
        grey=(k.kind(wrong={"NaN": lambda: v.spoilt(np.nan)}), lambda: np.pad(np.full((9, 3), 200, np.uint8), 9)),
    ),
    "mnist": call(data.mnist, split=(k.NAME, "test")),
    "read_data": call(
        data.read_data,
        path=(PATH, written("table.csv", lambda path: path.write_text(TABLE))),
        split=(k.NAME, "test"),
        classes=(TEXTS, None),
    ),
    "read_csv": call(data.read_csv, path=(PATH, written("table.csv", lambda path: path.write_text(TABLE)))),
    "read_idx": call(data.read_idx, path=(PATH, written("x.idx", lambda path: data.write_idx(path, v.PICTURES)))),
    "write_idx": call(
        data.write_idx,
        path=(NEW, lambda: file("y.idx")),
        array=(k.kind("a table of none", "five axes", "nothing in a list", alike=k.LAYOUTS), v.PICTURES),
    ),
    "parse_csv": call(data.parse_csv, data=(k.kind("bytes"), b"a,b\n1,2\n"), name=(k.ANY_TEXT, "it")),
    "parse_idx": call(data.parse_idx, data=(k.kind(), b"\0\0\x08\x01\0\0\0\x01a"), name=(k.ANY_TEXT, "it")),
    "Table.column": asked(data.stopping_distance, "column", which=(WHICH, 1)),
    "Table.dataset": asked(data.stopping_distance, "dataset", target=(WHICH, 1)),
    "Augmentation": call(
        cr.Augmentation,
        shift=(k.MANY_OR_0, 1),
        rotate=(k.kind("zero", "a half", alike=k.SCALARS), 10.0),
        elastic=(k.NOT_NEGATIVE, 1.0),
        smoothness=(k.kind("beyond 64 bits", alike=k.SCALARS), 3.0),
        crop=(k.MANY_OR_0, 1),
        flip=(k.kind("zero", "a half", "True", alike=k.SCALARS), 0.5),
        cutout=(k.MANY_OR_0, 1),
        mixup=(k.NOT_NEGATIVE, 0.2),
    ),
    "Augmentation.parse": call(cr.Augmentation.parse, text=(k.NAME, "shift=2,rotate=10")),
    "Augmentation.of": call(cr.Augmentation.of, options=(k.kind(), lambda: {"shift": 2})),
    "Augmentation.__call__": asked(
        lambda: cr.Augmentation(1),
        x=(k.kind(alike=k.LAYOUTS), v.PICTURES),
        seed=SEED,
        epoch=(k.MANY_OR_0, 1),
        positions=(k.kind(wrong=v.LENGTHS, alike=k.INTS), np.arange(6)),
    ),
}
