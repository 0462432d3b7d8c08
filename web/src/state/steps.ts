/** Back propagation's steps: forward layer by layer, the loss, back in exactly reverse order, the update. */
import type { Layer, Model } from "../api/types";
import { ownerOf, parseUnit } from "./unit";

export type Kind = "forward" | "loss" | "backward" | "update";

export interface Step {
  /** As in the address: "forward:conv1", "loss", "backward:loss", "backward:conv1", "update". */
  key: string;
  kind: Kind;
  /** The layer's, or "loss". */
  name: string;
}

export function stepsOf(model: Model): Step[] {
  const names = model.layers.map((layer) => layer.name);
  return [
    ...names.map((name) => stepOf("forward", name)),
    { key: "loss", kind: "loss", name: "loss" },
    ...["loss", ...names.toReversed()].map((name) => stepOf("backward", name)),
    { key: "update", kind: "update", name: "update" },
  ];
}

export function stepOf(kind: "forward" | "backward", name: string): Step {
  return { key: `${kind}:${name}`, kind, name };
}

/** Those that read a value, in their order. */
export function readersOf(model: Model, name: string): Layer[] {
  return model.layers.filter((layer) => layer.inputs.includes(name));
}

/** The step in which a unit is made: a value forward; a derivative by the first of its readers, which is visited last. */
export function madeIn(model: Model, unit: string): string {
  const parsed = parseUnit(unit);
  if (parsed === null) return "loss";
  const { gradient, name } = parsed;
  const owner = ownerOf(model, name);
  if (owner !== undefined) return `${gradient ? "backward" : "forward"}:${owner.name}`;
  const reader = readersOf(model, name)[0];
  if (gradient) return `backward:${reader?.name ?? "loss"}`;
  return `forward:${name === "x" ? (reader?.name ?? "") : name}`;
}

/** What a step's card shows: values, derivatives and parameters, by name. */
export function shownIn(model: Model, step: Step): string[] {
  const last = model.layers.at(-1)?.name ?? "x";
  if (step.kind === "update") return [];
  if (step.kind === "loss") return [last];
  if (step.name === "loss") return [`dL/${last}`];
  const layer = model.layers.find((of) => of.name === step.name);
  if (layer === undefined) return [];
  const names = [layer.name, ...layer.inputs, ...layer.parameters.map((parameter) => parameter.name)];
  return step.kind === "backward" ? names.map((name) => `dL/${name}`) : names;
}

export function isShown(model: Model, step: Step, unit: string): boolean {
  if (unit === "loss") return step.kind === "loss";
  return shownIn(model, step).includes(unit.split(":")[0] ?? "");
}
