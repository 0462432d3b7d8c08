/** The loss of a regression over two of its coefficients: a bowl, whose contours are ellipses, exactly.
 *
 *     L(w) = L(w*) + (w - w*)^T H (w - w*) / 2
 *
 *  With the other coefficients as they are, the loss over (w_i, w_j) has the same H there, and its own lowest point.
 */

export interface Bowl {
  hessian: readonly (readonly number[])[];
  lowest: { w: readonly number[]; loss: number };
}

/** A bowl over two coefficients: eigenvalues and vectors of its H, its lowest point and the loss there. */
export interface Slice {
  centre: readonly [number, number];
  loss: number;
  /** The steeper direction first. */
  curvature: readonly [number, number];
  steep: readonly [number, number];
}

export type Point = readonly [number, number];

export function lossAt({ hessian, lowest }: Bowl, w: readonly number[]): number {
  const away = w.map((w_k, k) => w_k - (lowest.w[k] ?? 0));
  return lowest.loss + away.reduce((sum, a, i) => sum + (a / 2) * dot(hessian[i] ?? [], away), 0);
}

export function gradientAt({ hessian, lowest }: Bowl, w: readonly number[]): number[] {
  const away = w.map((w_k, k) => w_k - (lowest.w[k] ?? 0));
  return hessian.map((row) => dot(row, away));
}

/** The bowl over coefficients i and j; the others are those of w. */
export function sliceAt(bowl: Bowl, w: readonly number[], i: number, j: number): Slice {
  const [a, b, c] = [at(bowl, i, i), at(bowl, i, j), at(bowl, j, j)];
  const gradient = gradientAt(bowl, w);
  const [gi, gj] = [gradient[i] ?? 0, gradient[j] ?? 0];
  const determinant = a * c - b * b;
  const centre: Point = [(w[i] ?? 0) - (c * gi - b * gj) / determinant, (w[j] ?? 0) - (a * gj - b * gi) / determinant];
  const lowest = w.map((w_k, k) => (k === i ? centre[0] : k === j ? centre[1] : w_k));
  const [middle, spread] = [(a + c) / 2, Math.hypot((a - c) / 2, b)];
  const angle = Math.atan2(2 * b, a - c) / 2;
  // The smaller eigenvalue as a quotient: as a difference it would cancel.
  return { centre, loss: lossAt(bowl, lowest), curvature: [middle + spread, determinant / (middle + spread)], steep: [Math.cos(angle), Math.sin(angle)] };
}

const CORNERS = 120;

/** The contour of that loss as a closed line; null where the bowl is higher everywhere. */
export function contour({ centre, loss, curvature, steep }: Slice, level: number): Point[] | null {
  if (!(level > loss)) return null;
  const [short, long] = curvature.map((of) => Math.sqrt((2 * (level - loss)) / of));
  return Array.from({ length: CORNERS }, (_, k) => {
    const turn = (2 * Math.PI * k) / CORNERS;
    const [u, v] = [(short ?? 0) * Math.cos(turn), (long ?? 0) * Math.sin(turn)];
    return [centre[0] + u * steep[0] - v * steep[1], centre[1] + u * steep[1] + v * steep[0]] as const;
  });
}

/** Losses that are drawn, each twice as high above the lowest as the one before: about where the descent begins, and up
 *  to where it is now. */
export function levels(first: number, lowest: number, now = first): number[] {
  const height = Math.max(first - lowest, 1e-12 * Math.max(Math.abs(first), 1e-300));
  const risen = Math.ceil(Math.log2(Math.max((now - lowest) / height, 1)));
  const [down, up] = [12, 6 + Math.min(risen, 100)];
  return Array.from({ length: down + up + 1 }, (_, k) => lowest + height * 2 ** (k - down));
}

function at({ hessian }: Bowl, i: number, j: number): number {
  return hessian[i]?.[j] ?? 0;
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, a_k, k) => sum + a_k * (b[k] ?? 0), 0);
}
