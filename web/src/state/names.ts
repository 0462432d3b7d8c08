import { model } from "./model";

/** How the classes are called; by their numbers where they have no names. */
export function classNames(count: number): string[] {
  const names = model.value?.classes;
  return Array.from({ length: count }, (_, k) => names?.[k] ?? String(k));
}
