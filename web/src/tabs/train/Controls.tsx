/** How to train. The first group fixes where a run begins; the second may be moved while it goes on. */
import type { News, Offered, Settings } from "../../api/training";
import { ChoiceField, NumberField, RangeField } from "../../kit/Field";
import { short, whole } from "../../kit/numbers";
import { lastOf, model } from "../../state/model";
import { batchSizes, LEAST_RATE, MOST_RATE, placeOfBatch, placeOfRate, rateAt } from "./choices";
import { set, tell } from "./state";

const GIVEN = "given";
const SAMPLES = [1_000, 2_000, 5_000, 10_000, 20_000, 60_000];
const MOST_SEED = 2 ** 53 - 1;

interface Props {
  of: Settings;
  news: News;
  offered: Offered | null;
}

export function Beginning({ of, offered }: Props) {
  const again = (change: Partial<Settings>): void => { void tell("reset", change); };
  const presets = offered?.presets ?? [{ name: of.preset, about: "", dropouts: [] }];
  const rates = offered?.rates;
  return (
    <fieldset class="beginning">
      <legend>A run</legend>
      <ChoiceField label="Network" value={of.preset} options={presets.map(({ name }) => [name, name === GIVEN ? `${lastOf(model.value?.origin?.given ?? model.value?.name ?? name)}, anew` : name] as const)}
        hint={chosen(offered, of)?.about} onChange={(preset) => { again({ preset, dropout: null, ...(preset === GIVEN && of.optimizer === "sgd" && offered ? { lr: offered.eta } : {}) }); }} />
      <ChoiceField label={of.preset === GIVEN ? "Samples, at most" : "Digits"} value={String(of.samples)} options={choices(of.samples).map((n) => [String(n), whole(n)] as const)}
        onChange={(samples) => { again({ samples: Number(samples) }); }} />
      <ChoiceField label="Update" value={of.optimizer} options={[["sgd", "w ← w − η ∂L/∂w"], ["adam", "Adam"]]}
        onChange={(optimizer) => { again({ optimizer, lr: rates?.[optimizer] ?? of.lr }); }} />
      <NumberField label="Seed" value={of.seed} min={0} max={MOST_SEED} step={1} hint="of weights, batches and dropout"
        onChange={(seed) => { again({ seed: Math.max(0, Math.min(Math.round(seed), MOST_SEED)) }); }} />
    </fieldset>
  );
}

export function Live({ of, news, offered }: Props) {
  const sizes = batchSizes(of.samples);
  const at = placeOfBatch(sizes, of.batch_size);
  const dropouts = chosen(offered, of)?.dropouts ?? news.dropouts; // news: of a run that has begun
  const own = dropouts[0];
  return (
    <fieldset>
      <legend>While it trains</legend>
      <RangeField label="Learning rate η" value={placeOfRate(of.lr)} text={short(of.lr, 2)} min={LEAST_RATE} max={MOST_RATE} step={0.05}
        onInput={(place) => { set({ lr: rateAt(place) }); }} />
      <RangeField label="Batch size" value={at} text={of.batch_size === null ? "all" : whole(of.batch_size)} min={0} max={sizes.length - 1}
        hint={of.batch_size === null ? "gradient descent" : of.batch_size === 1 ? "one sample an update" : undefined}
        onInput={(place) => { set({ batch_size: sizes[place] ?? null }); }} />
      {own === undefined ? <p class="hint">This network has no dropout.</p> : (
        <RangeField label="Dropout" value={of.dropout ?? own} text={`${Math.round(100 * (of.dropout ?? own))} %`} min={0} max={0.9} step={0.05}
          hint={of.dropout === null && dropouts.length > 1 ? `as the network has it: ${dropouts.join(", ")}` : undefined}
          onInput={(dropout) => { set({ dropout }); }} />
      )}
    </fieldset>
  );
}

function chosen(offered: Offered | null, of: Settings): Offered["presets"][number] | undefined {
  return offered?.presets.find(({ name }) => name === of.preset);
}

function choices(samples: number): number[] {
  return SAMPLES.includes(samples) ? SAMPLES : [...SAMPLES, samples].toSorted((a, b) => a - b);
}
