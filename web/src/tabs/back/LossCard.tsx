import { Formula } from "../../kit/Formula";
import { short } from "../../kit/numbers";
import { model } from "../../state/model";
import { classNames } from "../../state/names";
import { traced, truth } from "../../state/pass";
import { Scores, softmax } from "./Scores";
import { Values } from "./Values";

/** The loss, with the numbers put in. */
export function LossCard() {
  const { name, last, found } = useEnd();
  if (found === null) return <p class="empty">Computing …</p>;
  const t = typeof truth.value === "number" ? truth.value : null;
  const y = found.values[last];
  const p = name === "LogSoftmaxNLL" && y !== undefined && t !== null ? softmax(y.values)[t] : undefined;
  return (
    <>
      <Formula of={name} part="forward" label={`The loss ${name}`} />
      <div class="flow">
        <div class="side"><Values name={last} role="the network’s output" /></div>
        <span class="arrow" aria-hidden="true">→</span>
        <div class="side"><p class="role">L</p><p class="big">{short(found.loss, 5)}</p></div>
      </div>
      {p === undefined || t === null ? null : <p class="numbers">−log softmax(x)<sub>{classNames(10)[t] ?? t}</sub> = −log {short(p, 5)} = {short(found.loss, 5)}</p>}
      <div class="notes"><p>The more probable the network holds the true class, the smaller is the loss; of certainty it would be 0.</p></div>
    </>
  );
}

/** Where back propagation begins. */
export function LossGradientCard() {
  const { name, last, found } = useEnd();
  if (found === null) return <p class="empty">Computing …</p>;
  const scores = name === "LogSoftmaxNLL" && typeof truth.value === "number";
  return (
    <>
      <Formula of={name} part="dx" label={`The derivative of ${name}`} />
      {scores ? <Scores name={last} /> : <Values name={`dL/${last}`} role="goes out: ∂L/∂x" />}
      <div class="notes">{scores ? <p>The true class’s score should rise, and all others fall, each by how probable the network took it: softmax − onehot. Their sum is 0.</p> : <p>Here back propagation begins: the loss’s derivative by the network’s output.</p>}</div>
    </>
  );
}

function useEnd() {
  const of = model.value;
  return { name: of?.loss.name ?? "", last: of?.layers.at(-1)?.name ?? "x", found: traced.value };
}
