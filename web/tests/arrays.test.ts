import { expect, test } from "vitest";
import { indexOf, largest, pack, placeOf, unpack } from "../src/api/arrays";

test("numbers come back as they went", () => {
  const values = Float32Array.of(1, -0.1, 0, Infinity, NaN, 1e-40);
  expect(unpack(pack(values, [2, 3]))).toEqual({ shape: [2, 3], values });
});

test("little-endian, as NumPy wrote it", () => {
  expect(unpack({ shape: [2], data: "AACAPwAAAMA=" }).values).toEqual(Float32Array.of(1, -2));
});

test("an index is a place, and back", () => {
  for (let place = 0; place < 24; place++) expect(placeOf(indexOf(place, [2, 3, 4]), [2, 3, 4])).toBe(place);
  expect(indexOf(23, [2, 3, 4])).toEqual([1, 2, 3]);
});

test("the largest of those that are finite", () => {
  expect(largest(Float32Array.of(1, -3, NaN, Infinity))).toBe(3);
  expect(largest(new Float32Array(0))).toBe(0);
});
