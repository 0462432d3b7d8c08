/** The loss over two coefficients: contours, the path so far, and the gradient where it stands. */
import { useId } from "preact/hooks";
import type { Descents } from "../../api/regression";
import { short } from "../../kit/numbers";
import { Axes, clicked, Clip, lineOf } from "./Axes";
import { type Bowl, contour, gradientAt, levels, lossAt, type Point, sliceAt } from "./bowl";
import { around, type Frame, mapping, near, type Window } from "./window";

const FRAME: Frame = { width: 380, height: 340, left: 44, right: 8, top: 20, bottom: 40 };
const ASPECT = (FRAME.width - FRAME.left - FRAME.right) / (FRAME.height - FRAME.top - FRAME.bottom);
const ARROW = 62;
/** So many times the length of a path. */
const MOST_TIMES = 5;

interface Props {
  method: "gd" | "sgd";
  title: string;
  of: Descents;
  axes: readonly [number, number];
  step: number;
  onStart: (w: readonly [number, number]) => void;
}

export function Plane({ method, title, of, axes: [i, j], step, onStart }: Props) {
  const clip = useId();
  const path = of[method];
  const at = Math.min(step, path.w.length - 1);
  const w = path.w[at] ?? [];
  const bowl: Bowl = of;
  const window = windowOf(of, i, j);
  const { px, py, xAt, yAt } = mapping(window, FRAME);
  const slice = sliceAt(bowl, w, i, j);
  const onScreen = ([x, y]: Point): Point => [px(x), py(y)];
  const past = path.w.slice(0, at + 1).map((of): Point => onScreen([of[i] ?? 0, of[j] ?? 0]));
  const here = past.at(-1) ?? [0, 0];
  const now = lossAt(bowl, w);
  const place = (event: MouseEvent): void => {
    const [left, top] = clicked(event, FRAME);
    onStart([xAt(left), yAt(top)]);
  };
  const label = `${title}: the loss over w${i} and w${j} after ${at} steps is ${short(now, 4)}, at w${i} = ${short(w[i] ?? 0)}, w${j} = ${short(w[j] ?? 0)}.`;
  return (
    <figure class={`plane ${method}`}>
      <figcaption><b>{title}</b><span>L = {short(now, 4)}</span></figcaption>
      <svg viewBox={`0 0 ${FRAME.width} ${FRAME.height}`} role="img" aria-label={label} onClick={place}>
        <Clip id={clip} frame={FRAME} />
        <Axes window={window} frame={FRAME} xLabel={`w${sub(i)}`} yLabel={`w${sub(j)}`} />
        <g clip-path={`url(#${clip})`}>
          {levels(of.gd.loss[0] ?? 1, of.lowest.loss, now).map((level) => {
            const points = contour(slice, level);
            return points === null ? null : <path key={level} class="contour" d={`${lineOf(points.map(onScreen))}Z`} />;
          })}
          <Through slice={contour(slice, now)} onScreen={onScreen} />
          <Cross at={onScreen([of.lowest.w[i] ?? 0, of.lowest.w[j] ?? 0])} />
          <path class="path" d={lineOf(past)} />
          {past.length > 80 ? null : past.map(([x, y], k) => <circle key={k} class="stop" cx={x} cy={y} r={k === 0 ? 3.2 : 2} />)}
          {method === "gd" ? null : <Arrow from={here} by={gradientAt(bowl, w)} axes={[i, j]} kind="whole" />}
          <Arrow from={here} by={path.gradient[at]} axes={[i, j]} kind="own" />
          <circle class="here" cx={here[0]} cy={here[1]} r={4.5} />
        </g>
      </svg>
    </figure>
  );
}

function Through({ slice, onScreen }: { slice: Point[] | null; onScreen: (point: Point) => Point }) {
  return slice === null ? null : <path class="contour through" d={`${lineOf(slice.map(onScreen))}Z`} />;
}

function Cross({ at: [x, y] }: { at: Point }) {
  return <path class="lowest" d={`M${x - 5} ${y}H${x + 5}M${x} ${y - 5}V${y + 5}`} />;
}

/** Down the gradient, as long as is seen well: its direction is exact. */
function Arrow({ from: [x, y], by, axes: [i, j], kind }: { from: Point; by: readonly number[] | undefined; axes: readonly [number, number]; kind: string }) {
  const [gi, gj] = [by?.[i] ?? 0, by?.[j] ?? 0];
  const size = Math.hypot(gi, gj);
  if (!(size > 0) || !Number.isFinite(size)) return null;
  const [dx, dy] = [(-gi / size) * ARROW, (gj / size) * ARROW];
  const [tx, ty] = [x + dx, y + dy];
  const barb = (turn: number): string => `M${tx} ${ty}l${-0.2 * (dx * Math.cos(turn) - dy * Math.sin(turn))} ${-0.2 * (dx * Math.sin(turn) + dy * Math.cos(turn))}`;
  return <path class={`arrow ${kind}`} d={`M${x} ${y}L${tx} ${ty}${barb(0.45)}${barb(-0.45)}`} />;
}

/** Around both paths and the lowest point; where that is so far that a path would be a dot, around the paths. */
function windowOf(of: Descents, i: number, j: number): Window {
  const project = (w: readonly number[]): Point => [w[i] ?? 0, w[j] ?? 0];
  const [begin, lowest] = [project(of.gd.w[0] ?? []), project(of.lowest.w)];
  const paths = near([...of.gd.w, ...of.sgd.w].map(project), [begin, lowest], 1.6);
  const distance = (point: Point): number => Math.hypot(point[0] - begin[0], point[1] - begin[1]);
  const reach = Math.max(...paths.map(distance));
  const others = [lowest, sliceAt(of, of.gd.w[0] ?? [], i, j).centre].filter((point) => distance(point) <= MOST_TIMES * reach);
  return around([begin, ...others, ...paths], { square: true, aspect: ASPECT, margin: others.length === 0 ? 0.4 : 0.12 });
}

const SUBSCRIPTS = "₀₁₂₃₄₅₆₇₈₉";

export function sub(k: number): string {
  return Array.from(String(k), (digit) => SUBSCRIPTS[Number(digit)] ?? "").join("");
}
