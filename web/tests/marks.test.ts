import { expect, test } from "vitest";
import { marksOf, winnersOf } from "../src/tabs/back/marks";
import type { Traced } from "../src/state/pass";

const tensor = (shape: number[], ...values: number[]) => ({ shape, values: Float32Array.from(values) });
const traced = (values: Traced["values"], gradients: Traced["gradients"] = {}): Traced => ({ loss: 0, values, gradients, ways: {}, weights: {} });
const layer = (type: string) => ({ name: "y", type, text: "", shape: [], x_shape: [], inputs: ["x"], parameters: [] });

test("each window has one winner, the first of equals", () => {
  const x = tensor([1, 2, 4], 1, 5, 2, 2, 3, 0, 2, 2);
  expect(winnersOf(x, tensor([1, 1, 2], 5, 2))).toEqual(new Set([1, 2]));
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
