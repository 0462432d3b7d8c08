import { expect, test } from "vitest";
import { isPlain } from "../src/tabs/back/softmax";

test("softmax − onehot is the derivative of the lecture's loss alone", () => {
  expect(["LogSoftmaxNLL", "NLL", "SquaredError", "LogSoftmaxNLL(label_smoothing=0.03)", "NLL(class_weight=1, 2)"].map(isPlain))
    .toEqual([true, true, true, false, false]);
});
