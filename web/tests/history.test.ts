import { expect, test } from "vitest";
import { pack } from "../src/api/arrays";
import type { News } from "../src/api/training";
import { batchSizes, placeOfBatch, placeOfRate, rateAt } from "../src/tabs/train/choices";
import { beside, FIRST, joined, MOST, NOTHING, seenOf } from "../src/tabs/train/history";

function news(step: number[], change: Partial<News> = {}): News {
  return {
    run: 1, state: "running", message: "", at: step.at(-1) ?? 0, epoch: 0, batch: 0, batches: 10, dropouts: [], samples: 0, rate: null,
    settings: { preset: "mlp", optimizer: "sgd", lr: 0.1, batch_size: 64, dropout: null, seed: 0, samples: 640 },
    step, loss: step.map((k) => 1 / (k + 1)), smoothed: step.map(() => 1), norms: { fc1: step.map((k) => k) }, tests: [], frames: [], ...change,
  };
}

test("news are put one behind the other, and never twice", () => {
  const first = joined(NOTHING, news([1, 2, 3], { tests: [{ step: 0, epoch: 0, loss: 2, accuracy: 0.1 }] }));
  const second = joined(first, news([2, 3, 4, 5], { tests: [{ step: 0, epoch: 0, loss: 2, accuracy: 0.1 }, { step: 4, epoch: 1, loss: 1, accuracy: 0.5 }] }));
  expect(second.step).toEqual([1, 2, 3, 4, 5]);
  expect(second.norms.fc1).toEqual([1, 2, 3, 4, 5]);
  expect(second.tests.map(({ step }) => step)).toEqual([0, 4]);
  expect(seenOf(second)).toBe(5);
});

test("another run begins anew", () => {
  const old = joined(NOTHING, news([1, 2, 3]));
  expect(joined(old, news([1], { run: 2 })).step).toEqual([1]);
});

test("a long run is thinned, and its beginning stays", () => {
  let history = NOTHING;
  for (let from = 1; from < 3 * MOST; from += 1000) history = joined(history, news(Array.from({ length: 1000 }, (_, k) => from + k)));
  expect(history.step.length).toBeLessThanOrEqual(MOST);
  expect(history.step.slice(0, FIRST)).toEqual(Array.from({ length: FIRST }, (_, k) => k + 1));
  expect(seenOf(history)).toBe(3 * MOST);
  expect(history.loss.every((loss, k) => loss === 1 / ((history.step[k] ?? 0) + 1))).toBe(true);
});

test("no test is lost where a long run is thinned", () => {
  const tests = Array.from({ length: 900 }, (_, k) => ({ step: 40 * k, epoch: k, loss: k, accuracy: null }));
  let history = joined(NOTHING, news([], { tests }));
  for (let from = 1; from < 3 * MOST; from += 1000) history = joined(history, news(Array.from({ length: 1000 }, (_, k) => from + k)));
  const seen = beside(history.step, tests, ({ loss }) => loss);
  expect(seen.length).toBe(history.step.length + 1);
  expect(seen.filter((loss) => loss !== null)).toEqual(tests.map(({ loss }) => loss));
});

test("of many epochs' filters every second one goes, but not the first nor the last", () => {
  const filters = pack(new Float32Array([1]), [1, 1, 1, 1]);
  let history = NOTHING;
  for (let epoch = 0; epoch < 200; epoch++) history = joined(history, news([], { frames: [{ step: 10 * epoch, epoch, filters }] }));
  expect(history.frames.length).toBeLessThanOrEqual(64);
  expect([history.frames[0]?.epoch, history.frames.at(-1)?.epoch]).toEqual([0, 199]);
});

test("filters are unpacked", () => {
  const filters = pack(new Float32Array([1, -2, 3, 4]), [1, 1, 2, 2]);
  const { frames } = joined(NOTHING, news([], { frames: [{ step: 0, epoch: 0, filters }] }));
  expect(Array.from(frames[0]?.filters.values ?? [])).toEqual([1, -2, 3, 4]);
});

test("tests stand beside their steps", () => {
  const tests = [{ step: 0, epoch: 0, loss: 2, accuracy: 0.1 }, { step: 3, epoch: 1, loss: 1, accuracy: null }];
  expect(beside([1, 2, 3], tests, ({ loss }) => loss)).toEqual([2, null, null, 1]);
  expect(beside([1, 2, 4], tests, ({ loss }) => loss)).toEqual([2, null, null, 1]);
  expect(beside([1, 2], tests, ({ loss }) => loss)).toEqual([2, null, 1]);
});

test("sliders go from one digit to all, and over all rates", () => {
  expect(batchSizes(10)).toEqual([1, 2, 4, 8, null]);
  for (const size of [1, 64, 2048, null]) {
    const sizes = batchSizes(10_000);
    expect(sizes[placeOfBatch(sizes, size)]).toBe(size);
  }
  expect(rateAt(placeOfRate(0.05))).toBe(0.05);
  expect(rateAt(placeOfRate(1e9))).toBe(1000);
});
