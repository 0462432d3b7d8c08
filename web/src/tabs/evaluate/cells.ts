/** A cell of the confusion matrix, in the address and by its keys. */

export type CellAt = readonly [number, number];

export function cellText(cell: CellAt | null): string | null {
  return cell === null ? null : `${cell[0]},${cell[1]}`;
}

export function parseCell(text: string | null): CellAt | null {
  const found = /^(\d{1,4}),(\d{1,4})$/.exec(text ?? "");
  return found === null ? null : [Number(found[1]), Number(found[2])];
}

/** How strongly a cell is tinted, 0 to 1: mistakes among themselves, so that the many right ones do not drown them. */
export function tints(counts: readonly (readonly number[])[]): number[][] {
  const wrong = counts.flatMap((row, t) => row.filter((_, p) => p !== t));
  const most = Math.max(1, ...wrong);
  return counts.map((row, t) => row.map((n, p) => (p === t || n === 0 ? 0 : 0.06 + 0.94 * (n / most) ** 0.75)));
}
