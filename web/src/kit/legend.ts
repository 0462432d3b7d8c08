/** The one legend: what the colours mean in the numbers that are looked at now. */
import { signal } from "@preact/signals";

export interface Meaning {
  label: string;
  most: number;
}

export const meaning = signal<Meaning>({ label: "", most: 1 });

export function mean(label: string, most: number): void {
  const now = meaning.peek();
  if (now.label !== label || now.most !== most) meaning.value = { label, most };
}
