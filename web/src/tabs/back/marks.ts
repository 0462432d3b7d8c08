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
    const winners = winnersOf(x, y);
    return winners === null ? {} : { winners: (place) => winners.has(place) };
  }
  return {};
}

/** Dropped is what is zero after it, but not before it, forward or backward. */
function dropped(layer: Layer, found: Traced, x: Tensor, y: Tensor): Mark {
  const gy = found.gradients[layer.name];
  const gx = found.gradients[layer.inputs[0] ?? "x"];
  return (place) => (x.values[place] !== 0 && y.values[place] === 0) || (gy?.values[place] !== 0 && gx?.values[place] === 0);
}

/** The places of the first maximum of each window, where windows lie side by side; null where they do not. */
export function winnersOf(x: Tensor, y: Tensor): Set<number> | null {
  const [height = 1, width = 1] = x.shape.slice(-2);
  const [rows = 1, cols = 1] = y.shape.slice(-2);
  const [high, wide] = [Math.floor(height / rows), Math.floor(width / cols)];
  if (x.shape.length !== y.shape.length || high * wide < 2) return null;
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
