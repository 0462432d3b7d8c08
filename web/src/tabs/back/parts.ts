/** What several readers of a value send back: parts, whose sum is its derivative. */
import type { Tensor } from "../../api/arrays";
import type { Model } from "../../api/types";
import type { Traced } from "../../state/pass";
import { readersOf } from "../../state/steps";

export interface Part {
  reader: string;
  tensor: Tensor;
}

/**
 * A sum passes on what comes to it as it is; so of all readers but one, if they are sums, the part is known, and of that
 * one it is the rest. Empty: there is one reader, or the parts cannot be told from their sum.
 */
export function partsOf(of: Model, found: Traced, name: string): Part[] {
  const readers = readersOf(of, name);
  const total = found.gradients[name];
  const sums = readers.filter((reader) => reader.type === "Addition");
  if (total === undefined || readers.length < 2 || readers.length - sums.length > 1) return [];
  const known = new Map(sums.map((reader) => [reader.name, found.gradients[reader.name]]));
  return readers.flatMap(({ name: reader }) => {
    if (known.has(reader)) {
      const tensor = known.get(reader);
      return tensor === undefined ? [] : [{ reader, tensor }];
    }
    const rest = total.values.map((value, k) => [...known.values()].reduce((left, part) => left - (part?.values[k] ?? 0), value));
    return [{ reader, tensor: { shape: total.shape, values: rest } }];
  });
}
