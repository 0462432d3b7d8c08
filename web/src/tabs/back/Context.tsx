/** Beside the steps: the input, the true class, and how the pass is made. */
import { recorded } from "../../api/client";
import { Bars } from "../../kit/Bars";
import { Button } from "../../kit/Button";
import { NumberField, Switch } from "../../kit/Field";
import { short } from "../../kit/numbers";
import { model } from "../../state/model";
import { classNames } from "../../state/names";
import { openDigit, run, traced, truth } from "../../state/pass";
import { go, place } from "../../state/place";
import { NextMistake } from "../NextMistake";
import { Sample } from "../Sample";

const CHANGES = new Set(["Dropout", "BatchNormalisation"]);

export function Context() {
  const x = traced.value?.values.x;
  const changes = model.value?.layers.some((layer) => CHANGES.has(layer.type)) === true;
  const { training, seed } = place.value;
  return (
    <aside class="context" aria-label="The input">
      {x === undefined ? null : <Sample x={x} width={168} />}
      {recorded !== null ? null : (
        <div class="row">
          <Button onPress={() => { void openDigit("number=random"); }}>Random</Button>
          <NextMistake />
        </div>
      )}
      <Truth />
      <p class="loss"><span>loss L</span> <strong>{traced.value === null ? "…" : short(traced.value.loss, 4)}</strong></p>
      {!changes || recorded !== null ? null : (
        <div class="mode">
          <Switch label="As in training" on={training} onChange={(on) => { go({ training: on }); }} />
          <p class="hint">{training ? "dropout drops; batch normalisation by this input’s own moments" : "dropout is off; batch normalisation by its running statistics"}</p>
          {training ? <NumberField label="Seed" value={seed} min={0} step={1} onChange={(next) => { go({ seed: Math.max(0, Math.round(next)) }); }} /> : null}
        </div>
      )}
    </aside>
  );
}

function Truth() {
  const found = run.value;
  if (found?.probabilities == null) return null;
  const names = classNames(found.probabilities.length);
  const chosen = typeof truth.value === "number" ? truth.value : null;
  return (
    <div class="truth">
      <h3>The true class</h3>
      <Bars label="Probabilities; choose the true class" names={names} values={found.probabilities} best={found.best} truth={chosen}
        {...(recorded === null ? { onChoose: (t: number) => { go({ t }); } } : {})} />
    </div>
  );
}
