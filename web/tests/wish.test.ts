import { expect, test } from "vitest";
import { axesOf, FIRST, formatWish, parseWish } from "../src/tabs/regression/wish";

test("the address keeps what was chosen, and nothing else", () => {
  expect(formatWish(FIRST)).toBeNull();
  expect(parseWish(null)).toEqual(FIRST);
  const wish = { degree: 4, lr: 0.25, batch: 3, steps: 50, seed: 7, axes: [0, 2] as const, step: 12 };
  expect(formatWish(wish)).toBe("degree=4/lr=0.25/batch=3/steps=50/seed=7/axes=0,2/step=12");
  expect(parseWish(formatWish(wish))).toEqual(wish);
});

test("what cannot be is as at first", () => {
  expect(parseWish("degree=99/lr=-1/batch=x/steps=0/axes=5,6/step=-3")).toEqual(FIRST);
  expect(parseWish("degree=1/axes=1,2").axes).toEqual([0, 1]);
  expect(parseWish("steps=10/step=11").step).toBe(0);
});

test("two coefficients that there are", () => {
  expect(axesOf("0,2", 2)).toEqual([0, 2]);
  expect(axesOf("2,0", 2)).toEqual([1, 2]);
  expect(axesOf("1,1", 2)).toEqual([1, 2]);
});
