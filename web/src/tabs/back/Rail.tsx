/** All steps as a line there and back: forward from the left, the loss at its end, backward underneath, the update. */
import { model } from "../../state/model";
import type { Step } from "../../state/steps";
import { Button } from "../../kit/Button";
import { current, stepBy, steps, toStep } from "./current";

export function Rail() {
  const all = steps.value;
  const names = model.value?.layers.map((layer) => layer.name) ?? [];
  const at = all.findIndex((step) => step.key === current.value?.key);
  const here = all[at];
  if (here === undefined) return null;
  const stop = (key: string): preact.JSX.Element | null => <Stop key={key} all={all} stop={key} at={at} />;
  return (
    <nav class="rail" aria-label="Steps of back propagation">
      <div class="row">
        <Button label="Previous step ( [ )" disabled={at === 0} onPress={() => { stepBy(-1); }}>←</Button>
        <Button main label="Next step ( ] )" disabled={at === all.length - 1} onPress={() => { stepBy(1); }}>Next step →</Button>
        <p class="count" aria-live="polite"><span class="unseen">{textOf(here)}, </span>{at + 1} / {all.length}</p>
      </div>
      <div class={names.length > 14 ? "line many" : "line"} style={{ gridTemplateColumns: `minmax(4.6rem, 1fr) repeat(${names.length + 1}, minmax(0, 1fr))` }}>
        <span class="way">forward →</span>{names.map((name) => stop(`forward:${name}`))}{stop("loss")}
        <span class="layer" />{names.map((name) => <span key={name} class={name === here.name ? "layer here" : "layer"}>{name}</span>)}<span class={here.name === "loss" ? "layer here" : "layer"}>loss</span>
        {stop("update")}{names.map((name) => stop(`backward:${name}`))}{stop("backward:loss")}
      </div>
    </nav>
  );
}

function Stop({ all, stop, at }: { all: readonly Step[]; stop: string; at: number }) {
  const place = all.findIndex((step) => step.key === stop);
  const step = all[place];
  if (step === undefined) return null;
  const state = place === at ? "here" : place < at ? "done" : "";
  return (
    <button type="button" class={`stop ${step.kind} ${state}`} aria-label={textOf(step)} title={textOf(step)}
      aria-current={place === at ? "step" : undefined} onClick={() => { toStep(place); }}>
      {step.kind === "update" ? <span>update</span> : <i />}
    </button>
  );
}

export function textOf(step: Step): string {
  switch (step.kind) {
    case "forward": return `Forward through ${step.name}`;
    case "loss": return "The loss";
    case "backward": return step.name === "loss" ? "Back from the loss" : `Back through ${step.name}`;
    case "update": return "The update";
  }
}
