/** How the network does on the test data: the confusion matrix, what is in its cells, and the worst mistakes. */
import { effect, untracked } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { get } from "../../api/client";
import type { CellOf, Evaluation } from "../../api/evaluation";
import { percent, short, whole } from "../../kit/numbers";
import { ofNetwork, trying } from "../../state/model";
import { go, place } from "../../state/place";
import "../../styles/evaluate.css";
import { Confusion } from "./Confusion";
import { Gallery } from "./Gallery";
import { Scores } from "./Scores";
import { cellText, parseCell } from "./cells";

const seen = ofNetwork<Evaluation | null>(null);
const cell = ofNetwork<CellOf | null>(null);

async function load(): Promise<void> {
  await trying(async () => { seen.value ??= await get<Evaluation>("/api/evaluation"); });
}

/** What the address names is fetched. */
async function follow(view: string | null): Promise<void> {
  const at = parseCell(view);
  if (at === null) cell.value = null;
  else if (cellText(at) !== cellText(cell.value?.cell ?? null)) {
    await trying(async () => { cell.value = await get<CellOf>(`/api/evaluation?cell=${cellText(at)}`); });
  }
}

async function more(): Promise<void> {
  const now = cell.value;
  if (now === null) return;
  const from = now.from + now.samples.number.length;
  await trying(async () => { cell.value = await get<CellOf>(`/api/evaluation?cell=${cellText(now.cell)}&from=${from}`); });
}

export function Evaluate() {
  useEffect(() => {
    void load();
    return effect(() => {
      const view = place.value.tab === "evaluate" ? place.value.view : null;
      untracked(() => { void follow(view); });
    });
  }, []);
  const now = seen.value;
  if (now === null) return <p class="empty" aria-live="polite">Asking the network about the test data …</p>;
  return (
    <div class="evaluate">
      <section class="summary" aria-label="In short">
        <h2>{headline(now)}</h2>
        <p class="soft">{sentence(now)}</p>
      </section>
      <div class="left">
        {now.confusion === null || now.classes === null ? null : (
          <section class="matrix" aria-labelledby="matrix-title">
            <h3 id="matrix-title">What was taken for what</h3>
            <Confusion classes={now.classes} counts={now.confusion} chosen={cell.value?.cell ?? null}
              onChoose={(t, p) => { go({ view: cellText([t, p]) }, { replace: true }); }} />
            <p class="hint">A row is a true class, a column the network's answer. Choose a cell to see its images; arrow keys move.</p>
          </section>
        )}
        {now.scores.length === 0 ? null : <Scores rows={now.scores} />}
      </div>
      <section class="samples" aria-live="polite" aria-labelledby="samples-title">
        {cell.value === null ? <Worst of={now} /> : <Chosen of={cell.value} classes={now.classes ?? []} />}
      </section>
    </div>
  );
}

function Worst({ of }: { of: Evaluation }) {
  return (
    <>
      <h3 id="samples-title">The worst mistakes</h3>
      <p class="hint">Those with the highest loss first. Each opens in Back propagation.</p>
      <Gallery samples={of.worst} classes={of.classes} />
    </>
  );
}

function Chosen({ of, classes }: { of: CellOf; classes: readonly string[] }) {
  const [t, p] = of.cell;
  const name = (k: number): string => classes[k] ?? String(k);
  const last = of.from + of.samples.number.length;
  return (
    <>
      <h3 id="samples-title">{t === p ? `${name(t)}, recognised` : `${name(t)}, taken for ${name(p)}`}: {whole(of.count)} {of.count === 1 ? "image" : "images"}</h3>
      <p class="hint">
        {t === p ? "Those of which it is least sure come first." : "Those with the highest loss come first."}{" "}
        <button type="button" class="link" onClick={() => { go({ view: null }, { replace: true }); }}>Back to the worst mistakes</button>
      </p>
      <Gallery samples={of.samples} classes={classes} />
      {last < of.count ? <button type="button" class="button" onClick={() => { void more(); }}>{`The next, from ${whole(last + 1)} on`}</button> : null}
    </>
  );
}

function headline(of: Evaluation): string {
  if (of.accuracy !== null) return `${(100 * of.accuracy).toFixed(2)} % of ${whole(of.of)} test images are right`;
  const r2 = of.regression?.r2[0] ?? null;
  return r2 === null ? `${whole(of.of)} test samples` : `R² is ${short(r2, 4)} on ${whole(of.of)} test samples`;
}

function sentence(of: Evaluation): string {
  const parts = [`The mean loss is ${short(of.loss, 4)}.`];
  if (of.accuracy !== null) parts.unshift(`${whole(of.wrong)} are wrong.`);
  if (of.calibration_error !== null) parts.push(`What it says of its own certainty is off by ${percent(of.calibration_error)} on average.`);
  const rmse = of.regression?.rmse[0] ?? null;
  if (rmse !== null) parts.push(`The root of the mean squared error is ${short(rmse, 4)}.`);
  return parts.join(" ");
}
