/** w <- w - eta dL/dw: how far each parameter would move, and what that does to the loss. */
import { useEffect, useState } from "preact/hooks";
import { messageOf, post, recorded } from "../../api/client";
import type { Update } from "../../api/types";
import { RangeField } from "../../kit/Field";
import { Formula } from "../../kit/Formula";
import { Bars } from "../../kit/Bars";
import { shapeText, short } from "../../kit/numbers";
import { Table } from "../../kit/Table";
import { model } from "../../state/model";
import { classNames } from "../../state/names";
import { pass, run, traced, truth } from "../../state/pass";

const TENTH = 10; // the slider's steps in a power of ten

export function UpdateCard() {
  const own = model.value?.eta ?? 0.01;
  const [eta, setEta] = useState(own);
  const update = useUpdate(eta);
  const weights = Object.entries(traced.value?.weights ?? {});
  return (
    <>
      <div class="flow">
        <Formula of="Update" part="forward" label="The update" />
        {recorded !== null ? <p>η = {short(own)}</p> : (
          <RangeField label="learning rate η" min={-5 * TENTH} max={TENTH} value={Math.round(Math.log10(eta) * TENTH)} text={short(eta, 2)}
            hint={eta === own ? "as the network was trained" : undefined}
            onInput={(at) => { setEta(at === Math.round(Math.log10(own) * TENTH) ? own : 10 ** (at / TENTH)); }} />
        )}
      </div>
      {typeof update === "string" ? <p class="under" role="alert">{update}</p> : <Result update={update} />}
      <Table caption="All parameters" rows={weights} columns={[
        { head: "w", cell: ([name]) => name },
        { head: "shape", cell: ([, of]) => shapeText(of.shape) },
        { head: "rms w", number: true, cell: ([, of]) => short(of.rms) },
        { head: "rms ∂L/∂w", number: true, cell: ([, of]) => short(of.gradient_rms) },
        { head: "rms η ∂L/∂w", number: true, cell: ([, of]) => short(eta * of.gradient_rms) },
      ]} />
    </>
  );
}

function Result({ update }: { update: Update | null }) {
  const chosen = typeof truth.value === "number" ? truth.value : null;
  const after = update?.probabilities_after ?? null;
  const names = classNames(after?.length ?? 0);
  const [kind, said] = changeOf(update);
  return (
    <div class="result">
      <div class="change" aria-live="polite">
        <p><span>loss before</span><strong>{update === null ? "…" : short(update.before, 5)}</strong></p>
        <span class="arrow" aria-hidden="true">→</span>
        <p><span>loss after</span><strong class={kind}>{update === null ? "…" : short(update.after, 5)}</strong></p>
      </div>
      {update === null ? null : <p class="under">{said} |∂L/∂w| = {short(update.norm, 4)}</p>}
      {after === null || run.value?.probabilities == null ? null : (
        <div class="pair">
          <div><h3>before</h3><Bars label="Probabilities before" names={names} values={run.value.probabilities} best={run.value.best} truth={chosen} /></div>
          <div><h3>after</h3><Bars label="Probabilities after" names={names} values={after} best={after.indexOf(Math.max(...after))} truth={chosen} /></div>
        </div>
      )}
    </div>
  );
}

/** Of losses that are not finite nothing is said. */
function changeOf(update: Update | null): [kind?: string, said?: string] {
  const { before, after } = update ?? { before: null, after: null };
  if (before === null || after === null) return [];
  if (after === before) return ["", "The step leaves the loss as it is."];
  return after < before ? ["good", "The step lowers the loss of this input."] : ["bad", "The step is too large: the loss rises."];
}

/** Its answer, or why there is none. */
function useUpdate(eta: number): Update | string | null {
  const [found, setFound] = useState<Update | string | null>(null);
  const now = pass.value;
  useEffect(() => {
    if (now === null) return undefined;
    const controller = new AbortController();
    post<Update>("/api/update", { ...now, eta }, controller.signal).then(setFound, (problem: unknown) => {
      if (!controller.signal.aborted) setFound(messageOf(problem));
    });
    return () => { controller.abort(); };
  }, [eta, now]);
  return found;
}
