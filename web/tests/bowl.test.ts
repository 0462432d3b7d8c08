import { expect, test } from "vitest";
import { type Bowl, contour, gradientAt, levels, lossAt, sliceAt } from "../src/tabs/regression/bowl";

const BOWL: Bowl = {
  hessian: [[2, 0.3, 0.6], [0.3, 0.9, -0.1], [0.6, -0.1, 0.5]],
  lowest: { w: [0.5, -1, 2], loss: 0.25 },
};

test("a contour has the loss that it is of, with the other coefficients as they are", () => {
  for (const [i, j] of [[0, 1], [0, 2], [1, 2]] as const) {
    const w = [0.1, 0.4, -0.7];
    const points = contour(sliceAt(BOWL, w, i, j), 3) ?? [];
    expect(points).toHaveLength(120);
    for (const [a, b] of points) expect(lossAt(BOWL, w.map((w_k, k) => (k === i ? a : k === j ? b : w_k)))).toBeCloseTo(3, 9);
  }
});

test("the gradient is the loss's slope, and 0 at the lowest point", () => {
  const [w, h] = [[0.3, -0.2, 1], 1e-6];
  gradientAt(BOWL, w).forEach((slope, k) => {
    const moved = (by: number): number => lossAt(BOWL, w.map((w_k, at) => (at === k ? w_k + by : w_k)));
    expect(slope).toBeCloseTo((moved(h) - moved(-h)) / (2 * h), 6);
  });
  for (const slope of gradientAt(BOWL, BOWL.lowest.w)) expect(slope).toBe(0);
});

test("a slice through the lowest point has its lowest point there", () => {
  const { centre, loss } = sliceAt(BOWL, BOWL.lowest.w, 0, 2);
  expect(centre).toEqual([0.5, 2]);
  expect(loss).toBe(0.25);
});

test("below the slice's lowest there is no contour", () => {
  const slice = sliceAt(BOWL, [5, 5, 5], 0, 1);
  expect(contour(slice, slice.loss - 1e-9)).toBeNull();
});

test("a narrow valley is as long as it is", () => {
  const bowl: Bowl = { hessian: [[1, 1 - 1e-10], [1 - 1e-10, 1]], lowest: { w: [0, 0], loss: 0 } };
  const { curvature } = sliceAt(bowl, [1, 1], 0, 1);
  expect((curvature[1] / 1e-10)).toBeCloseTo(1, 4);
});

test("levels double, and reach up to where a descent has flown", () => {
  const found = levels(1, 0);
  expect(found[12]).toBe(1);
  expect(found.at(-1)).toBe(64);
  expect(levels(1, 0, 1e9).at(-1)).toBeGreaterThan(1e9);
});
