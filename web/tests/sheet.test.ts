import { expect, test } from "vitest";
import { sizeOf } from "../src/api/arrays";
import { acrossOf, cellOf, indexIn, offsetOf, sheetOf } from "../src/kit/sheet";

test.each([[[10]], [[128]], [[97]], [[3, 7]], [[4, 5, 6]], [[2, 3, 4, 5]]])("in %j every cell has its index", (shape) => {
  const sheet = sheetOf(shape);
  expect(sizeOf(sheet.lead) * sheet.size).toBe(sizeOf(shape));
  const lead = sheet.lead.map((n) => n - 1);
  for (let k = 0; k < sheet.size; k++) {
    const [row, col] = [Math.floor(k / sheet.cols), k % sheet.cols];
    expect(cellOf(shape, indexIn(shape, lead, row, col))).toEqual({ lead, row, col });
  }
  expect(offsetOf(sheet, lead)).toBe((sizeOf(sheet.lead) - 1) * sheet.rows * sheet.cols);
});

test("a short vector is a column, a long one fills its rows", () => {
  expect(sheetOf([10])).toMatchObject({ rows: 10, cols: 1 });
  expect(sheetOf([128])).toMatchObject({ rows: 8, cols: 16 });
});

test("what is of another shape is nowhere", () => {
  expect(cellOf([4, 5, 6], [1, 2])).toBeNull();
  expect(cellOf([4, 5, 6], [4, 0, 0])).toBeNull();
});

test("all matrices fit", () => {
  for (const count of [1, 7, 32, 64, 512]) expect(acrossOf(count, 24, 24)).toBeLessThanOrEqual(count);
});
