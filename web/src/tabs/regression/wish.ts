/** What a reader wants of a regression, as it stands in the address: "degree=3/lr=0.46/batch=10/axes=1,2". */

export interface Wish {
  degree: number;
  /** null: half of the largest that is certain to descend. */
  lr: number | null;
  batch: number;
  steps: number;
  seed: number;
  axes: readonly [number, number];
  step: number;
}

export const FIRST: Wish = { degree: 2, lr: null, batch: 10, steps: 100, seed: 0, axes: [1, 2], step: 0 };

export const MOST_DEGREE = 9;

export function parseWish(text: string | null): Wish {
  const given = new URLSearchParams((text ?? "").replaceAll("/", "&"));
  const whole = (name: string, low: number, high: number, otherwise: number): number => {
    const found = Number(given.get(name) ?? NaN);
    return Number.isInteger(found) && found >= low && found <= high ? found : otherwise;
  };
  const degree = whole("degree", 1, MOST_DEGREE, FIRST.degree);
  const lr = Number(given.get("lr") ?? NaN);
  const steps = whole("steps", 1, 1000, FIRST.steps);
  const axes = axesOf(given.get("axes") ?? undefined, degree);
  return {
    degree,
    lr: Number.isFinite(lr) && lr > 0 ? lr : null,
    batch: whole("batch", 1, 5000, FIRST.batch),
    steps,
    seed: whole("seed", 0, Number.MAX_SAFE_INTEGER, FIRST.seed),
    axes,
    step: whole("step", 0, steps, 0),
  };
}

export function formatWish(wish: Wish): string | null {
  const usual = axesOf(undefined, wish.degree);
  const parts = [
    ["degree", wish.degree, FIRST.degree],
    ["lr", wish.lr, FIRST.lr],
    ["batch", wish.batch, FIRST.batch],
    ["steps", wish.steps, FIRST.steps],
    ["seed", wish.seed, FIRST.seed],
    ["axes", wish.axes.join(), usual.join()],
    ["step", wish.step, FIRST.step],
  ].filter(([, value, first]) => value !== first && value !== null);
  return parts.length === 0 ? null : parts.map(([name, value]) => `${name ?? ""}=${value ?? ""}`).join("/");
}

/** Two coefficients that there are, the first below the second: by default the two highest. */
export function axesOf(text: string | undefined, degree: number): readonly [number, number] {
  const [i = NaN, j = NaN] = (text ?? "").split(",").map(Number);
  const there = (k: number): boolean => Number.isInteger(k) && k >= 0 && k <= degree;
  return there(i) && there(j) && i < j ? [i, j] : [degree - 1, degree];
}
