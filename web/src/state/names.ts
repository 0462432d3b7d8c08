import { model } from "./model";

/** How the classes are called; by their numbers where they have no names. */
export function classNames(count: number): string[] {
  const names = model.value?.classes;
  return Array.from({ length: count }, (_, k) => names?.[k] ?? String(k));
}

/** What a sample of the data is called: "digit", "image", "sample"; several of them. */
export function thing(count = 1): string {
  return `${model.value?.kind ?? "sample"}${count === 1 ? "" : "s"}`;
}
