import { expect, test } from "vitest";
import { marksOf } from "../src/tabs/back/marks";
import type { Tensor } from "../src/api/arrays";
import type { Traced } from "../src/state/pass";

const tensor = (shape: number[], ...values: number[]) => ({ shape, values: Float32Array.from(values) });
const traced = (values: Traced["values"], gradients: Traced["gradients"] = {}): Traced => ({ loss: 0, values, gradients, ways: {}, weights: {} });
const layer = (type: string, text = "") => ({ name: "y", type, text, shape: [], x_shape: [], inputs: ["x"], parameters: [] });

const winners = (text: string, x: Tensor, y: Tensor): number[] | null => {
  const { winners: ringed } = marksOf(layer("MaxPooling", text), traced({ x, y }));
  return ringed === undefined ? null : [...x.values.keys()].filter(ringed);
};

test("each window has one winner, the first of equals", () => {
  expect(winners("MaxPooling(2x2)", tensor([1, 2, 4], 1, 5, 2, 2, 3, 0, 2, 2), tensor([1, 1, 2], 5, 2))).toEqual([1, 2]);
});

test("a window is as large as the layer says: what fills none at the end is in none", () => {
  expect(winners("MaxPooling(1x3)", tensor([1, 1, 8], 1, 2, 0, 9, 3, 4, 7, 7), tensor([1, 1, 2], 2, 9))).toEqual([1, 3]);
  expect(winners("MaxPooling(3)", tensor([2, 4], 1, 2, 0, 9, 3, 4, 7, 8), tensor([2, 1], 2, 7))).toEqual([1, 6]);
});

test("of windows that overlap, or are padded, nothing is ringed", () => {
  const [x, y] = [tensor([1, 4, 4], ...Array.from({ length: 16 }, (_, k) => k)), tensor([1, 2, 2], 5, 7, 13, 15)];
  expect([winners("MaxPooling(3x3, stride=1)", x, y), winners("MaxPooling(2x2, padding=1)", x, y)]).toEqual([null, null]);
});

test("ReLU blocks what is not above 0", () => {
  const { blocked } = marksOf(layer("ReLU"), traced({ x: tensor([4], -1, 0, 2, NaN), y: tensor([4], 0, 0, 2, NaN) }));
  expect([0, 1, 2, 3].map((k) => blocked?.(k))).toEqual([true, true, false, true]);
});

test("dropout's mask shows forward or backward", () => {
  const found = traced({ x: tensor([3], 1, 0, 2), y: tensor([3], 0, 0, 4) }, { x: tensor([3], 0, 0, 2), y: tensor([3], 1, 1, 1) });
  const { blocked } = marksOf(layer("Dropout"), found);
  expect([0, 1, 2].map((k) => blocked?.(k))).toEqual([true, true, false]);
});
