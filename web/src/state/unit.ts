/** A unit's text: "conv1:3,5,7", "x:0,5,7", "conv1.w:3,0,1,1", each maybe after "dL/"; or "loss". */
import type { Layer, Model } from "../api/types";

export interface Unit {
  gradient: boolean;
  /** Of a value ("x", "conv1") or a parameter ("conv1.w"). */
  name: string;
  index: number[];
}

const FORM = /^(dL\/)?([^:/]+):(\d+(?:,\d+)*)$/;

export function parseUnit(text: string): Unit | null {
  const [, gradient, name = "", index = ""] = FORM.exec(text) ?? [];
  return name === "" ? null : { gradient: gradient !== undefined, name, index: index.split(",").map(Number) };
}

export function formatUnit({ gradient, name, index }: Unit): string {
  return `${gradient ? "dL/" : ""}${name}:${index.join(",")}`;
}

/** For the eye: "∂L/∂conv1[3,5,7]". */
export function unitText(text: string): string {
  const unit = parseUnit(text);
  if (unit === null) return text === "loss" ? "L" : text;
  const of = `${unit.name}[${unit.index.join(",")}]`;
  return unit.gradient ? `∂L/∂${of}` : of;
}

/** The layer whose parameter it is. */
export function ownerOf(model: Model, name: string): Layer | undefined {
  return model.layers.find((layer) => layer.parameters.some((parameter) => parameter.name === name));
}

export function shapeOf(model: Model, name: string): number[] | undefined {
  if (name === "x") return model.shape;
  const layer = model.layers.find((of) => of.name === name);
  return layer?.shape ?? ownerOf(model, name)?.parameters.find((parameter) => parameter.name === name)?.shape;
}

/** "∂L/∂conv1" */
export function unitNameOf(name: string): string {
  return name.replace(/^dL\//, "∂L/∂");
}
