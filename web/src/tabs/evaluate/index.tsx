/** How the network does on the test data: the confusion matrix, what is in its cells, and the worst mistakes. */
import { effect, untracked } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { get } from "../../api/client";
import type { CellOf, Evaluation } from "../../api/evaluation";
import { percent, short, whole } from "../../kit/numbers";
import { Table } from "../../kit/Table";
import { model, ofNetwork, trying } from "../../state/model";
import { go, place } from "../../state/place";
import "../../styles/evaluate.css";
import { thing } from "../../state/names";
import { Confusion } from "./Confusion";
import { Gallery } from "./Gallery";
import { Scores } from "./Scores";
import { cellText, parseCell } from "./cells";

const seen = ofNetwork<Evaluation | null>(null);
const cell = ofNetwork<CellOf | null>(null);

async function load(): Promise<void> {
  await trying(async () => { seen.value ??= await get<Evaluation>("/api/evaluation"); });
}

/** Ask for samples of a cell; an answer that comes when the address names another is not shown. */
async function fetchCell(query: string): Promise<void> {
  await trying(async () => {
    const found = await get<CellOf>(`/api/evaluation?${query}`);
    if (cellText(parseCell(place.value.view)) === cellText(found.cell)) cell.value = found;
  });
}

/** What the address names is fetched. */
async function follow(view: string | null): Promise<void> {
  const at = parseCell(view);
  if (at === null) cell.value = null;
  else if (cellText(at) !== cellText(cell.value?.cell ?? null)) await fetchCell(`cell=${cellText(at)}`);
}

async function more(): Promise<void> {
  const now = cell.value;
  if (now === null) return;
  const from = now.from + now.samples.number.length;
  await fetchCell(`cell=${cellText(now.cell)}&from=${from}`);
}

export function Evaluate() {
  useEffect(() => {
    if (model.peek()?.data !== true) return undefined;
    void load();
    return effect(() => {
      const view = place.value.tab === "evaluate" ? place.value.view : null;
      untracked(() => { void follow(view); });
    });
  }, []);
  const now = seen.value;
  if (model.value?.data === false) return <p class="empty">This model was saved without its data. To see how it does on some, start the page with them: <code>chainrule explain MODEL --data FILE</code></p>;
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
            <p class="hint">A row is a true class, a column the network's answer. Choose a cell to see what is in it; arrow keys move.</p>
          </section>
        )}
        {now.regression === null ? null : <Errors of={now.regression} />}
        {now.scores.length === 0 ? null : <Scores rows={now.scores} />}
      </div>
      <section class="samples" aria-labelledby="samples-title">
        <h3 id="samples-title" aria-live="polite">{titleOf(now, cell.value)}</h3>
        {cell.value === null ? <Worst of={now} /> : <Chosen of={cell.value} classes={now.classes ?? []} />}
      </section>
    </div>
  );
}

function Worst({ of }: { of: Evaluation }) {
  return (
    <>
      <p class="hint">Those with the highest loss first. Each opens in Back propagation.</p>
      <Gallery samples={of.worst} classes={of.classes} />
    </>
  );
}

function Chosen({ of, classes }: { of: CellOf; classes: readonly string[] }) {
  const [t, p] = of.cell;
  const last = of.from + of.samples.number.length;
  return (
    <>
      <p class="hint">
        {t === p ? "Those of which it is least sure come first." : "Those with the highest loss come first."}{" "}
        <button type="button" class="link" onClick={() => { go({ view: null }, { replace: true }); }}>Back to the worst mistakes</button>
      </p>
      <Gallery samples={of.samples} classes={classes} />
      {last < of.count ? <button type="button" class="button" onClick={() => { void more(); }}>{`The next, from ${whole(last + 1)} on`}</button> : null}
    </>
  );
}

function titleOf({ classes, regression }: Evaluation, of: CellOf | null): string {
  if (of === null) return regression === null ? "The worst mistakes" : "The largest errors";
  const [t, p] = of.cell.map((k) => classes?.[k] ?? String(k));
  return `${t ?? ""}, ${t === p ? "recognised" : `taken for ${p ?? ""}`}: ${whole(of.count)} ${thing(of.count)}`;
}

/** How far off the real numbers are that it predicts. */
function Errors({ of }: { of: NonNullable<Evaluation["regression"]> }) {
  const rows = [["Root mean squared error", of.rmse], ["Mean absolute error", of.mae], ["R², the part of the variance that is explained", of.r2]] as const;
  const text = (values: readonly (number | null)[]): string => values.map((value) => (value === null ? "–" : short(value, 4))).join(", ");
  return <section><Table caption="Errors" rows={rows} columns={[{ head: "On the test data", cell: ([name]) => name }, { head: "", cell: ([, values]) => text(values), number: true }]} /></section>;
}

function headline(of: Evaluation): string {
  if (of.accuracy !== null) return `${(100 * of.accuracy).toFixed(2)} % of ${whole(of.of)} test ${thing(of.of)} are right`;
  const r2 = of.regression?.r2[0] ?? null;
  return r2 === null ? `${whole(of.of)} test samples` : `R² is ${short(r2, 4)} on ${whole(of.of)} test samples`;
}

function sentence(of: Evaluation): string {
  const parts = [`The mean loss is ${short(of.loss, 4)}.`];
  if (of.accuracy !== null) parts.unshift(`${whole(of.wrong)} are wrong.`);
  if (of.calibration_error !== null) parts.push(`Its stated confidence is off by ${percent(of.calibration_error)} on average.`);
  return parts.join(" ");
}
