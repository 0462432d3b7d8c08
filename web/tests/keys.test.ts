import { expect, test } from "vitest";
import { moved, within } from "../src/kit/keys";

const key = (name: string) => ({ key: name, ctrlKey: false });

test("arrows stay in the grid", () => {
  expect(moved(key("ArrowUp"), { row: 0, col: 1 }, 2, 3)).toEqual({ row: 0, col: 1 });
  expect(moved(key("End"), { row: 1, col: 0 }, 2, 3)).toEqual({ row: 1, col: 2 });
  expect(moved(key("a"), { row: 0, col: 0 }, 2, 3)).toBeNull();
});

test("a last row that is not full ends with its last cell", () => {
  expect(within({ row: 2, col: 4 }, 5, 13)).toEqual({ row: 2, col: 2 });
  expect(within({ row: 1, col: 4 }, 5, 13)).toEqual({ row: 1, col: 4 });
});
