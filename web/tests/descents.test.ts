import "./browser";
import { effect } from "@preact/signals";
import { expect, test } from "vitest";
import { go } from "../src/state/place";
import { asked, change, found, shown } from "../src/tabs/regression/state";

test("to step, and to look along other axes, asks for no other descents", () => {
  go({ tab: "regression" });
  let times = 0;
  effect(() => { times += asked.value.steps > 0 ? 1 : 0; });
  for (const step of [1, 2, 3]) change({ step });
  change({ axes: [0, 1] });
  expect(times).toBe(1);
  change({ degree: 5, lr: 0.1234, seed: 7 });
  expect(times).toBe(2);
  expect(asked.value).toMatchObject({ degree: 5, lr: 0.1234, seed: 7, batch_size: 10, steps: 100 });
  expect([found.value, shown.value]).toEqual([null, 0]);
});
