import { expect, test } from "vitest";
import { colourOf, css, scaleOf, stops } from "../src/kit/colours";

test.each(["light", "dark"] as const)("zero is neutral, and the ends are blue and orange: %s", (theme) => {
  const scale = scaleOf("diverging", theme);
  const parts = (value: number): number[] => (css(colourOf(scale, value, 1)).match(/\d+/g) ?? []).map(Number);
  const [r0 = 0, g0 = 0, b0 = 0] = parts(0);
  expect(Math.max(r0, g0, b0) - Math.min(r0, g0, b0)).toBeLessThan(10);
  const [rb = 0, , bb = 0] = parts(-1);
  const [ro = 0, , bo = 0] = parts(1);
  expect(bb).toBeGreaterThan(rb);
  expect(ro).toBeGreaterThan(bo);
});

test("beyond the largest there is no stronger colour", () => {
  const scale = scaleOf("diverging", "light");
  expect(colourOf(scale, 5, 1)).toBe(colourOf(scale, 1, 1));
  expect(stops("diverging", "light", 3)).toHaveLength(3);
});
