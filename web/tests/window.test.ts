import { expect, test } from "vitest";
import { around, mapping, near, ticks } from "../src/tabs/regression/window";

const FRAME = { width: 400, height: 300, left: 40, right: 10, top: 20, bottom: 40 };

test("there and back again", () => {
  const { px, py, xAt, yAt } = mapping({ x: [-2, 3], y: [10, 20] }, FRAME);
  expect(xAt(px(1.25))).toBeCloseTo(1.25, 12);
  expect(yAt(py(17))).toBeCloseTo(17, 12);
  expect([px(-2), py(20)]).toEqual([40, 20]);
});

test("a square window has one unit on both axes", () => {
  const { x, y } = around([[0, 0], [1, 8]], { square: true, aspect: 2 });
  expect((x[1] - x[0]) / (y[1] - y[0])).toBeCloseTo(2, 12);
});

test("a single point, and none, have a window", () => {
  for (const points of [[[3, 3]], []] as const) {
    const { x, y } = around(points as readonly (readonly [number, number])[]);
    expect(x[1]).toBeGreaterThan(x[0]);
    expect(y[1]).toBeGreaterThan(y[0]);
  }
});

test("ticks are round and inside", () => {
  expect(ticks([-0.13, 0.52])).toEqual([0, 0.2, 0.4]);
  expect(ticks([3, 27])).toEqual([5, 10, 15, 20, 25]);
});

test("what has flown away is not looked for", () => {
  expect(near([[0, 0], [1, 1], [1e9, 0]], [[0, 0], [1, 0]])).toEqual([[0, 0], [1, 1]]);
});
