/** One number, and the products that made it. Each factor leads on to the cell from which it came. */
import { useEffect, useState } from "preact/hooks";
import { isAbort, messageOf, post, recorded } from "../../api/client";
import type { Explanation } from "../../api/types";
import { placeOf } from "../../api/arrays";
import { short } from "../../kit/numbers";
import { model } from "../../state/model";
import { pass, traced } from "../../state/pass";
import { parseUnit, unitText } from "../../state/unit";
import { explained, reveal, tensorOf } from "./current";
import { Footer } from "./Footer";
import { NumericCheck } from "./NumericCheck";
import { Terms } from "./Terms";

const COUNT = 200;
const PAUSE = 1000; // milliseconds, until the kernel's number is asked for again

export function Inspector() {
  const unit = explained.value;
  const { found, stale } = useExplanation(unit);
  if (unit === null) return <aside class="inspector" aria-label="One number" />;
  return (
    <aside class="inspector" aria-label="One number, and what made it">
      <header>
        <p class="role">explained</p>
        <h2 class="unit">{unitText(unit)}</h2>
        <Own unit={unit} />
      </header>
      {typeof found === "string" ? <p class="under" role="alert">{found}</p> : found === null ? <p class="under" aria-live="polite">…</p> : (
        <div class={stale ? "why stale" : "why"} inert={stale} aria-busy={stale}>
          <p class="rule">{found.rule}</p>
          <p class="definition">{found.formula}</p>
          <Terms found={found} />
          <Footer found={found} />
          {unit.startsWith("dL/") ? <NumericCheck key={unit} unit={unit} /> : null}
        </div>
      )}
    </aside>
  );
}

/** Its value and its derivative, side by side. */
function Own({ unit }: { unit: string }) {
  const of = parseUnit(unit);
  const trace = traced.value;
  if (of === null || trace === null) return null;
  const at = (name: string): number | undefined => {
    const tensor = tensorOf(trace, name);
    return tensor?.values[placeOf(of.index, tensor.shape)];
  };
  const [value, gradient] = [at(of.name), at(`dL/${of.name}`)];
  if (value === undefined || gradient === undefined) return null;
  return <p class="own"><span>value <b>{short(value, 5)}</b></span> <span>gradient <b>{short(gradient, 5)}</b></span></p>;
}

/** In the other tensors of the card, the matrices from which the largest product came. */
function showFactors({ terms }: Explanation): void {
  const of = model.value;
  for (const { unit } of terms[0]?.factors ?? []) if (of !== null && unit !== null) reveal(of, unit);
}

/** What the server says of it, or why it does not. Until it does, what it said before is stale. */
function useExplanation(unit: string | null): { found: Explanation | string | null; stale: boolean } {
  const [said, setSaid] = useState<{ found: Explanation | string | null; unit: string | null; pass: unknown }>({ found: null, unit: null, pass: null });
  const now = pass.value;
  useEffect(() => {
    if (unit === null || now === null) return undefined;
    const controller = new AbortController();
    const setFound = (found: Explanation | string): void => { setSaid({ found, unit, pass: now }); };
    const ask = async (again = false): Promise<void> => {
      const made = await post<Explanation>("/api/unit", { ...now, unit, order: "size", from: 0, count: COUNT }, controller.signal);
      setFound(made);
      if (!again) showFactors(made);
      if (!made.kernel_pending || recorded !== null) return;
      await new Promise((resolve) => { setTimeout(resolve, PAUSE); });
      await ask(true);
    };
    ask().catch((problem: unknown) => { if (!isAbort(problem)) setFound(messageOf(problem)); });
    return () => { controller.abort(); };
  }, [unit, now]);
  return { found: said.found, stale: said.unit !== unit || said.pass !== now };
}
