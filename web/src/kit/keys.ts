/** The keyboard: arrows move in a grid; letters that the page listens to wherever no text is being written. */

interface Cell {
  row: number;
  col: number;
}

const FAR = 10;

/** Where an arrow, Home, End or a page key leads; null for other keys. */
export function moved(event: Pick<KeyboardEvent, "key" | "ctrlKey">, { row, col }: Cell, rows: number, cols: number): Cell | null {
  const at = (r: number, c: number): Cell => ({ row: Math.max(0, Math.min(r, rows - 1)), col: Math.max(0, Math.min(c, cols - 1)) });
  switch (event.key) {
    case "ArrowLeft": return at(row, col - 1);
    case "ArrowRight": return at(row, col + 1);
    case "ArrowUp": return at(row - 1, col);
    case "ArrowDown": return at(row + 1, col);
    case "PageUp": return at(row - FAR, col);
    case "PageDown": return at(row + FAR, col);
    case "Home": return event.ctrlKey ? at(0, 0) : at(row, 0);
    case "End": return event.ctrlKey ? at(rows, cols) : at(row, cols);
    default: return null;
  }
}

/** A cell that there is: a last row may not be full, and has its last cell. */
export function within({ row, col }: Cell, cols: number, count: number): Cell {
  const place = Math.min(row * cols + col, count - 1);
  return { row: Math.floor(place / cols), col: place % cols };
}

/** Whether a key goes to where something is written. */
export function isWriting(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || ["INPUT", "SELECT", "TEXTAREA"].includes(target.tagName);
}
