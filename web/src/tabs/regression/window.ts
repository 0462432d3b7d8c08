/** What part of the plane a picture shows, and where its numbers stand on it. */
import type { Point } from "./bowl";

export interface Window {
  x: readonly [number, number];
  y: readonly [number, number];
}

/** Around all of the points; `square`: one unit is as long on both axes, so that right angles are right angles. */
export function around(points: readonly Point[], { square = false, margin = 0.12, aspect = 1 } = {}): Window {
  const ends = [0, 1].map((axis) => {
    const of = points.map((point) => point[axis] ?? 0).filter(Number.isFinite);
    return of.length === 0 ? [0, 1] : [of.reduce((a, b) => Math.min(a, b)), of.reduce((a, b) => Math.max(a, b))];
  });
  const [[left = 0, right = 1] = [], [low = 0, high = 1] = []] = ends;
  let [wide, tall] = [(right - left) * (1 + 2 * margin), (high - low) * (1 + 2 * margin)];
  const least = 1e-9 + 1e-3 * Math.max(Math.abs(left), Math.abs(low), 0.1);
  [wide, tall] = [Math.max(wide, least), Math.max(tall, least)];
  if (square) [wide, tall] = [Math.max(wide, tall * aspect), Math.max(tall, wide / aspect)];
  const [x, y] = [(left + right) / 2, (low + high) / 2];
  return { x: [x - wide / 2, x + wide / 2], y: [y - tall / 2, y + tall / 2] };
}

/** Round numbers between the ends, about so many. */
export function ticks([low, high]: readonly [number, number], about = 5): number[] {
  const rough = (high - low) / about;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((by) => by * power >= rough) ?? 10);
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.max(0, Math.floor(high / step) - first + 1) }, (_, k) => Number(((first + k) * step).toPrecision(12)));
}

/** Of a descent that flies away, the points that are still near enough to be drawn. */
export function near(path: readonly Point[], ends: readonly Point[], times = 4): Point[] {
  const size = Math.max(1e-6, ...ends.flatMap((a) => ends.map((b) => Math.hypot(a[0] - b[0], a[1] - b[1]))));
  const centre = ends[0] ?? [0, 0];
  return path.filter((point) => Math.hypot(point[0] - centre[0], point[1] - centre[1]) <= times * size);
}

export interface Frame {
  width: number;
  height: number;
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** From numbers to pixels, and back. */
export function mapping({ x, y }: Window, frame: Frame) {
  const [wide, tall] = [frame.width - frame.left - frame.right, frame.height - frame.top - frame.bottom];
  return {
    px: (value: number): number => frame.left + ((value - x[0]) / (x[1] - x[0])) * wide,
    py: (value: number): number => frame.top + ((y[1] - value) / (y[1] - y[0])) * tall,
    xAt: (pixel: number): number => x[0] + ((pixel - frame.left) / wide) * (x[1] - x[0]),
    yAt: (pixel: number): number => y[1] - ((pixel - frame.top) / tall) * (y[1] - y[0]),
  };
}
