/** Draws a matrix of numbers into a canvas. */
import { colourOf, css, isLight, type Scale } from "./colours";
import { short } from "./numbers";

export interface Matrix {
  values: ArrayLike<number>;
  /** Where the matrix begins in `values`. */
  offset?: number;
  rows: number;
  cols: number;
}

export interface Rect {
  row: number;
  col: number;
  rows: number;
  cols: number;
}

export interface Look {
  scale: Scale;
  /** The value of the strongest colour. */
  most: number;
  /** Whether an exact zero is dotted. */
  dots: boolean;
  /** Whether cells that are wide enough have their number written in. */
  numbers: boolean;
  /** Cells that are hatched, by their place in the matrix: what was blocked. */
  hatched?: ((place: number) => boolean) | undefined;
  /** Cells that are ringed: a window's winner. */
  ringed?: ((place: number) => boolean) | undefined;
}

export const valueAt = ({ values, offset = 0 }: Matrix, place: number): number => values[offset + place] ?? NaN;

/** As large as its canvas, with what only large cells can show. */
export function paint(context: CanvasRenderingContext2D, matrix: Matrix, look: Look): void {
  const { width, height } = context.canvas;
  const cell = width / matrix.cols;
  const tall = height / matrix.rows;
  context.clearRect(0, 0, width, height);
  for (let place = 0; place < matrix.rows * matrix.cols; place++) {
    const x = Math.round((place % matrix.cols) * cell);
    const y = Math.round(Math.floor(place / matrix.cols) * tall);
    const wide = Math.round(((place % matrix.cols) + 1) * cell) - x;
    const high = Math.round((Math.floor(place / matrix.cols) + 1) * tall) - y;
    if ((matrix.offset ?? 0) + place >= matrix.values.length) continue; // a last row that is not full
    const value = valueAt(matrix, place);
    const packed = colourOf(look.scale, value, look.most);
    context.fillStyle = css(packed);
    context.fillRect(x, y, wide, high);
    if (look.hatched?.(place) === true) hatch(context, look.scale.none, [x, y, wide, high]);
    else if (value === 0 && look.dots && wide > 5) dot(context, look.scale.none, [x, y, wide, high]);
    if (Number.isNaN(value)) cross(context, look.scale.none, [x, y, wide, high]);
    if (look.ringed?.(place) === true) ring(context, isLight(packed), [x, y, wide, high]);
    if (look.numbers) write(context, value, isLight(packed), [x, y, wide, high]);
  }
}

type Area = readonly [number, number, number, number];

function dot(context: CanvasRenderingContext2D, colour: string, [x, y, wide, high]: Area): void {
  context.fillStyle = colour;
  context.beginPath();
  context.arc(x + wide / 2, y + high / 2, Math.max(0.7, Math.min(wide, high) / 14), 0, 2 * Math.PI);
  context.fill();
}

function hatch(context: CanvasRenderingContext2D, colour: string, [x, y, wide, high]: Area): void {
  context.save();
  context.beginPath();
  context.rect(x, y, wide, high);
  context.clip();
  context.strokeStyle = colour;
  context.lineWidth = Math.max(1, wide / 20);
  const step = Math.max(3, wide / 4);
  context.beginPath();
  for (let at = -high; at < wide; at += step) {
    context.moveTo(x + at, y + high);
    context.lineTo(x + at + high, y);
  }
  context.stroke();
  context.restore();
}

function cross(context: CanvasRenderingContext2D, colour: string, [x, y, wide, high]: Area): void {
  context.strokeStyle = colour;
  context.beginPath();
  context.moveTo(x, y);
  context.lineTo(x + wide, y + high);
  context.moveTo(x + wide, y);
  context.lineTo(x, y + high);
  context.stroke();
}

function ring(context: CanvasRenderingContext2D, dark: boolean, [x, y, wide, high]: Area): void {
  context.strokeStyle = dark ? "#16181d" : "#ffffff";
  context.lineWidth = Math.max(1, wide / 12);
  context.beginPath();
  context.arc(x + wide / 2, y + high / 2, Math.max(1, Math.min(wide, high) / 2 - context.lineWidth), 0, 2 * Math.PI);
  context.stroke();
}

const SMALLEST = 34;

function write(context: CanvasRenderingContext2D, value: number, dark: boolean, [x, y, wide, high]: Area): void {
  const scale = window.devicePixelRatio;
  if (wide < SMALLEST * scale || high < 14 * scale || value === 0) return;
  context.fillStyle = dark ? "#16181d" : "#ffffff";
  const text = short(value, 2);
  const font = (size: number): string => `${size}px Inter, system-ui, sans-serif`;
  const most = Math.min(12 * scale, high / 1.6);
  context.font = font(most);
  const fitting = Math.min(most, (most * 0.92 * wide) / context.measureText(text).width);
  if (fitting < 7 * scale) return;
  context.font = font(fitting);
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(text, x + wide / 2, y + high / 2);
}

/** An outline that is seen on any colour: a light line around a dark one. */
export function outline(context: CanvasRenderingContext2D, matrix: Matrix, rect: Rect, colour: string): void {
  const cell = context.canvas.width / matrix.cols;
  const tall = context.canvas.height / matrix.rows;
  const line = window.devicePixelRatio;
  const [x, y, wide, high] = [rect.col * cell, rect.row * tall, rect.cols * cell, rect.rows * tall];
  for (const [width, style] of [[4.5 * line, "#ffffff"], [2.25 * line, colour]] as const) {
    context.lineWidth = width;
    context.strokeStyle = style;
    const inset = 1.5 * line;
    const [w, h] = [Math.max(wide - 2 * inset, 1), Math.max(high - 2 * inset, 1)];
    context.strokeRect(x + inset, y + inset, w, h);
  }
}
