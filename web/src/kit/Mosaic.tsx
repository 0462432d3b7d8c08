/** All matrices of a tensor at a glance; one of them is chosen, as with a slider. */
import { useEffect, useRef } from "preact/hooks";
import { theme } from "../state/theme";
import { colourOf, type Palette, scaleOf } from "./colours";
import { acrossOf } from "./sheet";

export interface Patch {
  first: number;
  last: number;
  row: number;
  col: number;
  rows: number;
  cols: number;
}

interface Props {
  label: string;
  values: Float32Array;
  count: number;
  rows: number;
  cols: number;
  most: number;
  palette?: Palette;
  chosen: number;
  onChoose: (place: number) => void;
  /** Outlined in the matrices from `first` to `last`. */
  patch?: Patch | null;
}

export function Mosaic(props: Props) {
  const { label, count, rows, cols, chosen, onChoose } = props;
  const across = acrossOf(count, rows, cols);
  const down = Math.ceil(count / across);
  const canvas = useRef<HTMLCanvasElement>(null);
  useMosaic(canvas, props, across, down);
  const to = (place: number): void => { if (place >= 0 && place < count) onChoose(place); };
  const onKeyDown = (event: KeyboardEvent): void => {
    const by: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -across, ArrowDown: across, Home: -chosen, End: count - 1 - chosen };
    const step = by[event.key];
    if (step === undefined) return;
    event.preventDefault();
    to(chosen + step);
  };
  const onClick = (event: MouseEvent): void => {
    const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
    const col = Math.floor(((event.clientX - box.left) / box.width) * across);
    to(Math.floor(((event.clientY - box.top) / box.height) * down) * across + col);
  };
  return (
    <div class="mosaic" role="slider" tabIndex={0} aria-label={label} aria-valuemin={0} aria-valuemax={count - 1}
      aria-valuenow={chosen} aria-valuetext={`${chosen}, of 0 to ${count - 1}`} onKeyDown={onKeyDown} onClick={onClick}
      style={{ aspectRatio: `${across * (cols + 1)} / ${down * (rows + 1)}` }}>
      <canvas ref={canvas} aria-hidden="true" />
      <i class="chosen" style={frame(chosen, across, down)} />
    </div>
  );
}

/** The chosen one's frame, in parts of the whole. */
function frame(place: number, across: number, down: number): Record<string, string> {
  const [col, row] = [place % across, Math.floor(place / across)];
  return { left: `${(100 * col) / across}%`, top: `${(100 * row) / down}%`, width: `${100 / across}%`, height: `${100 / down}%` };
}

function useMosaic(canvas: { current: HTMLCanvasElement | null }, props: Props, across: number, down: number): void {
  const { values, count, rows, cols, most, palette = "diverging", patch } = props;
  const now = theme.value;
  useEffect(() => {
    const to = canvas.current;
    const context = to?.getContext("2d");
    if (to === null || !context) return;
    to.width = across * (cols + 1);
    to.height = down * (rows + 1);
    const image = context.createImageData(to.width, to.height);
    const pixels = new Uint32Array(image.data.buffer);
    const scale = scaleOf(palette, now);
    for (let place = 0; place < count; place++) {
      const left = (place % across) * (cols + 1);
      const top = Math.floor(place / across) * (rows + 1);
      for (let k = 0; k < rows * cols; k++) {
        const at = (top + Math.floor(k / cols)) * to.width + left + (k % cols);
        pixels[at] = colourOf(scale, values[place * rows * cols + k] ?? 0, most);
      }
    }
    context.putImageData(image, 0, 0);
    if (!patch) return;
    context.fillStyle = getComputedStyle(to).getPropertyValue("--accent");
    context.globalAlpha = 0.45;
    for (let place = patch.first; place <= patch.last; place++) {
      const left = (place % across) * (cols + 1);
      context.fillRect(left + patch.col, Math.floor(place / across) * (rows + 1) + patch.row, patch.cols, patch.rows);
    }
  }, [canvas, values, count, rows, cols, most, palette, patch, now, across, down]);
}
