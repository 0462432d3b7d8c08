import { expect, test } from "vitest";
import { isShown, madeIn, stepsOf } from "../src/state/steps";
import { MODEL } from "./model";

const KEYS = stepsOf(MODEL).map((step) => step.key);

test("back in exactly reverse order", () => {
  const names = (kind: string): string[] => KEYS.filter((key) => key.startsWith(`${kind}:`)).map((key) => key.slice(kind.length + 1));
  expect(names("forward")).toEqual(["conv1", "block1.conv1", "block1.sum", "fc1"]);
  expect(names("backward")).toEqual(["loss", ...names("forward").reverse()]);
  expect(KEYS.at(-1)).toBe("update");
});

test.each([
  ["conv1:0,1,1", "forward:conv1"],
  ["conv1.w:0,0,1,1", "forward:conv1"],
  ["dL/block1.conv1.w:0,0,1,1", "backward:block1.conv1"],
  ["dL/fc1:3", "backward:loss"],
  ["dL/block1.sum:0,0,0", "backward:fc1"],
  ["dL/conv1:0,0,0", "backward:block1.conv1"], // its first reader, which is visited last
  ["dL/x:0,0,0", "backward:conv1"],
  ["x:0,0,0", "forward:conv1"],
  ["loss", "loss"],
])("%s is made in %s", (unit, step) => { expect(madeIn(MODEL, unit)).toBe(step); });

test("every unit is shown in the step that makes it", () => {
  for (const unit of ["conv1:0,1,1", "conv1.w:0,0,1,1", "dL/fc1:3", "dL/conv1:0,0,0", "dL/x:0,0,0", "loss"]) {
    const step = stepsOf(MODEL).find((of) => of.key === madeIn(MODEL, unit));
    expect(step !== undefined && isShown(MODEL, step, unit), unit).toBe(true);
  }
});
