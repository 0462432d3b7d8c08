/** What was drawn: strokes in the order in which they were made, so that one can be taken back. */

export const SIDE = 280;
/** Of the picture that is read: more pixels tell no more of a digit, and take longer. */
const SENT = 128;
export const PEN = 21;
export const RUBBER = 34;

export interface Stroke {
  erases: boolean;
  /** x, y, x, y, ... in the pad's own pixels. */
  points: number[];
}

/** White ink on black, as the network's pictures are. */
export function draw(context: CanvasRenderingContext2D, strokes: readonly Stroke[]): void {
  context.globalCompositeOperation = "source-over";
  context.fillStyle = "#000";
  context.fillRect(0, 0, SIDE, SIDE);
  for (const stroke of strokes) line(context, stroke);
}

export function line(context: CanvasRenderingContext2D, { erases, points }: Stroke): void {
  const [x = 0, y = 0] = points;
  context.strokeStyle = erases ? "#000" : "#fff";
  context.lineWidth = erases ? RUBBER : PEN;
  context.lineCap = context.lineJoin = "round";
  context.beginPath();
  context.moveTo(x, y);
  if (points.length === 2) context.lineTo(x + 0.01, y);
  for (let k = 2; k < points.length; k += 2) context.lineTo(points[k] ?? 0, points[k + 1] ?? 0);
  context.stroke();
}

/** One byte a pixel, SENT x SENT: how much ink. */
export function ink(strokes: readonly Stroke[]): Uint8Array {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SENT;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context?.scale(SENT / SIDE, SENT / SIDE);
  if (context) draw(context, strokes);
  const data = context?.getImageData(0, 0, SENT, SENT).data;
  return Uint8Array.from({ length: SENT * SENT }, (_, k) => data?.[4 * k] ?? 0);
}
