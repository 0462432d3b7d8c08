/** What a layer lets through, cell by cell: what ReLU or dropout block is hatched, a window's winner ringed. */
import type { Tensor } from "../../api/arrays";
import { sizeOf } from "../../api/arrays";
import type { Layer } from "../../api/types";
import type { Traced } from "../../state/pass";

export type Mark = (place: number) => boolean;

export interface Marks {
  /** In x and dL/dx. */
  blocked?: Mark;
  winners?: Mark;
}

export function marksOf(layer: Layer, found: Traced): Marks {
  const x = found.values[layer.inputs[0] ?? "x"];
  const y = found.values[layer.name];
  if (x === undefined || y === undefined) return {};
  if (layer.type === "ReLU") return { blocked: (place) => !((x.values[place] ?? 0) > 0) };
  if (layer.type === "Dropout") return { blocked: dropped(layer, found, x, y) };
  if (layer.type === "MaxPooling") {
    const window = windowOf(layer.text);
    if (window === null) return {};
    const winners = winnersOf(x, y, window);
    return { winners: (place) => winners.has(place) };
  }
  return {};
}

/** Dropped is what is zero after it, but not before it, forward or backward. */
function dropped(layer: Layer, found: Traced, x: Tensor, y: Tensor): Mark {
  const gy = found.gradients[layer.name];
  const gx = found.gradients[layer.inputs[0] ?? "x"];
  return (place) => (x.values[place] !== 0 && y.values[place] === 0) || (gy?.values[place] !== 0 && gx?.values[place] === 0);
}

/** "MaxPooling(2x3)": its windows' rows and columns, in a signal 1; null where they do not lie side by side. */
function windowOf(text: string): [number, number] | null {
  const [, first, second] = /^\w+\((\d+)(?:x(\d+))?\)$/.exec(text) ?? [];
  if (first === undefined) return null; // with a stride, or padded
  return second === undefined ? [1, Number(first)] : [Number(first), Number(second)];
}

/** The places of the first maximum of each window. */
function winnersOf(x: Tensor, y: Tensor, [high, wide]: readonly [number, number]): Set<number> {
  const [height = 1, width = 1] = x.shape.slice(-2);
  const [rows = 1, cols = 1] = y.shape.slice(-2);
  const winners = new Set<number>();
  for (let k = 0; k < sizeOf(y.shape); k++) {
    const top = Math.floor(k / (rows * cols)) * height * width + Math.floor((k % (rows * cols)) / cols) * high * width + (k % cols) * wide;
    const value = y.values[k];
    for (let at = 0; at < high * wide; at++) {
      const place = top + Math.floor(at / wide) * width + (at % wide);
      if (x.values[place] !== value) continue;
      winners.add(place);
      break;
    }
  }
  return winners;
}
