/** What a run has told so far: answers put one behind the other, and thinned where they are many. */
import { type Tensor, unpack } from "../../api/arrays";
import type { Frame, News, Tested } from "../../api/training";

export interface History {
  run: number;
  step: number[];
  loss: number[];
  smoothed: number[];
  norms: Record<string, number[]>;
  tests: Tested[];
  frames: Frame<Tensor>[];
}

export const NOTHING: History = { run: -1, step: [], loss: [], smoothed: [], norms: {}, tests: [], frames: [] };
/** Steps that are drawn, at most; the first ones stay, so that two runs can be compared by where they began. */
export const MOST = 12_000;
export const FIRST = 16;

/** The step after which news are wanted. */
export function seenOf(history: History): number {
  return history.step.at(-1) ?? 0;
}

export function joined(before: History, news: News): History {
  const of = before.run === news.run ? before : { ...NOTHING, run: news.run };
  const last = of.step.at(-1) ?? -1;
  const from = news.step.findIndex((step) => step > last);
  const fresh = <T>(column: readonly T[]): T[] => (from < 0 ? [] : column.slice(from));
  const names = Object.keys(news.norms);
  return thinned({
    run: news.run,
    step: [...of.step, ...fresh(news.step)],
    loss: [...of.loss, ...fresh(news.loss)],
    smoothed: [...of.smoothed, ...fresh(news.smoothed)],
    norms: Object.fromEntries(names.map((name) => [name, [...(of.norms[name] ?? []), ...fresh(news.norms[name] ?? [])]])),
    tests: later(of.tests, news.tests),
    frames: later(of.frames, news.frames.map((frame) => ({ ...frame, filters: unpack(frame.filters) }))),
  });
}

function later<T extends { step: number }>(before: readonly T[], news: readonly T[]): T[] {
  const last = before.at(-1)?.step ?? -1;
  return [...before, ...news.filter(({ step }) => step > last)];
}

function thinned(history: History): History {
  const count = history.step.length;
  if (count <= MOST) return history;
  const kept = <T>(column: readonly T[]): T[] => column.filter((_, k) => k < FIRST || k % 2 === 0 || k === count - 1);
  return {
    ...history,
    step: kept(history.step),
    loss: kept(history.loss),
    smoothed: kept(history.smoothed),
    norms: Object.fromEntries(Object.entries(history.norms).map(([name, column]) => [name, kept(column)])),
  };
}

/** Tests as a column beside the steps: null where none was made. Step 0, before the first, comes in front. */
export function beside(step: readonly number[], tests: readonly Tested[], value: (test: Tested) => number | null): (number | null)[] {
  const at = new Map(tests.map((test) => [test.step, value(test)]));
  return [0, ...step].map((k) => at.get(k) ?? null);
}
