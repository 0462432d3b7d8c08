import { expect, test } from "vitest";
import { formatUnit, parseUnit, shapeOf, unitText } from "../src/state/unit";
import { MODEL } from "./model";

test.each(["conv1:3,5,7", "x:0,5,7", "block1.conv1.w:3,0,1,1", "dL/block1.sum:1,2,3", "dL/fc1:9"])("%s is read and written", (text) => {
  const unit = parseUnit(text);
  expect(unit && formatUnit(unit)).toBe(text);
});

test.each(["", "conv1", "conv1:", "conv1:-1", "conv1:1,", "dL/", "loss"])("%j is none", (text) => { expect(parseUnit(text)).toBeNull(); });

test("as it is shown", () => {
  expect(unitText("dL/conv1:3,5,7")).toBe("∂L/∂conv1[3,5,7]");
  expect(unitText("loss")).toBe("L");
});

test("shapes of values and of parameters", () => {
  expect(shapeOf(MODEL, "x")).toEqual([1, 4, 4]);
  expect(shapeOf(MODEL, "block1.conv1.w")).toEqual([2, 2, 3, 3]);
  expect(shapeOf(MODEL, "nothing")).toBeUndefined();
});
