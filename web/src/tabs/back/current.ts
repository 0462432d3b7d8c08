/** Where in back propagation the reader is: the step, and the unit that is explained. */
import { computed } from "@preact/signals";
import { indexOf, type Tensor } from "../../api/arrays";
import type { Layer, Model } from "../../api/types";
import { model } from "../../state/model";
import { traced, type Traced } from "../../state/pass";
import { go, place } from "../../state/place";
import { channelOf, choose } from "../../state/channels";
import { isShown, madeIn, type Step, stepsOf } from "../../state/steps";
import { formatUnit, parseUnit, shapeOf } from "../../state/unit";
import { cellOf, sheetOf } from "../../kit/sheet";
import { placeOf } from "../../api/arrays";

export const steps = computed<Step[]>(() => (model.value === null ? [] : stepsOf(model.value)));

/** As the address has it; else where the address's unit is made; else the first. */
export const current = computed<Step | null>(() => {
  const { step, unit } = place.value;
  const key = step ?? (model.value !== null && unit !== null ? madeIn(model.value, unit) : null);
  return steps.value.find((of) => of.key === key) ?? steps.value[0] ?? null;
});

/** What is explained: what was chosen, if the step shows it; else the largest number that the step makes. */
export const explained = computed<string | null>(() => {
  const [of, step, found] = [model.value, current.value, traced.value];
  if (of === null || step === null || found === null) return null;
  const { unit } = place.value;
  if (unit !== null && isShown(of, step, unit)) return unit;
  return largestOf(of, step, found);
});

export function layerOf(step: Step): Layer | undefined {
  return model.value?.layers.find((layer) => layer.name === step.name);
}

export function tensorOf(found: Traced, name: string): Tensor | undefined {
  return name.startsWith("dL/") ? found.gradients[name.slice(3)] : found.values[name];
}

/** The value or derivative that a step is about. */
export function madeBy(of: Model, step: Step): string | null {
  const layer = of.layers.find((each) => each.name === step.name);
  const last = of.layers.at(-1)?.name ?? "x";
  if (step.kind === "loss") return "loss";
  if (step.kind === "update") return null;
  if (step.kind === "forward") return step.name;
  return `dL/${layer?.inputs[0] ?? last}`;
}

function largestOf(of: Model, step: Step, found: Traced): string | null {
  const name = madeBy(of, step);
  if (name === null || name === "loss") return name;
  const tensor = tensorOf(found, name);
  if (tensor === undefined) return null;
  let best = 0;
  tensor.values.forEach((value, k) => { if (Math.abs(value) > Math.abs(tensor.values[best] ?? 0)) best = k; });
  return formatUnit({ gradient: name.startsWith("dL/"), name: name.replace("dL/", ""), index: indexOf(best, tensor.shape) });
}

/** Go to a step, by its place among all. The unit is then the step's own. */
export function toStep(place: number): void {
  const next = steps.value[Math.max(0, Math.min(place, steps.value.length - 1))];
  if (next !== undefined) go({ step: next.key, unit: null });
}

export function stepBy(by: number): void {
  toStep(steps.value.findIndex((step) => step.key === current.value?.key) + by);
}

/** Explain a unit: where it is shown already, or else in the step that makes it. */
export function inspect(unit: string): void {
  const [of, step] = [model.value, current.value];
  if (of === null || step === null) return;
  reveal(of, unit);
  go({ unit, step: isShown(of, step, unit) ? step.key : madeIn(of, unit) });
}

/** Show the matrix in which it is. */
export function reveal(of: Model, text: string): void {
  const unit = parseUnit(text);
  const shape = unit === null ? undefined : shapeOf(of, unit.name);
  if (unit === null || shape === undefined) return;
  const cell = cellOf(shape, unit.index);
  const isParameter = !(unit.name === "x" || of.layers.some((layer) => layer.name === unit.name));
  if (cell === null || isParameter || cell.lead.length === 0) return;
  const at = placeOf(cell.lead, sheetOf(shape).lead);
  if (channelOf(unit.name) !== at) choose(unit.name, at);
}

/** The index of what is explained, if it is in that value, derivative or parameter. */
export function selectedIn(name: string): number[] | null {
  const text = explained.value;
  const unit = text === null ? null : parseUnit(text);
  return unit !== null && `${unit.gradient ? "dL/" : ""}${unit.name}` === name ? unit.index : null;
}
