import { expect, test } from "vitest";
import { formatHash, parseHash, START } from "../src/state/hash";

test("the address keeps the whole state", () => {
  const place = { tab: "back", network: "12ab34cd", image: "test:17", t: 3, step: "backward:conv1", unit: "dL/conv1.w:3,0,1,1", training: true, seed: 7, view: null } as const;
  expect(parseHash(formatHash(place))).toEqual(place);
  expect(formatHash(place)).toBe("#tab=back&network=12ab34cd&image=test:17&t=3&step=backward:conv1&unit=dL/conv1.w:3,0,1,1&training=1&seed=7");
});

test("what is not said is as at the start", () => {
  expect(parseHash("")).toEqual(START);
  expect(formatHash(START)).toBe("#tab=recognise");
});

test("what makes no sense is left out", () => {
  expect(parseHash("#tab=nowhere&t=-1&seed=x&training=yes")).toEqual(START);
});
