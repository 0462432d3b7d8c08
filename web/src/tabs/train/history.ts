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
const MOST_FRAMES = 64;

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
  const frames = later(of.frames, news.frames.map((frame) => ({ ...frame, filters: unpack(frame.filters) })));
  return thinned({
    run: news.run,
    step: [...of.step, ...fresh(news.step)],
    loss: [...of.loss, ...fresh(news.loss)],
    smoothed: [...of.smoothed, ...fresh(news.smoothed)],
    norms: Object.fromEntries(names.map((name) => [name, [...(of.norms[name] ?? []), ...fresh(news.norms[name] ?? [])]])),
    tests: later(of.tests, news.tests),
    frames: frames.length > MOST_FRAMES ? halved(frames, 1) : frames,
  });
}

function later<T extends { step: number }>(before: readonly T[], news: readonly T[]): T[] {
  const last = before.at(-1)?.step ?? -1;
  return [...before, ...news.filter(({ step }) => step > last)];
}

function thinned(history: History): History {
  if (history.step.length <= MOST) return history;
  const kept = <T>(column: readonly T[]): T[] => halved(column, FIRST);
  return {
    ...history,
    step: kept(history.step),
    loss: kept(history.loss),
    smoothed: kept(history.smoothed),
    norms: Object.fromEntries(Object.entries(history.norms).map(([name, column]) => [name, kept(column)])),
  };
}

/** The first ones, every second one, and the last. */
function halved<T>(rows: readonly T[], first: number): T[] {
  return rows.filter((_, k) => k < first || k % 2 === 0 || k === rows.length - 1);
}

/** Tests as a column beside the steps: null where none was made. Step 0, before the first, comes in front. One whose
 *  step is no longer drawn stands at the next that is. */
export function beside(step: readonly number[], tests: readonly Tested[], value: (test: Tested) => number | null): (number | null)[] {
  const x = [0, ...step];
  const column = x.map((): number | null => null);
  let k = 0;
  for (const test of tests) {
    while (k < x.length - 1 && (x[k] ?? 0) < test.step) k++;
    column[k] = value(test);
  }
  return column;
}
