/** The first layer's filters, epoch by epoch. */
import { useState } from "preact/hooks";
import { largest, type Tensor } from "../../api/arrays";
import type { Frame } from "../../api/training";
import { whole } from "../../kit/numbers";
import { TensorView } from "../../kit/TensorView";

export function Filters({ frames }: { frames: readonly Frame<Tensor>[] }) {
  const [held, setHeld] = useState<number | null>(null); // the step of one; null: the newest, also as others come
  const [chosen, setChosen] = useState(0);
  const at = held === null ? frames.length - 1 : frames.findLastIndex(({ step }) => step <= held);
  const frame = frames[at];
  if (frame === undefined || frame.filters.shape[0] === 0) return null;
  return (
    <section class="filters" aria-labelledby="filters-title">
      <h3 id="filters-title">The first layer's filters</h3>
      <label class="scrub">
        <span>{frame.epoch === 0 ? "As they begin" : `After epoch ${whole(frame.epoch)}`}</span>
        <input type="range" min={0} max={frames.length - 1} value={at} aria-valuetext={`epoch ${frame.epoch}`}
          onInput={(event) => { const to = event.currentTarget.valueAsNumber; setHeld(to === frames.length - 1 ? null : (frames[to]?.step ?? null)); }} />
      </label>
      <TensorView title="filter" tensor={frame.filters} width={260} most={Math.max(...frames.map((each) => largest(each.filters.values)))}
        chosen={chosen} onChoose={setChosen} />
    </section>
  );
}
