/** Which matrix of each tensor is shown large. A value and its derivative are looked at in the same place. */
import { signal } from "@preact/signals";

const chosen = signal<Record<string, number>>({});

const plain = (name: string): string => name.replace(/^dL\//, "");

export function channelOf(name: string): number {
  return chosen.value[plain(name)] ?? 0;
}

export function choose(name: string, place: number): void {
  if (channelOf(name) !== place) chosen.value = { ...chosen.value, [plain(name)]: place };
}
