/** What can be chosen: data, degree, learning rate, batch size, the two coefficients. */
import { batch as atOnce } from "@preact/signals";
import { messageOf } from "../../api/client";
import type { Data, Descents } from "../../api/regression";
import { Button } from "../../kit/Button";
import { ChoiceField, NumberField, RangeField } from "../../kit/Field";
import { short, whole } from "../../kit/numbers";
import { sub } from "./Plane";
import { change, data, found, refused, start, wish } from "./state";
import { MOST_DEGREE } from "./wish";

const LOW = -3;
const HIGH = Math.log10(2);
const EXAMPLE: Data = { x: [1, 2, 4, 6, 8, 9], t: [2, 3.5, 3, 6.5, 6, 9] };

type Kind = "table" | "own" | "file";

export function kindOf(of: Data): Kind {
  return of === null ? "table" : "name" in of ? "file" : "own";
}

export function Controls({ of }: { of: Descents }) {
  const { degree, batch, seed, axes, steps } = wish.value;
  const largest = of.largest_lr;
  const lr = wish.value.lr ?? of.lr;
  const place = Math.max(LOW, Math.min(Math.log10(lr / largest), HIGH));
  const pairs = Array.from({ length: degree + 1 }, (_, i) => i).flatMap((i) =>
    Array.from({ length: degree - i }, (_, k) => [i, i + k + 1] as const));
  return (
    <div class="controls">
      <DataField />
      <RangeField label="Degree" value={degree} text={String(degree)} min={1} max={MOST_DEGREE} onInput={(to) => { change({ degree: to, step: 0 }); }} />
      <RangeField label="Learning rate η" value={place} text={short(lr)} min={LOW} max={HIGH} step={0.01}
        hint={lr > largest ? `above ${short(largest)} GD diverges` : `GD is certain to descend below ${short(largest)}`}
        onInput={(to) => { change({ lr: Number((largest * 10 ** to).toPrecision(4)) }); }} />
      <RangeField label="Batch of SGD" value={Math.min(batch, of.data.x.length)} text={batch >= of.data.x.length ? "all" : String(batch)} min={1} max={of.data.x.length}
        hint={`GD takes all ${whole(of.data.x.length)}`} onInput={(to) => { change({ batch: to }); }} />
      <ChoiceField label="Contours over" value={axes.join()} options={pairs.map(([i, j]) => [`${i},${j}`, `w${sub(i)} and w${sub(j)}`] as const)}
        onChange={(to) => { const [i = 0, j = 1] = to.split(",").map(Number); change({ axes: [i, j] }); }} />
      <NumberField label="Steps" value={steps} min={1} max={1000} step={1} onChange={(to) => { change({ steps: Math.max(1, Math.min(Math.round(to), 1000)) }); }} />
      <NumberField label="Seed of SGD" value={seed} min={0} step={1} onChange={(to) => { change({ seed: Math.max(0, Math.round(to)) }); }} />
    </div>
  );
}

export function DataField() {
  const kind = kindOf(data.value);
  const options = [["table", "Stopping distance of cars"], ["own", "Points of your own"]] as const;
  const file = data.value !== null && "name" in data.value ? [["file", data.value.name] as const] : [];
  return (
    <div class="data">
      <ChoiceField label="Data" value={kind} options={[...options, ...file]} onChange={(to) => { take(to === "own" ? ownFrom() : null); }} />
      <Button onPress={() => { document.getElementById("regression-file")?.click(); }}>A CSV file …</Button>
      <input id="regression-file" class="unseen" type="file" accept=".csv,.tsv,.txt,text/csv" tabIndex={-1} aria-label="A CSV file"
        onChange={(event) => { void readFile(event.currentTarget.files?.[0]); event.currentTarget.value = ""; }} />
    </div>
  );
}

function take(of: Data): void {
  atOnce(() => { [start.value, data.value] = [null, of]; });
}

/** The points that are seen, if they are few, so that they can be moved and added to. */
function ownFrom(): Data {
  const now = found.value?.data;
  return now !== undefined && kindOf(data.value) === "file" && now.x.length <= 100 ? { x: now.x, t: now.t } : EXAMPLE;
}

const MOST_BYTES = 1_500_000;

export async function readFile(file: File | undefined): Promise<void> {
  if (file === undefined) return;
  if (file.size > MOST_BYTES) {
    refused.value = `${file.name} has ${whole(file.size)} bytes; expected at most ${whole(MOST_BYTES)}`;
    return;
  }
  try {
    take({ name: file.name, text: await file.text() });
  } catch (problem) { // it is a folder, or gone
    refused.value = `${file.name} cannot be read: ${messageOf(problem)}`;
  }
}
