import { Formula } from "../../kit/Formula";
import { brief, short } from "../../kit/numbers";
import { model } from "../../state/model";
import { classNames } from "../../state/names";
import { traced, truth } from "../../state/pass";
import { Scores } from "./Scores";
import { isPlain, softmax } from "./softmax";
import { Values } from "./Values";

/** The loss, with the numbers put in. */
export function LossCard() {
  const { last, found, plain, onehot } = useEnd();
  if (found === null) return null;
  const t = typeof truth.value === "number" ? truth.value : null;
  const y = found.values[last];
  const p = onehot && y !== undefined && t !== null ? softmax(y.values)[t] : undefined;
  return (
    <>
      <Said part="forward" label="The loss" />
      <div class="flow">
        <div class="side"><Values name={last} role="the network’s output" /></div>
        <span class="arrow" aria-hidden="true">→</span>
        <div class="side"><p class="role">L</p><p class="big">{short(found.loss, 5)}</p></div>
      </div>
      {p === undefined || t === null ? null : <p class="numbers">−log softmax(x)<sub>{classNames(t + 1)[t]}</sub> = −log {short(p, 5)} = {short(found.loss, 5)}</p>}
      {model.value?.classes != null && plain ? <div class="notes"><p>The more probable the network considers the true class, the smaller the loss; if it were certain, the loss would be 0.</p></div> : null}
    </>
  );
}

/** Where back propagation begins. */
export function LossGradientCard() {
  const { last, found, onehot } = useEnd();
  if (found === null) return null;
  const scores = onehot && typeof truth.value === "number";
  return (
    <>
      <Said part="dx" label="The derivative of" />
      {scores ? <Scores name={last} /> : <Values name={`dL/${last}`} role="goes out: ∂L/∂x" />}
      <div class="notes">{scores ? <p>The true class’s score should rise, and all others fall, each by how probable the network took it: softmax − onehot. Their sum is 0.</p> : <p>Here back propagation begins: the loss’s derivative by the network’s output.</p>}</div>
    </>
  );
}

/** The formula; of a loss that is not the lecture's, whose formula the inspector has, what it is. */
function Said({ part, label }: { part: string; label: string }) {
  const { name = "", text = "" } = model.value?.loss ?? {};
  return isPlain(text) ? <Formula of={name} part={part} label={`${label} ${name}`} /> : <p class="formula">{brief(text)}</p>;
}

function useEnd() {
  const { loss, layers } = model.value ?? {};
  const plain = isPlain(loss?.text ?? "");
  return { last: layers?.at(-1)?.name ?? "x", found: traced.value, plain, onehot: plain && loss?.name === "LogSoftmaxNLL" };
}
