/** One step's card: what comes in, the formula, what goes out. x lies on the left, y on the right, in both directions. */
import { largest } from "../../api/arrays";
import { Formula } from "../../kit/Formula";
import { brief, shapeText } from "../../kit/numbers";
import type { Layer } from "../../api/types";
import { model } from "../../state/model";
import { pass, traced } from "../../state/pass";
import { place } from "../../state/place";
import { readersOf, type Step } from "../../state/steps";
import { unitNameOf } from "../../state/unit";
import { layerOf } from "./current";
import { LossCard, LossGradientCard } from "./LossCard";
import { type Mark, marksOf } from "./marks";
import { Parameters } from "./Parameters";
import { textOf } from "./Rail";
import { ScoresNote } from "./Scores";
import { isPlain } from "./softmax";
import { UpdateCard } from "./UpdateCard";
import { Values } from "./Values";

export function Card({ step }: { step: Step }) {
  const layer = layerOf(step);
  const missing = pass.value?.t === null ? "Without a true value there is no loss." : traced.value === null && step.kind !== "update" ? "Computing …" : null;
  return (
    <article class={`card ${step.kind}`} aria-label={textOf(step)}>
      <header>
        <h2>{textOf(step)}</h2>
        {layer === undefined ? null : <p class="lead">{brief(layer.text)} <span>{shapeText(layer.x_shape)} → {shapeText(layer.shape)}</span></p>}
      </header>
      {missing !== null ? <p class="empty">{missing}</p> : step.kind === "loss" ? <LossCard /> : step.kind === "update" ? <UpdateCard /> : layer === undefined ? <LossGradientCard /> : <LayerCard step={step} layer={layer} />}
    </article>
  );
}

function LayerCard({ step, layer }: { step: Step; layer: Layer }) {
  const found = traced.value;
  if (found === null) return null;
  const back = step.kind === "backward";
  const { blocked, winners } = marksOf(layer, found);
  const d = back ? "dL/" : "";
  const same = layer.type === "ReLU" || layer.type === "Dropout";
  return (
    <>
      <Formula of={layer.type} part={back ? "dx" : "forward"} label={`The formula of ${layer.type}`} />
      <div class={back ? "flow back" : "flow"}>
        <div class="side">{layer.inputs.map((name, k) => (
          <Input key={k} back={back} layer={layer} name={name} hatched={blocked} ringed={winners} />
        ))}</div>
        <span class="arrow" aria-hidden="true">{back ? "←" : "→"}</span>
        <div class="side"><Values name={d + layer.name} role={roleOf(back, "y", layer, layer.name)} hatched={same ? blocked : undefined} /></div>
      </div>
      <Notes layer={layer} back={back} ringed={winners !== undefined} />
      {back && layer.type === "Softmax" && model.value?.loss.name === "NLL" && isPlain(model.value.loss.text) ? <ScoresNote layer={layer} /> : null}
      <Parameters layer={layer} what={back ? "gradient" : "value"} />
    </>
  );
}

/** An input, or what goes back to it. Of one that others read, too: this layer's part; of its first reader, the sum. */
function Input({ back, layer, name, ...marks }: { back: boolean; layer: Layer; name: string; hatched?: Mark | undefined; ringed?: Mark | undefined }) {
  const parts = back ? Object.entries(traced.value?.ways[name] ?? {}) : [];
  const most = parts.length === 0 ? undefined : Math.max(...parts.map(([, part]) => largest(part.values)), largest(traced.value?.gradients[name]?.values ?? new Float32Array()));
  const whole = <Values name={(back ? "dL/" : "") + name} most={most} role={roleOf(back, "x", layer, name)} {...marks} />;
  if (parts.length === 0) return whole;
  const own = parts.filter(([reader]) => reader === layer.name);
  const last = parts[0]?.[0] === layer.name;
  return (
    <>
      {last ? whole : null}
      {(last ? parts : own).map(([reader, tensor], k) => <Values key={reader} name={`dL/${name}`} part={tensor} most={most} role={`${k === 0 ? (last ? "= " : "goes out: ") : "+ "}through ${reader}`} />)}
    </>
  );
}

function roleOf(back: boolean, side: "x" | "y", layer: Layer, name: string): string {
  if (side === "y") return back ? "comes in: ∂L/∂y" : layer.inputs.length > 1 ? "= y" : "y";
  const several = layer.inputs.length > 1;
  const letter = several ? "ab"[layer.inputs.indexOf(name)] ?? "x" : "x";
  if (back) return `goes out: ∂L/∂${letter}${several ? `, to ${name}` : ""}`;
  return several ? `${letter === "a" ? "" : "+ "}${letter}, from ${name}` : letter;
}

const SAID: Record<string, { forward?: string; backward?: string }> = {
  ReLU: { forward: "What is hatched is blocked: it was not above 0.", backward: "Where x was not above 0, nothing comes back: hatched." },
  MaxPooling: { forward: "Only the winner of each window goes on.", backward: "Only the winner of a window moved y: to it goes all of ∂L/∂y, to the others exactly 0." },
  Dropout: { forward: "In evaluation dropout passes everything on. Switch to “As in training” to see its mask, hatched.", backward: "In evaluation dropout passes everything back. Switch to “As in training” to see its mask, hatched." },
  "Dropout, in training": { forward: "Hatched: what the mask k drops. All others are scaled by 1 / (1 − p).", backward: "What was dropped moved nothing: exactly 0 comes back to it, hatched." },
  Addition: { forward: "A residual block’s end: what its layers made is added to what they were given.", backward: "A sum passes ∂L/∂y on as it is, both ways: into the layers, and around them." },
  BatchNormalisation: { backward: "x moves y in three ways: directly, through the channel’s mean m, and through its deviation r. These are the three terms." },
};

function Notes({ layer, back, ringed }: { layer: Layer; back: boolean; ringed: boolean }) {
  const mode = layer.type === "Dropout" && place.value.training ? "Dropout, in training" : layer.type;
  const said = SAID[mode]?.[back ? "backward" : "forward"];
  const of = model.value;
  const shared = of === null || !back ? [] : layer.inputs.filter((name) => readersOf(of, name).length > 1);
  return (
    <div class="notes">
      {said === undefined ? null : <p>{said}{ringed ? " Winners are ringed." : ""}</p>}
      {shared.map((name) => (
        <p key={name}>{`${name} is read by ${of === null ? "" : readersOf(of, name).map((reader) => reader.name).join(" and ")}: ${unitNameOf(`dL/${name}`)} is the sum of what these send back.`}</p>
      ))}
    </div>
  );
}
