/** The network that the page is about, and what went wrong, in one line. */
import { signal } from "@preact/signals";
import { get, isAbort, messageOf } from "../api/client";
import type { Model } from "../api/types";

export const model = signal<Model | null>(null);
export const trouble = signal<string | null>(null);

/** Do something that asks the server; what it refuses is said at the head of the page. */
export async function trying(work: () => Promise<void>): Promise<void> {
  try {
    await work();
    trouble.value = null;
  } catch (problem) {
    if (!isAbort(problem)) trouble.value = messageOf(problem);
  }
}

export async function loadModel(): Promise<void> {
  await trying(async () => { model.value = await get<Model>("/api/model"); });
}
