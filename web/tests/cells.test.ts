import { expect, test } from "vitest";
import { cellText, parseCell, tints } from "../src/tabs/evaluate/cells";

test("a cell in the address", () => {
  expect(parseCell(cellText([4, 9]))).toEqual([4, 9]);
  for (const text of [null, "", "4", "4,9,1", "-1,2", "a,b"]) expect(parseCell(text)).toBeNull();
});

test("mistakes are tinted among themselves", () => {
  const found = tints([[900, 4, 0], [1, 950, 16]]);
  expect(found[1]?.[2]).toBe(1);
  expect(found[0]?.[0]).toBe(0);
  expect(found[0]?.[2]).toBe(0);
  expect(found[1]?.[0] ?? 0).toBeLessThan(found[0]?.[1] ?? 0);
});

test("without mistakes nothing is tinted", () => {
  expect(tints([[5, 0], [0, 5]])).toEqual([[0, 0], [0, 0]]);
});
