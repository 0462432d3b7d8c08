/** The frame of a picture: round numbers along both axes, thin lines, and what they are. */
import { round } from "../../kit/numbers";
import type { Point } from "./bowl";
import type { Frame, Window } from "./window";
import { mapping, ticks } from "./window";

interface Props {
  window: Window;
  frame: Frame;
  xLabel: string;
  yLabel: string;
}

export function Axes({ window, frame, xLabel, yLabel }: Props) {
  const { px, py } = mapping(window, frame);
  const [right, bottom] = [frame.width - frame.right, frame.height - frame.bottom];
  return (
    <g class="axes">
      {ticks(window.x).map((value) => (
        <g key={value}>
          <line x1={px(value)} x2={px(value)} y1={frame.top} y2={bottom} />
          <text x={px(value)} y={bottom + 15} text-anchor="middle">{round(value)}</text>
        </g>
      ))}
      {ticks(window.y).map((value) => (
        <g key={value}>
          <line x1={frame.left} x2={right} y1={py(value)} y2={py(value)} />
          <text x={frame.left - 6} y={py(value) + 4} text-anchor="end">{round(value)}</text>
        </g>
      ))}
      <text class="axis-name" x={(frame.left + right) / 2} y={frame.height - 3} text-anchor="middle">{xLabel}</text>
      <text class="axis-name" x={2} y={11}>{yLabel}</text>
    </g>
  );
}

/** Beyond the frame nothing is drawn. */
export function Clip({ id, frame: { width, height, left, right, top, bottom } }: { id: string; frame: Frame }) {
  return <clipPath id={id}><rect x={left} y={top} width={width - left - right} height={height - top - bottom} /></clipPath>;
}

/** Where a picture was clicked, in its own units. */
export function clicked(event: MouseEvent, { width }: Frame): Point {
  const box = (event.currentTarget as SVGElement).getBoundingClientRect();
  const scale = width / box.width;
  return [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale];
}

export function lineOf(points: readonly (readonly [number, number])[]): string {
  return points.map(([x, y], k) => `${k === 0 ? "M" : "L"}${x.toFixed(2)} ${y.toFixed(2)}`).join("");
}
