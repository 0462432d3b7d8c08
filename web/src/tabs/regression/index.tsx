/** The lecture's first example: a polynomial found by gradient descent, with all of the data and with mini-batches. */
import { effect, untracked } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import type { Descents } from "../../api/regression";
import { Chart } from "../../kit/Chart";
import { short } from "../../kit/numbers";
import "../../styles/regression.css";
import { Begin } from "./Begin";
import { Controls, DataField, readFile } from "./Controls";
import { Fit } from "./Fit";
import { OwnPoint } from "./OwnPoint";
import { Plane } from "./Plane";
import { asked, data, descend, found, refused, shown, start, wish } from "./state";
import { Steps } from "./Steps";
import { Transport } from "./Transport";

const LINES = [
  { label: "GD", colour: "--accent", width: 2 },
  { label: "SGD", colour: "--below" },
  { label: "lowest", colour: "--soft", dashed: true },
] as const;

export function Regression() {
  useEffect(() => effect(() => { const body = asked.value; untracked(() => { void descend(body); }); }), []);
  const of = found.value;
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    void readFile(event.dataTransfer?.files[0]);
  };
  return (
    <div class="regression" onDragOver={(event) => { event.preventDefault(); }} onDrop={drop}>
      <header>
        <h2>A polynomial, found by gradient descent</h2>
        <p class="hint">
          f(x) = Σ w<sub>k</sub> x<sup>k</sup>, and L(w) is the mean of (f(x) − t)² over the data, both scaled to −1 … 1.
          Each step is w ← w − η ∂L/∂w: GD takes all of the data for it, SGD a few of them.
        </p>
      </header>
      {refused.value === null ? null : <p class="trouble" role="alert">{refused.value}</p>}
      {of === null ? <Nothing /> : <Shown of={of} />}
    </div>
  );
}

function Nothing() {
  return refused.value === null ? <p class="empty" aria-live="polite">Descending …</p> : <DataField />;
}

function Shown({ of }: { of: Descents }) {
  const [step, { axes }] = [shown.value, wish.value];
  const own = data.value !== null && "x" in data.value ? data.value : null;
  const points = own ?? of.data;
  const [i, j] = axes[1] < (of.gd.w[0]?.length ?? 0) ? axes : [0, 1];
  const add = (x: number, t: number): void => { data.value = { x: [...points.x, rounded(x)], t: [...points.t, rounded(t)] }; };
  const remove = (place: number): void => { data.value = { x: points.x.toSpliced(place, 1), t: points.t.toSpliced(place, 1) }; };
  const removeNearest = (x: number, t: number): void => {
    const far = points.x.map((x_k, k) => Math.hypot(x_k - x, (points.t[k] ?? 0) - t));
    remove(far.indexOf(Math.min(...far)));
  };
  const w0 = start.value ?? of.gd.w[0] ?? [];
  const begin = ([a, b]: readonly [number, number]): void => {
    start.value = w0.map((w, k) => (k === i ? rounded(a) : k === j ? rounded(b) : w));
  };
  return (
    <>
      <Controls of={of} />
      <Transport />
      <div class="pictures">
        <figure class="data-picture">
          <figcaption>
            <span class="key gd">GD</span><span class="key sgd">SGD</span><span class="key lowest">least squares</span>
          </figcaption>
          <Fit of={of} step={step} own={own} fits={refused.value === null} onPoint={add} onRemove={remove} />
          {own !== null ? <OwnPoint onAdd={add} onRemove={removeNearest} onClear={() => { data.value = { x: [], t: [] }; }} /> : null}
          <p class="hint">{own !== null ? "Click to set a point, or on a point to take it away." : "Drop a CSV file here: its first column of numbers is x, the last one t."}</p>
        </figure>
        <div class="planes">
          <Plane method="gd" title="GD" of={of} axes={[i, j]} step={step} onStart={begin} />
          <Plane method="sgd" title={`SGD, ${Math.min(wish.value.batch, of.data.x.length)} at a time`} of={of} axes={[i, j]} step={step} onStart={begin} />
          <Diverging of={of} />
          <p class="hint">
            Contours of L, each twice as high as the one inside, with the other coefficients as they are now. The arrow points down the
            gradient that makes the next step{" "}(grey: down that of all data). Click to begin both elsewhere.
          </p>
          <Begin w0={w0} axes={[i, j]} onStart={begin} />
        </div>
      </div>
      <div class="tables">
        <Steps title="GD" path={of.gd} step={step} />
        <Steps title="SGD" path={of.sgd} step={step} />
      </div>
      <Losses of={of} />
    </>
  );
}

function Diverging({ of }: { of: Descents }) {
  const said = [["GD", of.gd], ["SGD", of.sgd]] as const;
  return <>{said.map(([name, path]) => (path.diverges ? <p key={name} class="trouble" role="status"><b>{name} diverges:</b> {path.message}.</p> : null))}</>;
}

function Losses({ of }: { of: Descents }) {
  const { gd, sgd, lowest } = of;
  const x = useMemo(() => Array.from({ length: Math.max(gd.loss.length, sgd.loss.length) }, (_, k) => k), [gd, sgd]);
  const y = useMemo(() => [gd.loss, sgd.loss, [lowest.loss]].map((of, which) => x.map((k) => of[which === 2 ? 0 : k] ?? null)), [x, gd, sgd, lowest]);
  const last = (of: readonly number[]): string => short(of.at(-1) ?? NaN, 4);
  return (
    <section class="losses" aria-labelledby="losses-title">
      <h3 id="losses-title">The loss of all data, step by step</h3>
      <Chart label="Loss of all data, by step" summary={`After all steps the loss is ${last(gd.loss)} by GD and ${last(sgd.loss)} by SGD; the lowest is ${short(lowest.loss, 4)}.`}
        x={x} xLabel="step" yLabel="L" lines={LINES} y={y} logarithmic height={230} />
    </section>
  );
}

function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
