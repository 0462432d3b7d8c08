/** The data, and the polynomials that both descents have come to. A click sets a point, or takes one away. */
import { useId } from "preact/hooks";
import type { Descents } from "../../api/regression";
import { short } from "../../kit/numbers";
import { Axes, clicked, Clip, lineOf } from "./Axes";
import type { Point } from "./bowl";
import { around, type Frame, mapping } from "./window";

const FRAME: Frame = { width: 560, height: 400, left: 46, right: 10, top: 20, bottom: 40 };
const POINTS = 160;
const NEAR = 9;

interface Props {
  of: Descents;
  step: number;
  /** The reader's points, which may be set; null: others. */
  own: { x: readonly number[]; t: readonly number[] } | null;
  /** Whether the polynomials are of these points. */
  fits: boolean;
  onPoint: (x: number, t: number) => void;
  onRemove: (place: number) => void;
}

export function Fit({ of, step, own, fits, onPoint, onRemove }: Props) {
  const clip = useId();
  const [xName, tName] = own === null ? [of.data.x_name, of.data.t_name] : ["x", "t"];
  const { x, t } = own ?? of.data;
  const points = x.map((value, k): Point => [value, t[k] ?? 0]);
  const window = around(own !== null ? [...points, [0, 0], [10, 10]] : points, { margin: 0.06 });
  const { px, py, xAt, yAt } = mapping(window, FRAME);
  const curve = (w: readonly number[]): string => lineOf(
    Array.from({ length: POINTS + 1 }, (_, k): Point => {
      const at = window.x[0] + ((window.x[1] - window.x[0]) * k) / POINTS;
      return [px(at), Math.max(-1e4, Math.min(py(predicted(of, w, at)), 1e4))];
    }),
  );
  const wOf = (method: "gd" | "sgd"): number[] => of[method].w[Math.min(step, of[method].w.length - 1)] ?? [];
  const curves = [["lowest", of.lowest.w], ["sgd", wOf("sgd")], ["gd", wOf("gd")]] as const;
  const click = (event: MouseEvent): void => {
    if (own === null) return;
    const [left, top] = clicked(event, FRAME);
    const hit = points.findIndex(([a, b]) => Math.hypot(px(a) - left, py(b) - top) < NEAR);
    if (hit >= 0) onRemove(hit);
    else onPoint(xAt(left), yAt(top));
  };
  return (
    <svg class={own !== null ? "fit own" : "fit"} viewBox={`0 0 ${FRAME.width} ${FRAME.height}`} role="img" onClick={click}
      aria-label={`${points.length} points of ${tName} over ${xName}, and the polynomials after ${step} steps. By GD: ${formula(wOf("gd"))}.`}>
      <Clip id={clip} frame={FRAME} />
      <Axes window={window} frame={FRAME} xLabel={xName} yLabel={tName} />
      <g clip-path={`url(#${clip})`}>
        {fits ? curves.map(([name, w]) => <path key={name} class={`curve ${name}`} d={curve(w)} />) : null}
        {points.map(([a, b], k) => <circle key={k} class="point" cx={px(a)} cy={py(b)} r={3.4} />)}
      </g>
    </svg>
  );
}

/** f_w(x) of x as it was measured. */
export function predicted({ x_scale: x, t_scale: t }: Pick<Descents, "x_scale" | "t_scale">, w: readonly number[], at: number): number {
  const scaled = (at - x.centre) / x.half;
  return t.centre + t.half * w.reduceRight((sum, w_k) => sum * scaled + w_k, 0);
}

function formula(w: readonly number[]): string {
  return w.map((w_k, k) => `${short(w_k)}${k === 0 ? "" : k === 1 ? " x" : ` x^${k}`}`).join(" + ");
}
