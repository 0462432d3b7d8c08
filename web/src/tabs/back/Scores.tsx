/** softmax - onehot: the equation of the lecture's last page, with its numbers. */
import type { Layer } from "../../api/types";
import { Table } from "../../kit/Table";
import { short } from "../../kit/numbers";
import { classNames } from "../../state/names";
import { traced, truth } from "../../state/pass";
import { mean } from "../../kit/legend";
import { inspect, selectedIn } from "./current";
import { softmax } from "./softmax";

export function Scores({ name }: { name: string }) {
  const found = traced.value;
  const scores = found?.values[name];
  const gradient = found?.gradients[name];
  if (scores === undefined || gradient === undefined) return null;
  const p = softmax(scores.values);
  const names = classNames(p.length);
  const sum = gradient.values.reduce((a, b) => a + b, 0);
  const at = selectedIn(`dL/${name}`)?.[0];
  return (
    <div class="scores" onPointerEnter={() => { mean(`∂L/∂${name}`, Math.max(...gradient.values.map(Math.abs))); }}>
      <Table caption="softmax less onehot" rows={names} current={(_, k) => k === at} columns={[
        { head: "class", cell: (each) => each },
        { head: "score x", number: true, cell: (_, k) => short(scores.values[k] ?? NaN, 4) },
        { head: "softmax(x)", number: true, cell: (_, k) => short(p[k] ?? NaN, 4) },
        { head: "− onehot(t)", number: true, cell: (_, k) => (k === truth.value ? "− 1" : "− 0") },
        { head: "= ∂L/∂x", number: true, cell: (_, k) => <Link value={gradient.values[k] ?? NaN} onPress={() => { inspect(`dL/${name}:${k}`); }} label={`∂L/∂${name}[${k}]`} /> },
      ]} foot={<tr><th scope="row">sum</th><td /><td class="number">1</td><td class="number">− 1</td><td class="number">{short(sum, 2)}</td></tr>} />
    </div>
  );
}

export function Link({ value, label, onPress }: { value: number; label: string; onPress: () => void }) {
  return <button type="button" class={`cell ${value < 0 ? "below" : "above"}`} aria-label={`${label}: ${short(value, 4)}`} onClick={onPress}>{short(value, 4)}</button>;
}

/** Of a network that ends with softmax: the same, at its input. */
export function ScoresNote({ layer }: { layer: Layer }) {
  return <><p class="lead">Together with the loss −log p of the true class, what remains is softmax − onehot:</p><Scores name={layer.inputs[0] ?? "x"} /></>;
}
