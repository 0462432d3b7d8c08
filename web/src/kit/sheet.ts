/** How a tensor is laid out flat: which leading indices are chosen, and which matrix is shown then. */
import { placeOf, sizeOf } from "../api/arrays";

export interface Sheet {
  /** The sizes of the indices that are chosen. */
  lead: number[];
  rows: number;
  cols: number;
  /** How many of the matrix's cells there are: a vector's last row may not be full. */
  size: number;
}

const COLUMN = 12;

export function sheetOf(shape: readonly number[]): Sheet {
  if (shape.length === 0) return { lead: [], rows: 1, cols: 1, size: 1 };
  if (shape.length === 1) {
    const n = shape[0] ?? 1;
    const cols = n <= COLUMN ? 1 : columnsOf(n);
    return { lead: [], rows: Math.ceil(n / cols), cols, size: n };
  }
  const [rows = 1, cols = 1] = shape.slice(-2);
  return { lead: shape.slice(0, -2), rows, cols, size: rows * cols };
}

/** A vector is about twice as wide as high, in full rows where it can be. */
function columnsOf(n: number): number {
  const about = Math.sqrt(2 * n);
  for (let cols = Math.round(about); cols <= 2 * about; cols++) if (n % cols === 0) return cols;
  return Math.round(about);
}

/** The whole index of a matrix's cell. */
export function indexIn(shape: readonly number[], lead: readonly number[], row: number, col: number): number[] {
  if (shape.length === 0) return [];
  if (shape.length === 1) return [row * sheetOf(shape).cols + col];
  return [...lead, row, col];
}

/** The cell of an index, and the matrix in which it is; null if it is not of that shape. */
export function cellOf(shape: readonly number[], index: readonly number[]): { lead: number[]; row: number; col: number } | null {
  if (index.length !== shape.length || index.some((i, axis) => i >= (shape[axis] ?? 0))) return null;
  const { cols } = sheetOf(shape);
  if (shape.length === 1) return { lead: [], row: Math.floor((index[0] ?? 0) / cols), col: (index[0] ?? 0) % cols };
  return { lead: index.slice(0, -2), row: index.at(-2) ?? 0, col: index.at(-1) ?? 0 };
}

/** Where the matrix begins in the tensor's values. */
export function offsetOf(sheet: Sheet, lead: readonly number[]): number {
  return placeOf(lead, sheet.lead) * sheet.rows * sheet.cols;
}

/** Of several matrices, all of them side by side: how many in a row. */
export function acrossOf(count: number, rows: number, cols: number): number {
  const across = Math.ceil(Math.sqrt((2.2 * count * rows) / cols));
  for (let n = across; n <= Math.min(1.5 * across, count); n++) if (count % n === 0) return n;
  return Math.min(across, count);
}

export function countOf(sheet: Sheet): number {
  return sizeOf(sheet.lead);
}
