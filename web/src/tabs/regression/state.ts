/** The regression that is looked at: what is wanted (in the address), the reader's own data, and what the server found. */
import { computed, signal } from "@preact/signals";
import { isAbort, messageOf, post } from "../../api/client";
import type { Asked, Data, Descents } from "../../api/regression";
import { go, place } from "../../state/place";
import { axesOf, formatWish, parseWish, type Wish } from "./wish";

export const wish = computed<Wish>(() => parseWish(place.value.tab === "regression" ? place.value.view : null));
export const data = signal<Data>(null);
/** Where both begin, scaled; null: at 0. */
export const start = signal<number[] | null>(null);
export const found = signal<Descents | null>(null);
export const refused = signal<string | null>(null);
export const playing = signal(false);

/** The number of the step that is shown, of those that were made. */
export const shown = computed(() => Math.min(wish.value.step, longest(found.value)));

export function change(to: Partial<Wish>): void {
  const next = { ...wish.value, ...to };
  const other = to.degree !== undefined && to.degree !== wish.value.degree;
  if (other) {
    start.value = null;
    if (to.axes === undefined) next.axes = [next.degree - 1, next.degree];
  }
  go({ view: formatWish(next) }, { replace: true });
}

export function longest(of: Descents | null): number {
  return of === null ? 0 : Math.max(of.gd.w.length, of.sgd.w.length) - 1;
}

/** All but what is only looked at: the same text however often one steps. */
const fixed = computed(() => formatWish({ ...wish.value, axes: axesOf(undefined, wish.value.degree), step: 0 }));

/** What the descents depend on. */
export const asked = computed<Asked>(() => {
  const { degree, lr, batch, steps, seed } = parseWish(fixed.value);
  return { data: data.value, degree, lr, batch_size: batch, steps, seed, w0: start.value };
});

/** Why the reader's points do not say where a polynomial is, in the server's own words; null: they do. */
export function tooFew({ data: of, degree }: Asked): string | null {
  if (of === null || !("x" in of)) return null;
  const [different, expected] = [new Set(of.x).size, Math.max(degree + 1, 2)];
  if (different >= expected) return null;
  const has = different > 1 ? `${different} different values` : different === 0 ? "no value" : `only ${of.x[0] ?? ""}`;
  return `x has ${has}; expected at least ${expected} different values for degree ${degree}`;
}

let last: AbortController | null = null;

/** Ask the server; an answer that is no longer wanted is given up. */
export async function descend(body: Asked): Promise<void> {
  last?.abort();
  const mine = new AbortController();
  last = mine;
  const few = tooFew(body);
  refused.value = few;
  if (few !== null) return;
  try {
    found.value = await post<Descents>("/api/regression", body, mine.signal);
  } catch (problem) {
    if (isAbort(problem)) return;
    refused.value = messageOf(problem);
    playing.value = false;
  }
}
