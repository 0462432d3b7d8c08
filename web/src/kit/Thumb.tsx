/** A picture of bytes, as small as it is. */
import { useEffect, useRef } from "preact/hooks";
import { theme } from "../state/theme";
import { colourOf, scaleOf } from "./colours";

interface Props {
  bytes: Uint8Array;
  offset: number;
  /** Channels, height, width; of three channels they are red, green and blue. */
  shape: readonly number[];
}

export function Thumb({ bytes, offset, shape }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [channels = 1, rows = 1, cols = 1] = shape;
  const now = theme.value;
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!context) return;
    const image = context.createImageData(cols, rows);
    if (channels === 3) paintColours(image.data, bytes, offset, rows * cols);
    else {
      const pixels = new Uint32Array(image.data.buffer);
      const scale = scaleOf("ink", now);
      for (let k = 0; k < pixels.length; k++) pixels[k] = colourOf(scale, bytes[offset + k] ?? 0, 255);
    }
    context.putImageData(image, 0, 0);
  }, [bytes, offset, channels, rows, cols, now]);
  return <canvas ref={canvas} class="thumb" width={cols} height={rows} aria-hidden="true" />;
}

function paintColours(to: Uint8ClampedArray, bytes: Uint8Array, offset: number, size: number): void {
  for (let k = 0; k < size; k++) {
    for (let c = 0; c < 3; c++) to[4 * k + c] = bytes[offset + c * size + k] ?? 0;
    to[4 * k + 3] = 255;
  }
}
