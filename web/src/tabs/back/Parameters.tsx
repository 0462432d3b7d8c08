/** A layer's parameters, or their gradients: of w, those of the channels that are looked at. */
import { useEffect, useState } from "preact/hooks";
import { largest, sizeOf, type Tensor } from "../../api/arrays";
import { messageOf } from "../../api/client";
import type { Layer } from "../../api/types";
import { Formula } from "../../kit/Formula";
import { hasFormula } from "../../kit/formulas";
import { TensorView } from "../../kit/TensorView";
import { channelOf, choose } from "../../state/channels";
import { pass, weightsOf } from "../../state/pass";
import { unitNameOf } from "../../state/unit";
import { inspect, selectedIn } from "./current";

const LARGE = 236;
const SMALL = 150;

export function Parameters({ layer, what }: { layer: Layer; what: "value" | "gradient" }) {
  if (layer.parameters.length === 0) return null;
  return (
    <section class="parameters">
      {layer.parameters.map((parameter) => <Parameter key={parameter.name} layer={layer} name={parameter.name} what={what} />)}
    </section>
  );
}

function Parameter({ layer, name, what }: { layer: Layer; name: string; what: "value" | "gradient" }) {
  const [tensor, setTensor] = useState<Tensor | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const now = pass.value;
  useEffect(() => {
    if (now === null) return undefined;
    let wanted = true;
    weightsOf(name, what).then(
      (found) => { if (wanted) { setTensor(found); setProblem(null); } },
      (refused: unknown) => { if (wanted) { setTensor(null); setProblem(messageOf(refused)); } },
    );
    return () => { wanted = false; };
  }, [name, what, now]);
  const part = name.slice(layer.name.length + 1);
  return (
    <div class="parameter">
      {what === "gradient" && hasFormula(layer.type, part) ? <Formula of={layer.type} part={part} label={`The gradient of ${name}`} /> : null}
      {problem === null ? null : <p class="under">{problem}</p>}
      {tensor === null ? null : <Shown layer={layer} name={name} tensor={tensor} what={what} />}
    </div>
  );
}

/** A filter's (channels, K, K), or a unit's weights laid out as the x that they are multiplied with. */
function Shown({ layer, name, tensor, what }: { layer: Layer; name: string; tensor: Tensor; what: "value" | "gradient" }) {
  const whole = `${what === "gradient" ? "dL/" : ""}${name}`;
  const shared = { most: largest(tensor.values) };
  const selected = selectedIn(whole);
  const [picked, setPicked] = useState({ of: "", place: 0 }); // since that weight is explained
  if (tensor.shape.length < 2) {
    return (
      <TensorView {...shared} title={unitNameOf(whole)} tensor={tensor} width={SMALL} chosen={0} onChoose={() => undefined}
        selected={selected} onInspect={(index) => { inspect(`${whole}:${index.join(",")}`); }} />
    );
  }
  const row = selected?.[0] ?? rowOf(layer, tensor.shape[0] ?? 1);
  const inner = tensor.shape.length === 2 && layer.type === "Linear" ? layer.x_shape : tensor.shape.slice(1);
  const size = sizeOf(inner);
  const flat = (index: readonly number[]): number[] => (tensor.shape.length === 2 ? [index.reduce((at, i, axis) => at * (inner[axis] ?? 1) + i, 0)] : [...index]);
  const x = layer.inputs[0] ?? "x";
  const of = selected?.join() ?? "";
  const chosen = selected === null ? channelOf(x) : picked.of === of ? picked.place : placeWithin(selected.slice(1), inner, tensor.shape.length);
  return (
    <TensorView {...shared} title={`${unitNameOf(whole)}[${row}]`} tensor={{ shape: inner, values: tensor.values.subarray(row * size, (row + 1) * size) }}
      width={inner.at(-1) !== undefined && (inner.at(-1) ?? 1) <= 3 ? SMALL : LARGE} chosen={chosen}
      onChoose={(place) => { setPicked({ of, place }); choose(x, place); }}
      selected={selected === null ? null : unflat(selected.slice(1), inner, tensor.shape.length)}
      onInspect={(index) => { inspect(`${whole}:${[row, ...flat(index)].join(",")}`); }} />
  );
}

/** Which filter, or unit, is looked at: that of the channel, or the unit, of y that is. */
function rowOf(layer: Layer, rows: number): number {
  const y = [selectedIn(layer.name), selectedIn(`dL/${layer.name}`)].find((index) => index !== null);
  return Math.min(layer.shape.length === 1 ? (y?.[0] ?? 0) : channelOf(layer.name), rows - 1);
}

function unflat(index: readonly number[], inner: readonly number[], axes: number): number[] {
  if (axes !== 2 || inner.length === 1) return [...index];
  let rest = index[0] ?? 0;
  return inner.toReversed().map((n) => { const i = rest % n; rest = Math.floor(rest / n); return i; }).toReversed();
}

function placeWithin(index: readonly number[], inner: readonly number[], axes: number): number {
  return inner.length < 3 ? 0 : (unflat(index, inner, axes)[0] ?? 0);
}
