/** Loss, accuracy and the gradient's size layer by layer, over the updates. */
import { useMemo } from "preact/hooks";
import { Chart, type Line } from "../../kit/Chart";
import { percent, short, whole } from "../../kit/numbers";
import { beside, type History, seenOf } from "./history";

const LOSSES: readonly Line[] = [
  { label: "batch", colour: "--thin", width: 1 },
  { label: "smoothed", colour: "--accent", width: 2 },
  { label: "test", colour: "--below", points: true, spans: true },
];
const RIGHT: readonly Line[] = [{ label: "test", colour: "--good", points: true, spans: true, width: 2 }];
/** Beyond it a loss is drawn by its logarithm: of a network that knows nothing it is about 2.3. */
const WILD = 100;
const COLOURS = ["--accent", "--below", "--above", "--good", "--soft"];

export function Curves({ of }: { of: History }) {
  const { step, loss, smoothed, tests, norms } = of;
  const x = useMemo(() => [0, ...step], [step]);
  const losses = useMemo(() => [[null, ...loss], [null, ...smoothed], beside(step, tests, (test) => test.loss)], [step, loss, smoothed, tests]);
  const wild = useMemo(() => loss.some((value) => value > WILD), [loss]);
  const right = useMemo(() => [beside(step, tests, ({ accuracy }) => (accuracy === null ? null : 100 * accuracy))], [step, tests]);
  const names = Object.keys(norms);
  const sizes = useMemo(() => names.map((name) => [null, ...(norms[name] ?? [])]), [norms]); // eslint-disable-line react-hooks/exhaustive-deps -- the names are those of norms
  const lines = names.map((name, k): Line => ({ label: name, colour: COLOURS[k % COLOURS.length] ?? "--soft", dashed: Math.floor(k / COLOURS.length) % 2 === 1 }));
  const last = tests.at(-1);
  if (last === undefined) return <p class="empty">Press Start: the loss, the accuracy and the size of each layer’s gradient are drawn here, update by update.</p>;
  const shared = { x, xLabel: "updates", height: 210 };
  return (
    <div class="curves">
      <section class={last.accuracy === null ? "wide" : undefined}>
        <h3>Loss</h3>
        <Chart {...shared} label="Loss, by update" yLabel="L" lines={LOSSES} y={losses} logarithmic={wild}
          summary={`${step.length === 0 ? "" : `After ${whole(seenOf(of))} updates the smoothed loss of a batch is ${short(smoothed.at(-1) ?? NaN)}. `}The test loss is ${short(last.loss)}.`} />
      </section>
      {last.accuracy === null ? null : <section>
        <h3>Accuracy</h3>
        <Chart {...shared} label="Accuracy on the test data, by update" yLabel="%" lines={RIGHT} y={right} range={[0, 100]}
          summary={`Of the test data ${percent(last.accuracy)} are right.`} />
      </section>}
      <section class="wide">
        <h3>Size of the gradient, |∂L/∂w|, layer by layer</h3>
        {step.length === 0 ? <p class="empty">It is known after the first batch.</p> : (
          <Chart {...shared} label="Size of the gradient of each layer, by update" yLabel="|∂L/∂w|" lines={lines} y={sizes} logarithmic
            summary={names.map((name) => `${name}: ${short(norms[name]?.at(-1) ?? NaN)}`).join(", ")} />
        )}
      </section>
    </div>
  );
}
