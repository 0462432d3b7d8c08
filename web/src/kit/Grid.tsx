/** A matrix of numbers on a canvas, which is a grid to the keyboard and to who listens. */
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { scale } from "../state/size";
import { theme } from "../state/theme";
import { type Palette, scaleOf } from "./colours";
import { moved, within } from "./keys";
import { short } from "./numbers";
import { type Matrix, outline, paint, type Rect, valueAt } from "./paint";

export interface Cell {
  row: number;
  col: number;
}

export interface GridProps extends Matrix {
  /** What the numbers are, without the cell: "conv1, channel 3". */
  label: string;
  /** The value of the strongest colour. */
  most: number;
  palette?: Palette;
  /** The grid's width in CSS pixels on a laptop; more on a larger screen. */
  width: number;
  /** Its height, if its cells are not square. */
  height?: number;
  numbers?: boolean;
  hatched?: ((place: number) => boolean) | undefined;
  ringed?: ((place: number) => boolean) | undefined;
  outlines?: readonly Rect[];
  selected?: Cell | null;
  /** How a cell is called, instead of by row and column. */
  nameOf?: (cell: Cell) => string;
  /** Enter, or a click. */
  onInspect?: (cell: Cell) => void;
  /** The cell under the pointer or the cursor; null: none. */
  onLook?: (cell: Cell | null) => void;
}

export function Grid(props: GridProps) {
  const { rows, cols, label } = props;
  const [width, height] = [props.width * scale.value, props.height === undefined ? undefined : props.height * scale.value];
  const id = useId();
  const canvas = useRef<HTMLCanvasElement>(null);
  const [cursor, setCursor] = useState<Cell>(props.selected ?? { row: 0, col: 0 });
  const [focused, setFocused] = useState(false);
  const count = Math.min(rows * cols, props.values.length - (props.offset ?? 0));
  const cell = within({ row: Math.min(cursor.row, rows - 1), col: Math.min(cursor.col, cols - 1) }, cols, count);
  useDrawing(canvas, props, focused ? cell : null);
  const look = (next: Cell | null): void => { props.onLook?.(next); };
  const go = (next: Cell): void => { setCursor(next); look(next); };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === "Enter" || event.key === " ") props.onInspect?.(cell);
    else {
      const next = moved(event, cell, rows, cols);
      if (next === null) return;
      go(within(next, cols, count));
    }
    event.preventDefault();
  };
  const under = (event: MouseEvent): Cell | null => {
    const at = cellAt(event, rows, cols);
    return at.row * cols + at.col < count ? at : null;
  };
  const name = props.nameOf?.(cell) ?? `row ${cell.row}, column ${cell.col}`;
  return (
    <div
      class={props.onInspect === undefined ? "grid" : "grid open"} role="grid" tabIndex={0} aria-label={label}
      aria-rowcount={rows} aria-colcount={cols} aria-activedescendant={id}
      style={{ width: `${width}px`, aspectRatio: height === undefined ? `${cols} / ${rows}` : `${width} / ${height}` }}
      onKeyDown={onKeyDown}
      onFocus={() => { setFocused(true); look(cell); }}
      onBlur={() => { setFocused(false); look(null); }}
      onPointerMove={(event) => { look(under(event)); }}
      onPointerLeave={() => { look(focused ? cell : null); }}
      onClick={(event) => {
        const at = under(event);
        if (at === null) return;
        setCursor(at);
        props.onInspect?.(at);
      }}
    >
      <canvas ref={canvas} aria-hidden="true" />
      <div role="row" aria-rowindex={cell.row + 1} class="unseen">
        <div role="gridcell" id={id} aria-colindex={cell.col + 1}>{`${name}: ${short(valueAt(props, cell.row * cols + cell.col), 4)}`}</div>
      </div>
    </div>
  );
}

function cellAt(event: MouseEvent, rows: number, cols: number): Cell {
  const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
  const place = (at: number, size: number, n: number): number => Math.max(0, Math.min(Math.floor((at / size) * n), n - 1));
  return { row: place(event.clientY - box.top, box.height, rows), col: place(event.clientX - box.left, box.width, cols) };
}

function useDrawing(canvas: { current: HTMLCanvasElement | null }, props: GridProps, cursor: Cell | null): void {
  const { rows, cols, most, palette = "diverging", selected, outlines = [] } = props;
  const width = props.width * scale.value;
  const now = theme.value;
  useEffect(() => {
    const to = canvas.current;
    const context = to?.getContext("2d");
    if (to === null || context === null || context === undefined) return;
    const pixels = Math.max(1, Math.round((width * window.devicePixelRatio) / cols)) * cols;
    to.width = pixels;
    to.height = Math.round(props.height === undefined ? (pixels / cols) * rows : props.height * scale.value * window.devicePixelRatio);
    const { hatched, ringed, numbers = false } = props;
    paint(context, props, { scale: scaleOf(palette, now), most, dots: palette !== "ink", numbers, hatched, ringed });
    const accent = getComputedStyle(to).getPropertyValue("--accent");
    for (const rect of outlines) outline(context, props, rect, accent);
    for (const at of [selected, cursor]) if (at) outline(context, props, { ...at, rows: 1, cols: 1 }, at === cursor ? "#16181d" : accent);
  });
}
