/** The network that the page is about, and what went wrong, in one line. */
import { batch, computed, effect, type Signal, signal } from "@preact/signals";
import { askAbout, get, isAbort, messageOf } from "../api/client";
import type { Model } from "../api/types";
import { whole } from "../kit/numbers";
import { go, place } from "./place";

export const model = signal<Model | null>(null);
export const trouble = signal<string | null>(null);
const network = computed(() => place.value.network);
const shapes = new Map<string | null, string>();

/** What work in the background said last: its success takes no other line away. */
let murmured: string | null = null;

/** Do something that asks the server; what it refuses is said at the head of the page. */
export async function trying(work: () => Promise<void>, { background = false } = {}): Promise<void> {
  try {
    await work();
    if (!background || trouble.value === murmured) trouble.value = null;
  } catch (problem) {
    if (isAbort(problem)) return;
    trouble.value = messageOf(problem);
    if (background) murmured = trouble.value;
  }
}

/** Load the one that the address names, whenever it names another. */
export function followModel(): void {
  effect(() => {
    const key = network.value;
    askAbout(key);
    batch(() => { model.value = trouble.value = null; });
    void trying(async () => {
      const found = await get<Model>("/api/model");
      shapes.set(key, String(found.shape));
      model.value = found;
    });
  });
}

/** What is known of one network, and forgotten where another one is shown. */
export function ofNetwork<T>(nothing: T): Signal<T> {
  const made = signal(nothing);
  effect(() => { if (model.value === null) made.value = nothing; });
  return made;
}

/** Show another network, with the same image if it takes such. */
export function exchange(key: string | null, shape = shapes.get(key)): void {
  const image = shape === shapes.get(network.value) ? place.value.image : null;
  go({ tab: place.value.tab === "train" ? "recognise" : place.value.tab, network: key, image, t: null, step: null, unit: null, view: null });
  document.getElementById("main")?.focus(); // the button that was pressed is gone
}

/** How it is called: "model.safetensors"; "mnist, trained here, 1,200 steps". */
export function nameOf({ name, origin }: Model): string {
  const last = lastOf(name);
  return origin === null ? last : `${last}, trained here, ${whole(origin.steps)} ${origin.steps === 1 ? "step" : "steps"}`;
}

export function lastOf(path: string): string {
  return path.split(/[/\\]/).at(-1) ?? path;
}
